/** What a piece of work took. */
export interface Cost {
  readonly seconds: number;
  /** Of all threads together. */
  readonly cpuSeconds: number;
}

/** Runs work of this process and says what it took. */
export async function measureCost(work: () => Promise<unknown>): Promise<Cost> {
  const [cpu, started] = [process.cpuUsage(), performance.now()];
  await work();
  const { user, system } = process.cpuUsage(cpu);
  return { seconds: (performance.now() - started) / 1000, cpuSeconds: (user + system) / 1e6 };
}

/** The least of several runs: what the work takes when nothing else has the machine. */
export function least(costs: readonly Cost[]): Cost {
  return {
    seconds: Math.min(...costs.map(({ seconds }) => seconds)),
    cpuSeconds: Math.min(...costs.map(({ cpuSeconds }) => cpuSeconds)),
  };
}
