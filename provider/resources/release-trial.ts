import { z } from "zod";
import type { FlowPackage } from "../../flow/index.js";
import type { Client } from "../client/client.js";
import { Interrupted, InvalidRequest, OutOfTime, RouteNotFound, Unavailable } from "../client/errors.js";
import type { Context } from "../framework/define-resource.js";
import { runDeployment } from "../jobs/deployment-run.js";
import type { DeploymentRun, RunResult } from "../jobs/deployment-run.js";
import { describeRun, findShortfalls } from "./release-expectations.js";
import { listReleases, nameRelease, OUTSIDE } from "./release-history.js";
import type { ReleaseRecord } from "./release-history.js";
import type { Verification } from "./release-verify.js";

/** A release that was activated, to be tried out before that counts. */
export interface Trial {
  readonly deploymentId: string;
  /** Id of the release. */
  readonly id: number;
  /** The release that takes its place again when it fails; without one it is deactivated. */
  readonly before: Pick<ReleaseRecord, "id"> | undefined;
  readonly verify: Verification;
  /** What the release was imported from. */
  readonly source: FlowPackage;
}

/** A release that was activated did not do what the program expects. */
export class VerificationFailed extends Error {
  override readonly name = "VerificationFailed";

  constructor(
    message: string,
    /** The release is not active any more; false also when that is not known. */
    readonly isTakenBack: boolean,
    /** Id of the release that was activated in its place. */
    readonly activeAgain?: number,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/**
 * Runs the deployment and holds what it wrote against what is expected; answers that in words. Throws
 * {@link VerificationFailed} after the release before was activated again, also when the user interrupts or time runs out.
 */
export async function tryOut({ client, say }: Context, trial: Trial): Promise<string> {
  const { deploymentId, id, verify } = trial;
  let run: DeploymentRun | undefined;
  let shortfalls: string[];
  let cause: unknown;
  try {
    say("progress", `verifying release #${id}: running deployment ${deploymentId}`);
    run = await runDeployment(client, deploymentId, verify);
    const result = await run.wait({
      until: Date.now() + verify.timeoutSeconds * 1000,
      untilFirstFailure: true,
      onProgress: (message) => say("progress", `verifying release #${id}: ${message}`),
    });
    shortfalls = shortfallsOf(result, trial);
    if (shortfalls.length === 0) {
      await requireStillActive(client, trial);
      const passed = describeRun(result);
      say("info", `release #${id} was verified: ${passed}`);
      return passed;
    }
  } catch (error) {
    if (error instanceof VerificationFailed) throw error;
    cause = error;
    shortfalls = [reasonOf(error)];
  }
  say("progress", `release #${id} did not pass its verification and is taken back`);
  const calm = client.uninterrupted();
  const left = run ? await cancelRun(run, calm) : mayRun(cause);
  const { isTakenBack, activeAgain, said } = await takeBack(calm, trial);
  const sentences = [shortfalls.join("; "), ...(left === undefined ? [] : [left]), said];
  throw new VerificationFailed(
    `release #${id} did not pass its verification: ${sentences.join(". ")}`,
    isTakenBack,
    activeAgain,
    { cause },
  );
}

function shortfallsOf(result: RunResult, { verify, source }: Trial): string[] {
  if (result.outcome !== "running") return findShortfalls(result, verify, source);
  const unfinished = result.groups.filter(({ status }) => status !== "Complete").map(({ id }) => id);
  return [
    `job group${unfinished.length === 1 ? "" : "s"} ${unfinished.join(", ")} did not end within ${verify.timeoutSeconds} s (\`verify.timeoutSeconds\`) and was cancelled`,
  ];
}

/** What a person needs to know of an error: not which request it met. */
function reasonOf(error: unknown): string {
  if (error instanceof Interrupted) return "the update was interrupted before its run had ended";
  if (error instanceof OutOfTime)
    return "its run takes longer than `customTimeouts` of the resource allows; allow more";
  return error instanceof Error ? error.message : String(error);
}

/** Somebody may have activated another release while ours ran: then the update did not do what it says. */
async function requireStillActive(client: Client, { deploymentId, id }: Trial): Promise<void> {
  const active = (await listReleases(client, deploymentId)).find((release) => release.isActive);
  if (active?.id === id) return;
  throw new VerificationFailed(`release #${id} was verified, but ${meanwhile(active)}`, true);
}

function meanwhile(active: ReleaseRecord | undefined): string {
  return active === undefined
    ? `it was deactivated ${OUTSIDE} meanwhile, and stays so`
    : `release ${nameRelease(active)} was activated ${OUTSIDE} meanwhile, and stays active`;
}

/** An answer that was lost leaves open whether there is a run, and which. */
function mayRun(cause: unknown): string | undefined {
  return cause instanceof Unavailable && !cause.notExecuted
    ? "The run may have been started all the same, and go on"
    : undefined;
}

/** Answers why it could not be cancelled. */
async function cancelRun(run: DeploymentRun, client: Client): Promise<string | undefined> {
  try {
    await run.cancel(client);
    return undefined;
  } catch (error) {
    return `Its run could not be cancelled and may go on (job groups ${run.jobGroupIds.join(", ")}): ${(error as Error).message}`;
  }
}

async function takeBack(
  client: Client,
  { deploymentId, id, before }: Trial,
): Promise<{ isTakenBack: boolean; activeAgain?: number; said: string }> {
  const stays = `release #${id} stays imported, inactive; \`pulumi up\` activates and verifies it again, without another import`;
  let next = before && `release #${before.id}`;
  try {
    const history = await listReleases(client, deploymentId);
    const active = history.find((release) => release.isActive);
    if (active?.id !== id) return { isTakenBack: true, said: `Nothing was taken back: ${meanwhile(active)}` };
    const back = history.find((release) => release.id === before?.id);
    next = back && `release ${nameRelease(back)}`;
    if (back) {
      await client.patch(`/v4/releases/${back.id}`, { active: true }, z.unknown());
      const said = `Release ${nameRelease(back)} is active again; ${stays}`;
      return { isTakenBack: true, activeAgain: back.id, said };
    }
    await client.patch(`/v4/releases/${id}`, { active: false }, z.unknown());
    return {
      isTakenBack: true,
      said: `There is no release to go back to, so none is active now; ${stays}`,
    };
  } catch (error) {
    const reason = (error as Error).message;
    if (error instanceof InvalidRequest || error instanceof RouteNotFound)
      return {
        isTakenBack: false,
        said: `The platform does not let it be taken back, so it stays active: ${reason}`,
      };
    const wanted = next === undefined ? `deactivating release #${id}` : `activating ${next} again`;
    return {
      isTakenBack: false,
      said: `Then ${wanted} failed as well, so release #${id} may still be active: ${reason}. Do that by hand at the platform, or run \`pulumi up\` when it answers again: it verifies release #${id} once more`,
    };
  }
}
