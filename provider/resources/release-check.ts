import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { z } from "zod";
import {
  applyRules,
  checkPackage,
  contentDigest,
  describeContents,
  PackageError,
  readPackage,
  validateRules,
} from "../../flow/index.js";
import type { Finding, FlowPackage, ImportRules, RuledPackage } from "../../flow/index.js";
import type { Client } from "../client/client.js";
import { NotFound } from "../client/errors.js";
import { isEqual } from "../framework/canonical.js";
import type {
  CheckAnswer,
  CheckFailure,
  CheckRequest,
  Context,
  HostValues,
} from "../framework/define-resource.js";
import { hasUnknown, UNKNOWN } from "../framework/unknown.js";
import { listReleases, nameRelease, OUTSIDE, refuseOtherProgram } from "./release-history.js";
import { findOlderProduct } from "./platform-features.js";
import { planRelease } from "./release-plan.js";
import { toWanted } from "./release-wanted.js";
import { toImportRules } from "./rules-in-force.js";
import type { RuleSet } from "./rule-set.js";
import type { ReleaseInputs } from "./release.js";

/** A path, or a file asset in the form in which the engine hands assets to a provider. */
export const packageInput = z.union([
  z.string().min(1),
  z.looseObject({
    "4dabf18193072939515e22adb298388d": z.literal("c44067f5952c0a294b673a41bacd8c17"),
    path: z.string({ error: "only a file asset can be a package" }).min(1),
  }),
]);

/** A package on disk. */
export interface LoadedPackage {
  package: FlowPackage;
  bytes: Uint8Array;
  fileName: string;
}

/** Reads the package that the input names. Throws PackageError. */
export async function loadPackage(input: ReleaseInputs["package"]): Promise<LoadedPackage> {
  const path = typeof input === "string" ? input : input.path;
  const source = await readPackage(path);
  return { package: source, bytes: await readFile(path), fileName: basename(path) };
}

const NO_RULES: RuleSet = { connections: [], values: [] };

/** Shown as yet to be worked out, not as taken away. */
const UNKNOWN_CONTENTS = { contents: UNKNOWN as unknown as ReleaseInputs["contents"] };

/** Reads the package, applies the rules offline, says what the release will hold and what will happen. */
export async function checkRelease(
  { client, owner }: Context,
  { inputs, previous }: CheckRequest<ReleaseInputs>,
): Promise<CheckAnswer<ReleaseInputs>> {
  if (hasUnknown(inputs.package)) return { derived: { ...UNKNOWN_CONTENTS, contentDigest: UNKNOWN } };
  let source: FlowPackage;
  try {
    source = (await loadPackage(inputs.package)).package;
  } catch (error) {
    if (!(error instanceof PackageError)) throw error;
    return { failures: [{ property: "package", reason: error.message }] };
  }
  const digest = contentDigest(source);
  if (digest !== previous?.contentDigest) {
    const older = await findOlderProduct(client, source.metadata.productVersion);
    if (older !== undefined) return { failures: [tooNew(source, older)] };
  }
  const rules = inputs.rules ?? NO_RULES;
  // Which rules there are may hang on a resource that is yet to be made: then nothing about them can be said.
  const hasRules = Array.isArray(rules.connections) && !hasUnknown(rules.values);
  if (!hasRules || rules.connections.some(({ on }) => hasUnknown(on ?? UNKNOWN)))
    return {
      derived: {
        ...UNKNOWN_CONTENTS,
        contentDigest: digest,
        action: await nameAction(client, owner, source, inputs, previous),
      },
    };

  const invalid = validateRules(toOfflineRules(rules, "1"));
  if (invalid.length > 0)
    return { failures: invalid.map(({ path, message }) => ({ property: `rules.${path}`, reason: message })) };

  const ruled = applyRules(source, toOfflineRules(rules, "-1"));
  const { failures, findings } = await judge(client, ruled);
  return {
    failures,
    derived: {
      contentDigest: digest,
      contents: describeContents(ruled),
      ...(findings.length > 0 && { findings }),
      action: await nameAction(client, owner, source, inputs, previous),
    },
  };
}

