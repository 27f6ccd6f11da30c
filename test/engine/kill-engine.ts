import { execFile } from "node:child_process";
import { kill } from "node:process";
import { promisify } from "node:util";

/**
 * Kills the engine that this process started, with its plugins, as a power cut would. Only descendants of this
 * process are touched.
 */
export async function killEngine(): Promise<void> {
  // Plugins run in process groups of their own: without this they would outlive the engine and finish its work.
  const { stdout } = await promisify(execFile)("ps", ["-A", "-o", "pid=,ppid="]);
  const rows = stdout
    .trim()
    .split("\n")
    .map((row) => row.trim().split(/\s+/).map(Number));
  const doomed = new Set([process.pid]);
  for (let size = 0; size !== doomed.size;) {
    size = doomed.size;
    for (const [pid = 0, parent = 0] of rows) if (doomed.has(parent)) doomed.add(pid);
  }
  doomed.delete(process.pid);
  for (const pid of doomed) {
    try {
      kill(pid, "SIGKILL");
    } catch (error) {
      // `ps` itself is gone by now.
      if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
    }
  }
}
