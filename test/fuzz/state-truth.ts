import { isDeepStrictEqual } from "node:util";
import type { StateEntry } from "./engine.js";
import type { Picture } from "./picture.js";
import type { Slot, Values } from "./program.js";

/** Says where state tells something else of an object than the platform has. */
export function findLies(state: ReadonlyMap<Slot, StateEntry>, picture: Picture): string[] {
  return [...state].flatMap(([slot, entry]) =>
    findWrong(entry, picture).map((what) => `state of ${slot} lies: ${what}`),
  );
}

function findWrong(
  { type, id, outputs }: StateEntry,
  { connections, deployments, orphans, jobGroups }: Picture,
): string[] {
  switch (type) {
    case "Connection": {
      const found = connections.find((one) => one.id === id);
      return found === undefined
        ? ["there is no such connection"]
        : unequal(outputs, {
            name: found.name,
            host: found.host,
            port: found.port,
            description: found.description,
            isGlobal: found.isGlobal,
            connectionId: id,
          });
    }
    case "Deployment": {
      const found = deployments.find((one) => one.id === id);
      return found === undefined
        ? ["there is no such deployment"]
        : unequal(outputs, { name: found.name, deploymentId: id });
    }
    case "ImportRules": {
      const found = deployments.find((one) => one.id === id);
      return found === undefined
        ? ["there is no such deployment"]
        : unequal(outputs, {
            connections: found.rules.connections.filter(
              ({ on, with: target }) => !isKept(outputs, on, target),
            ),
            values: found.rules.values,
          });
    }
    case "Release": {
      const releases = deployments.find((one) => one.id === id)?.releases;
      const found = releases?.find((one) => one.id === outputs.releaseId);
      return found === undefined
        ? [`there is no release #${String(outputs.releaseId)}`]
        : [
            ...unequal(outputs, { notes: found.notes, active: found.isActive, packageUuid: found.uuid }),
            ...findUntried(outputs, jobGroups),
          ];
    }
    case "Schedule": {
      if (orphans.includes(id)) {
        const isTold = /^flow \d+ of no release$/.test(String(outputs.deploymentId));
        return isTold ? [] : ["it is bound to a flow that is gone"];
      }
      const found = deployments.flatMap(({ schedules }) => schedules).find((one) => one.id === id);
      // Left out by the program, `enabled` is as the platform has it, and state says nothing.
      const enabled = outputs.enabled === undefined ? {} : { enabled: found?.enabled };
      return found === undefined
        ? ["there is no such schedule"]
        : unequal(outputs, { name: found.name, parameters: found.parameters, scheduleId: id, ...enabled });
    }
    default:
      return [];
  }
}

/** A rule of an earlier version that the platform does not let go, as state lists it. */
function isKept({ kept }: Values, on: unknown, target: string): boolean {
  return (kept as string[] | undefined)?.includes(`${JSON.stringify(on)} → connection ${target}`) ?? false;
}

/** What state says of the run with which a release passed has to be true. */
function findUntried({ releaseId, verified }: Values, jobGroups: Picture["jobGroups"]): string[] {
  if (typeof verified !== "string" || verified.startsWith("pending")) return [];
  const id = /\(job group (\d+)/.exec(verified)?.[1];
  const run = jobGroups.find((one) => one.id === id);
  return run?.status === "Complete" && run.release === releaseId
    ? []
    : [`it is said to be verified by job group ${String(id)}, which is ${JSON.stringify(run)}`];
}

function unequal(told: Record<string, unknown>, actual: Record<string, unknown>): string[] {
  return Object.entries(actual).flatMap(([name, value]) => {
    const known = told[name] ?? null;
    const there = value ?? null;
    return isDeepStrictEqual(known, there)
      ? []
      : [`${name} is ${JSON.stringify(there)} at the platform, and ${JSON.stringify(known)} in state`];
  });
}
