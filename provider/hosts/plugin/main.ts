import { serve } from "./server.js";

/** Time between two looks at whether the engine is still there, in milliseconds. */
const PARENT_CHECK = 500;

/** The plugin process: prints its port for the engine and ends with it. */
async function main(engineAddress: string | undefined): Promise<void> {
  // The engine ends every run with this signal and waits for the process to follow.
  process.once("SIGINT", () => process.exit(0));
  endWithParent();
  let load: () => void = () => undefined;
  const calls = new Promise<void>((resolve) => (load = resolve))
    .then(() => import("./calls.js"))
    .then(({ startCalls }) => startCalls(engineAddress));
  const port = await serve(calls);
  // The engine goes on as soon as it knows the port: the definitions load while it connects.
  process.stdout.write(`${port}\n`, load);
  await calls;
}

/** An engine that was killed sends nothing: its orphans would stay for ever. */
function endWithParent(): void {
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid !== parent) process.exit(0);
  }, PARENT_CHECK).unref();
}

// Flags of the engine's log and traces stand before its address.
main(process.argv.slice(2).at(-1)).catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exit(1);
});
