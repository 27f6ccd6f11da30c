import { NoActiveRelease, NoManualOutput, NoScheduledOutput } from "../errors.js";
import type { Caller, Platform } from "../platform.js";
import { overrideOutputs, readParameters, readReferenceDate, type FlowRunBody } from "./run-body.js";
import { startRun, type RunRequest, type StartedGroup } from "./start-run.js";

/** Which outputs of a flow a run writes; `scheduled-or-manual` the scheduled ones, where there is none the manual ones. */
export type WrittenOutputs = "manual" | "scheduled" | "scheduled-or-manual";

/** Queues all outputs of one kind of a flow. Throws NoManualOutput or NoScheduledOutput when it has none. */
export async function runFlow(
  platform: Platform,
  caller: Caller,
  flow: { readonly id: number; readonly name: string },
  body: FlowRunBody,
  { written, release }: { readonly written: WrittenOutputs; readonly release?: RunRequest["release"] },
): Promise<{ readonly flowRunId: number; readonly groups: readonly StartedGroup[] }> {
  return startRun(platform, caller, {
    flow: { id: flow.id, name: flow.name },
    chooseOutputs: (outputs, content) => {
      const [manual, scheduled] = [
        outputs.filter((output) => output.isManual),
        outputs.filter((output) => !output.isManual),
      ];
      const isManual = written === "manual" || (written === "scheduled-or-manual" && scheduled.length === 0);
      const chosen = isManual ? manual : scheduled;
      if (chosen.length > 0) return overrideOutputs(chosen, content, body);
      const NoOutput = written === "manual" ? NoManualOutput : NoScheduledOutput;
      throw new NoOutput(
        `Flow ${flow.id} ("${flow.name}") has no output for ${written === "manual" ? "manual" : "scheduled"} runs, so there is nothing to run; add one to a recipe`,
      );
    },
    parameters: readParameters(body),
    referenceDate: readReferenceDate(body),
    ranfrom: body.ranfrom ?? "api",
    ...(release === undefined ? {} : { release }),
  });
}

/**
 * Queues the outputs of the primary flow of a deployment's active release. Throws NoActiveRelease, and what `runFlow`
 * throws.
 */
export async function runDeployment(
  platform: Platform,
  caller: Caller,
  deployment: { readonly id: number; readonly name: string },
  body: FlowRunBody,
  written: WrittenOutputs,
): Promise<readonly StartedGroup[]> {
  const flows = await platform.database
    .selectFrom("releases")
    .innerJoin("flows", "flows.releaseId", "releases.id")
    .select(["flows.id", "flows.name", "releases.id as releaseId"])
    .where("releases.deploymentId", "=", deployment.id)
    .where("releases.active", "=", 1)
    .where("flows.isPrimary", "=", 1)
    .where("flows.deletedAt", "is", null)
    .orderBy("flows.id")
    .execute();
  if (flows.length === 0) {
    throw new NoActiveRelease(
      `Deployment ${deployment.id} ("${deployment.name}") has no active release, so there is nothing to run`,
    );
  }
  const started: StartedGroup[] = [];
  for (const { id, name, releaseId } of flows) {
    const release = { id: releaseId, deploymentId: deployment.id };
    started.push(...(await runFlow(platform, caller, { id, name }, body, { written, release })).groups);
  }
  return started;
}
