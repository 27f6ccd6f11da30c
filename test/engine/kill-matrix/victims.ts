import { kill } from "node:process";
import { listDescendants } from "../kill-engine.js";

/** Who is killed. */
export type Victim = "engine" | "provider" | "platform";

/** Processes of the provider, for each way to host it. */
const PROVIDER = {
  dynamic: /pulumi-resource-pulumi-nodejs|dynamic-provider/,
  plugin: /pulumi-resource-sluice/,
};

/** How resources are hosted. */
export type Host = keyof typeof PROVIDER;

/** Kills with signal 9, and answers how many processes there were. Only descendants of this process are touched. */
export async function killVictim(victim: Victim, host: Host, platformId: number): Promise<number> {
  const running = await listDescendants();
  const ids =
    victim === "platform"
      ? [platformId]
      : running
          .filter(({ id }) => id !== platformId)
          .filter(({ command }) => victim === "engine" || PROVIDER[host].test(command))
          .map(({ id }) => id);
  let killed = 0;
  for (const id of ids) {
    try {
      kill(id, "SIGKILL");
      killed += 1;
    } catch (error) {
      // `ps` itself is gone by now.
      if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
    }
  }
  return killed;
}