/** A connection that is yet to be made has no id, `unmade` stands for it; -1 is described as such. */
function toOfflineRules(rules: RuleSet, unmade: string): ImportRules {
  return toImportRules({
    ...rules,
    connections: rules.connections.map((rule) => (rule.with === UNKNOWN ? { ...rule, with: unmade } : rule)),
  });
}

async function judge(
  client: Client,
  ruled: RuledPackage,
): Promise<{ failures: CheckFailure[]; findings: string[] }> {
  const failures: CheckFailure[] = [];
  const findings: string[] = [];
  for (const finding of await withoutLocalTwins(client, checkPackage(ruled))) {
    if (finding.severity === "error") failures.push({ property: "package", reason: sentence(finding) });
    else if (finding.severity === "warning") findings.push(`${finding.code}: ${sentence(finding)}`);
  }
  return { failures, findings };
}

function sentence(finding: Finding): string {
  return finding.message.includes(finding.object) ? finding.message : `${finding.object}: ${finding.message}`;
}

/** An unmapped connection is no problem where the environment has one with the same uuid. */
async function withoutLocalTwins(client: Client, findings: readonly Finding[]): Promise<Finding[]> {
  if (!findings.some((finding) => finding.connectionUuid !== undefined)) return [...findings];
  const known = await client.list("/v4/connections", z.object({ uuid: z.string() }));
  return findings.filter(
    ({ connectionUuid }) => connectionUuid === undefined || !known.some((row) => row.uuid === connectionUuid),
  );
}

/** The name of what will happen; of what last happened when nothing changes. */
async function nameAction(
  client: Client,
  owner: string,
  source: FlowPackage,
  inputs: ReleaseInputs,
  previous: (ReleaseInputs & HostValues) | undefined,
): Promise<string> {
  const isUnchanged =
    previous?.action !== undefined &&
    previous.contentDigest === contentDigest(source) &&
    isEqual(previous.rules, inputs.rules) &&
    previous.active === inputs.active &&
    previous.deploymentId === inputs.deploymentId;
  if (isUnchanged) return previous.action ?? "";
  if (hasUnknown(inputs.deploymentId)) return "deploy: the first release from this program";
  const history = await listReleases(client, inputs.deploymentId);
  // The list of a deployment that is gone is empty too.
  if (history.length === 0) await requireDeployment(client, inputs.deploymentId);
  if (!inputs.adopt) refuseOtherProgram(history, [owner, previous?.owner], inputs.deploymentId);
  if (hasUnknown(inputs.rules)) {
    return history.length === 0
      ? "deploy: the first release from this program"
      : "deploy: under rules that point to a connection which is yet to be made";
  }
  const plan = planRelease(history, toWanted(source, inputs, [owner, previous?.owner]));
  if (plan.kind === "import") return inputs.active ? plan.action : `${plan.action}; not activated`;
  if (plan.kind === "activate" && !inputs.active)
    return `keep: release ${nameRelease(plan.release)} is there and stays inactive`;
  if (plan.kind === "keep") return inputs.active ? "keep: the release is active already" : "deactivate";
  // The release that this program had active: somebody else changed that, or the program's own `active`.
  const isSame = previous?.contentDigest === contentDigest(source) && isEqual(previous.rules, inputs.rules);
  if (previous === undefined || !isSame) return plan.action;
  const drift = previous.action?.endsWith(OUTSIDE) === true ? `: ${previous.action}` : "";
  return `activate release ${nameRelease(plan.release)} again${drift}`;
}

function tooNew({ metadata }: FlowPackage, platformVersion: string): CheckFailure {
  return {
    property: "package",
    reason: `the package was exported by product version ${metadata.productVersion}, and the platform is ${platformVersion}, which does not import packages of newer versions; export it from a product that is not newer`,
  };
}

async function requireDeployment(client: Client, id: string): Promise<void> {
  try {
    await client.get(`/v4/deployments/${id}`, z.object({ id: z.int() }));
  } catch (error) {
    if (error instanceof NotFound)
      error.message += "; if it was deleted outside this program, run `pulumi refresh`, then `pulumi up`";
    throw error;
  }
}
