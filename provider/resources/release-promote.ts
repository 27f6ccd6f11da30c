import { z } from "zod";
import type { Client } from "../client/client.js";
import { Conflict } from "../client/errors.js";
import { isEqual } from "../framework/canonical.js";
import type { Context, HostValues } from "../framework/define-resource.js";
import { completing, NotReadyError } from "../framework/define-resource.js";
import { moveFlowSchedules } from "./flow-schedules.js";
import { loadPackage } from "./release-check.js";
import type { LoadedPackage } from "./release-check.js";
import { listReleases, markKnown, OUTSIDE, refuseOtherProgram, withKnown } from "./release-history.js";
import type { ReleaseRecord } from "./release-history.js";
import { findLostImport, importRelease } from "./release-import.js";
import { withMarker } from "./release-marker.js";
import type { ReleaseMarker } from "./release-marker.js";
import { planRelease } from "./release-plan.js";
import type { ReleasePlan, WantedRelease } from "./release-plan.js";
import { pruneReleases } from "./release-removal.js";
import { tryOut, VerificationFailed } from "./release-trial.js";
import type { Trial } from "./release-trial.js";
import { toWanted } from "./release-wanted.js";
import type { ReleaseInputs, ReleaseOutputs } from "./release.js";
import { NO_RULES } from "./rule-set.js";
import { readRules, toImportRules } from "./rules-in-force.js";

/** State of a Release. */
export type ReleaseState = ReleaseInputs & ReleaseOutputs & HostValues;

/** What `verified` says of a release that is in state and was not tried out yet; also which one to go back to. */
function pendingAfter(before: ReleaseRecord | undefined): string {
  return before === undefined ? "pending" : `pending, after release #${before.id}`;
}

