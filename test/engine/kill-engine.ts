import { execFile } from "node:child_process";
import { kill } from "node:process";
import { promisify } from "node:util";

/**
 * Kills the engine that this process started, with its plugins, as a power cut would. Only descendants of this
 * process are touched.
 */
export async function killEngine(): Promise<void> {
  // Plugins run in process groups of their own: without this they would outlive the engine and finish its work.
  killAll(await listDescendants());
}

/** Kills the provider's plugin alone, as the system does when memory runs out; answers how many there were. */
export async function killPlugin(): Promise<number> {
  const plugins = (await listDescendants()).filter(({ command }) =>
    command.includes("pulumi-resource-sluice"),
  );
  killAll(plugins);
  return plugins.length;
}

/** What Ctrl-C does: the signal goes to the engine, which ends its plugins as it sees fit. */
export async function interruptEngine(): Promise<void> {
  const [engine, ...others] = (await listDescendants()).filter(({ command }) =>
    /\/pulumi (up|preview|refresh|destroy) /.test(command),
  );
  if (engine === undefined || others.length > 0) throw new Error("there is not one engine to interrupt");
  kill(engine.id, "SIGINT");
}

interface Descendant {
  id: number;
  command: string;
}

/** Every process below this one. */
export async function listDescendants(): Promise<Descendant[]> {
  const { stdout } = await promisify(execFile)("ps", ["-A", "-o", "pid=,ppid=,args="]);
  const rows = stdout
    .trim()
    .split("\n")
    .map((row) => {
      const [id, parent, ...command] = row.trim().split(/\s+/);
      return { id: Number(id), parent: Number(parent), command: command.join(" ") };
    });
  const found = new Set([process.pid]);
  for (let size = 0; size !== found.size;) {
    size = found.size;
    for (const { id, parent } of rows) if (found.has(parent)) found.add(id);
  }
  found.delete(process.pid);
  return rows.filter(({ id }) => found.has(id));
}

function killAll(processes: readonly Descendant[]): void {
  for (const { id } of processes) {
    try {
      kill(id, "SIGKILL");
    } catch (error) {
      // `ps` itself is gone by now.
      if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
    }
  }
}
