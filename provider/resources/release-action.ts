import { contentDigest } from "../../flow/index.js";
import type { Finding, FlowPackage } from "../../flow/index.js";
import type { Client } from "../client/client.js";
import { NotFound } from "../client/errors.js";
import { isEqual } from "../framework/canonical.js";
import type { HostValues } from "../framework/define-resource.js";
import { hasUnknown } from "../framework/unknown.js";
import { requireDeployment } from "./deployment-names.js";
import { nameHandEdits } from "./hand-edits.js";
import type { ReplacedRelease } from "./hand-edits.js";
import { listReleases, nameRelease, OUTSIDE, refuseOtherProgram, withKnown } from "./release-history.js";
import type { ReleaseRecord } from "./release-history.js";
import { toFinding } from "./release-findings.js";
import { planRelease } from "./release-plan.js";
import type { ReleasePlan } from "./release-plan.js";
import { describeVerification } from "./release-verify.js";
import { toWanted } from "./release-wanted.js";
import { NO_RULES } from "./rule-set.js";
import type { ReleaseInputs } from "./release.js";

type Previous = (ReleaseInputs & HostValues) | undefined;

/** What a change will do. */
export interface ComingAction {
  /** In words, with the reason; what the last change did when nothing changes. */
  action: string;
  /** The active release that another one will take the place of, if any. */
  replaced: ReleaseRecord | undefined;
}

/**
 * Names what will happen to the deployment, by its releases now; `owners` are this resource's names. Throws Conflict for
 * another program's.
 */
export async function planAction(
  client: Client,
  source: FlowPackage,
  inputs: ReleaseInputs,
  previous: Previous,
  owners: readonly string[],
): Promise<ComingAction> {
  const isSame = previous?.action !== undefined && isSameRelease(source, inputs, previous);
  const asBefore = { action: previous?.action ?? "", replaced: undefined };
  // A release that failed its verification is not active, though its inputs are in state.
  if (isSame && inputs.verify === undefined) return asBefore;
  const trial = inputs.active ? describeVerification(inputs) : "";
  if (hasUnknown(inputs.deploymentId)) {
    const first = planRelease([], toWantedNow(source, inputs, owners));
    return { action: nameAction(first, source, inputs, previous) + trial, replaced: undefined };
  }
  const history = withPrevious(await listReleases(client, inputs.deploymentId), previous, owners[0] ?? "");
  // The list of a deployment that is gone is empty too.
  if (history.length === 0) await requireParent(client, inputs.deploymentId);
  if (!inputs.adopt) refuseOtherProgram(history, owners, inputs.deploymentId);
  const plan = planRelease(history, toWantedNow(source, inputs, owners));
  if (isSame && plan.kind === "keep") return asBefore;
  const active = history.find((release) => release.isActive);
  return {
    action: nameAction(plan, source, inputs, previous) + trial,
    replaced: plan.kind === "keep" || !inputs.active ? undefined : active,
  };
}

/** Which release the inputs are of is said by state, which a check does not see: it is the active one, if inputs say so. */
function withPrevious(history: readonly ReleaseRecord[], previous: Previous, owner: string): ReleaseRecord[] {
  const active = history.find((release) => release.isActive);
  if (active === undefined || previous?.active !== true || previous.action?.endsWith(OUTSIDE) === true)
    return [...history];
  return withKnown(history, { ...previous, releaseId: String(active.id) }, owner);
}

/** What people changed by hand in the release that goes, as far as the program wants to know. */
export function findLostEdits(
  release: ReleaseRecord,
  replaced: ReplacedRelease,
  editedInPlace: ReleaseInputs["editedInPlace"],
): Finding[] {
  const edits = editedInPlace === "ignore" ? [] : nameHandEdits(replaced);
  if (edits.length === 0) return [];
  const name = `release ${nameRelease(release)}`;
  const message = `${name} was edited by hand since its import (${edits.join(", ")}), and those edits will not run any more; carry them over to the flow that the package is exported from, or set \`editedInPlace\` to "ignore"`;
  const finding = toFinding("edited-in-place", name, message);
  return [editedInPlace === "refuse" ? { ...finding, severity: "error" } : finding];
}

function nameAction(
  plan: ReleasePlan,
  source: FlowPackage,
  inputs: ReleaseInputs,
  previous: Previous,
): string {
  if (plan.kind === "import") return inputs.active ? plan.action : `${plan.action}; not activated`;
  if (plan.kind === "activate" && !inputs.active)
    return `keep: release ${nameRelease(plan.release)} is there and stays inactive`;
  if (plan.kind === "keep") return inputs.active ? "keep: the release is active already" : "deactivate";
  // The release that this program had active: somebody else changed that, or the program's own `active`.
  if (previous === undefined || !hasSameContent(source, inputs, previous)) return plan.action;
  const isDrift = previous.action?.endsWith(OUTSIDE) === true;
  return `activate release ${nameRelease(plan.release)}${isDrift ? ` again: ${previous.action}` : ""}`;
}

function isSameRelease(source: FlowPackage, inputs: ReleaseInputs, previous: ReleaseInputs): boolean {
  return (
    hasSameContent(source, inputs, previous) &&
    previous.active === inputs.active &&
    previous.deploymentId === inputs.deploymentId
  );
}

function hasSameContent(source: FlowPackage, inputs: ReleaseInputs, previous: ReleaseInputs): boolean {
  return (
    previous.contentDigest === contentDigest(source) &&
    isEqual(previous.rules ?? NO_RULES, inputs.rules ?? NO_RULES)
  );
}

/** A rule that points to a connection yet to be made is one under which nothing was imported so far. */
function toWantedNow(source: FlowPackage, inputs: ReleaseInputs, owners: readonly string[]) {
  if (!hasUnknown(inputs.rules)) return toWanted(source, inputs, owners);
  return { ...toWanted(source, { rules: undefined }, owners), rules: "" };
}

async function requireParent(client: Client, id: string): Promise<void> {
  try {
    await requireDeployment(client, id);
  } catch (error) {
    if (error instanceof NotFound)
      error.message += "; if it was deleted outside this program, run `pulumi refresh`, then `pulumi up`";
    throw error;
  }
}