function readPending(verified: string | undefined): { readonly before: number | undefined } | undefined {
  const [pending, before] = /^pending(?:, after release #(\d+))?$/.exec(verified ?? "") ?? [];
  if (pending === undefined) return undefined;
  return { before: before === undefined ? undefined : Number(before) };
}

/** The wanted release at the platform, before its notes and its activity are as they should be. */
interface PlacedRelease {
  readonly release: Pick<ReleaseRecord, "id" | "notes" | "isActive">;
  readonly packageUuid: string;
  readonly marker: ReleaseMarker | undefined;
  readonly isImported: boolean;
}

/**
 * Makes the wanted package the active release: by activating what is there, or by importing it; then tries it out, where
 * that is asked for. Schedules move and old releases go only after that.
 */
export async function promote(
  context: Context,
  wanted: ReleaseInputs,
  state: ReleaseState | undefined,
): Promise<ReleaseOutputs> {
  const { client, owner } = context;
  const { deploymentId } = wanted;
  const owners = [owner, state?.owner, ...(wanted.formerOwners ?? [])] as const;
  const history = withKnown(await listReleases(client, deploymentId), state, owner);
  if (!wanted.adopt) refuseOtherProgram(history, owners, deploymentId);

  const source = await loadPackage(wanted.package);
  const goal = toWanted(source.package, wanted, owners);
  const plan = planRelease(history, goal);
  await markKnown(client, history, plan.kind === "import" ? undefined : plan.release.id);

  const placed =
    plan.kind === "import"
      ? await bringIn(context, wanted, { source, goal, history, candidates: plan.candidates })
      : toPlaced(plan.release, goal, owner);
  const { id } = placed.release;
  const before = releaseBefore(history, id, state);
  const isTried = wanted.active && wanted.verify !== undefined && isActivation(plan, id, state);
  const known = state?.releaseId === String(id) ? state.verified : undefined;
  const verified = isTried ? pendingAfter(before) : known;
  const outputs = toOutputs(id, placed.packageUuid, placed.marker?.flow, verified);
  // A release that shall not run goes into state when the one before it runs again: only state tells which that is.
  const isStaged = !wanted.active && state !== undefined && before !== undefined;
  const settle = async (rest: () => Promise<void>) =>
    placed.isImported && !isStaged
      ? completing(`release ${id} was imported`, { id: deploymentId, outputs }, rest)
      : rest();

  await settle(() => setActive(client, placed.release, wanted, placed.marker, before));
  if (isTried)
    outputs.verified = await tryOutOrKeep(context, wanted, outputs, {
      id,
      before,
      source: source.package,
      state,
    });
  await settle(async () => {
    if (wanted.active) await moveFlowSchedules(client, history, placed.marker?.flow);
    if (!placed.isImported) return;
    await pruneReleases(client, deploymentId, wanted.keepReleases, owners, [id, before?.id]);
  });
  return outputs;
}

/** What a Release tells of itself. */
export function toOutputs(
  id: number,
  packageUuid: string,
  flowId: number | undefined,
  verified?: string,
): ReleaseOutputs {
  return {
    releaseId: String(id),
    packageUuid,
    ...(flowId !== undefined && { primaryFlowId: String(flowId) }),
    ...(verified !== undefined && { verified }),
  };
}

function toPlaced(release: ReleaseRecord, goal: WantedRelease, owner: string): PlacedRelease {
  return {
    release,
    packageUuid: release.packageUuid ?? goal.packageUuid,
    // The marker may carry the name that this resource had before; the next run looks for the new one.
    marker: release.marker && { ...release.marker, owner },
    isImported: false,
  };
}

/** Imports the package, unless the import of a run that broke off is there. */
async function bringIn(
  { client, owner, say }: Context,
  wanted: ReleaseInputs,
  from: {
    readonly source: LoadedPackage;
    readonly goal: WantedRelease;
    readonly history: readonly ReleaseRecord[];
    readonly candidates: readonly ReleaseRecord[];
  },
): Promise<PlacedRelease> {
  const { source, goal, history, candidates } = from;
  const rules = toImportRules(wanted.rules ?? NO_RULES);
  const lost = await findLostImport(client, candidates, source.bytes, rules);
  if (lost === undefined) {
    await refuseOtherRules(client, wanted);
    say("progress", `importing ${source.fileName}, ${Math.ceil(source.bytes.length / 1024)} KiB`);
  }
  const made =
    lost ?? (await importRelease(client, wanted.deploymentId, source.fileName, source.bytes, history));
  const isActive =
    lost === undefined || history.some((release) => release.id === made.id && release.isActive);
  return {
    release: { id: made.id, notes: "", isActive },
    packageUuid: goal.packageUuid,
    marker: { content: goal.content, rules: goal.rules, flow: made.flowId, owner },
    isImported: true,
  };
}

/** Also what a run before this one activated and could not try out to the end: then state does not know of it, or says so. */
function isActivation(plan: ReleasePlan, id: number, state: ReleaseState | undefined): boolean {
  if (plan.kind !== "keep" || state === undefined) return true;
  return state.releaseId !== String(id) || !state.active || readPending(state.verified) !== undefined;
}

/** What ran before the release with this id; where a run that broke off had activated that already, state knows. */
function releaseBefore(
  history: readonly ReleaseRecord[],
  id: number,
  state: ReleaseState | undefined,
): ReleaseRecord | undefined {
  const active = history.find((release) => release.isActive);
  if (active !== undefined && active.id !== id) return active;
  if (state === undefined) return undefined;
  const wasActive = state.active || state.action?.endsWith(OUTSIDE) === true;
  const known =
    String(id) === state.releaseId ? readPending(state.verified)?.before : Number(state.releaseId);
  return wasActive ? history.find((release) => release.id === known) : undefined;
}

/** When the release fails, state is made to say what the platform has then. */
async function tryOutOrKeep(
  context: Context,
  wanted: ReleaseInputs,
  outputs: ReleaseOutputs,
  { state, ...trial }: Omit<Trial, "deploymentId" | "verify"> & { readonly state: ReleaseState | undefined },
): Promise<string | undefined> {
  const { deploymentId, verify } = wanted;
  if (verify === undefined) return undefined;
  try {
    return await tryOut(context, { ...trial, deploymentId, verify });
  } catch (error) {
    if (!(error instanceof VerificationFailed) || !error.isTakenBack) throw error;
    const kept = stateAfter(error, wanted, outputs, state);
    throw kept === undefined ? error : new NotReadyError(error.message, deploymentId, kept, { cause: error });
  }
}

/** What state has to say after a release was taken back; undefined when it says so already. */
function stateAfter(
  { activeAgain }: VerificationFailed,
  wanted: ReleaseInputs,
  outputs: ReleaseOutputs,
  state: ReleaseState | undefined,
): Record<string, unknown> | undefined {
  // A release that is a part of state, or the first one, is what it is: imported, and not active.
  if (state === undefined || state.releaseId === outputs.releaseId) return { ...outputs, active: false };
  if (state.active || state.releaseId !== String(activeAgain)) return undefined;
  // The one before was deactivated by hand, and runs again: nothing of what was wanted has come into force.
  const unwanted: Record<string, undefined> = {};
  for (const name of Object.keys(wanted)) unwanted[name] = undefined;
  return { ...unwanted, ...state, active: true };
}

/** One PATCH at most: notes and activity together. */
async function setActive(
  client: Client,
  release: Pick<ReleaseRecord, "id" | "notes" | "isActive">,
  wanted: ReleaseInputs,
  marker: ReleaseMarker | undefined,
  before: ReleaseRecord | undefined,
): Promise<void> {
  const notes = marker ? withMarker(wanted.notes, marker) : wanted.notes;
  const change: Record<string, unknown> = {};
  if (notes !== release.notes) change.notes = notes;
  if (release.isActive !== wanted.active) {
    const isStaged = !wanted.active && before !== undefined && before.id !== release.id;
    // Activating the one before deactivates this one in the same moment; no gap without an active release.
    if (isStaged) await client.patch(`/v4/releases/${before.id}`, { active: true }, z.unknown());
    else change.active = wanted.active;
  }
  if (Object.keys(change).length > 0) await client.patch(`/v4/releases/${release.id}`, change, z.unknown());
}

/** The platform applies its own rules, not ours: a difference would import something else than was previewed. */
async function refuseOtherRules(client: Client, wanted: ReleaseInputs): Promise<void> {
  const stated = wanted.rules ?? NO_RULES;
  const present = await readRules(client, wanted.deploymentId, stated);
  if (present === undefined) return;
  const isCovered =
    isEqual(present.values, stated.values) &&
    stated.connections.every((rule) => present.connections.some((known) => isEqual(known, rule)));
  if (isCovered) return;
  // An ImportRules resource that is gone from the program is deleted last, after this release.
  const advice =
    wanted.rules === undefined
      ? "; to have none, give the ImportRules resource empty lists, and take it out of the program in the update after that"
      : "";
  throw new Conflict(
    `deployment ${wanted.deploymentId} holds other import rules than this release states; pass the ImportRules resource as \`rules\`, so that what is previewed is what is imported${advice}`,
    { status: 0, method: "GET", url: `/v4/deployments/${wanted.deploymentId}/valueImportRules` },
  );
}
