import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { z } from "zod";
import {
  applyRules,
  CONNECTION_TO_BE_MADE,
  contentDigest,
  describeContents,
  PackageError,
  readPackage,
  validateRules,
} from "../../flow/index.js";
import type { Finding, FlowPackage, ImportRules, PackageContents, RuledPackage } from "../../flow/index.js";
import type { Client } from "../client/client.js";
import type { CheckAnswer, CheckFailure, CheckRequest, Context } from "../framework/define-resource.js";
import { ASSET, SIGNATURE } from "../framework/special-values.js";
import { hasUnknown, UNKNOWN, unknownWhereDifferent } from "../framework/unknown.js";
import { claimObject } from "./ownership.js";
import { readReplaced } from "./hand-edits.js";
import { findLostEdits, planAction } from "./release-action.js";
import { findIssues, judge, toFinding } from "./release-findings.js";
import { findSharedPlaces } from "./release-places.js";
import { findOlderProduct, isBeforeObjectModel } from "./platform-features.js";
import { checkVerification } from "./release-verify.js";
import { toImportRules } from "./rules-in-force.js";
import { NO_RULES } from "./rule-set.js";
import type { RuleSet } from "./rule-set.js";
import type { ReleaseInputs } from "./release.js";
import { announcePackage } from "./schedule-parameters.js";

/** A path, or a file asset in the form in which the engine hands assets to a provider. */
export const packageInput = z.union([
  z.string().min(1, "names no package: give its path, or a file asset (an import cannot know it)"),
  z.looseObject({
    [SIGNATURE]: z.literal(ASSET),
    path: z.string({ error: "only a file asset can be a package" }).min(1),
  }),
]);

/** A package on disk. */
export interface LoadedPackage {
  package: FlowPackage;
  bytes: Uint8Array;
  fileName: string;
}

/** Reads the package that the input names, with the bytes to send. Throws PackageError. */
export async function loadPackage(input: ReleaseInputs["package"]): Promise<LoadedPackage> {
  const path = pathOf(input);
  return { package: await readPackage(path), bytes: await readFile(path), fileName: basename(path) };
}

/** Where the package is that the input names. */
export function pathOf(input: ReleaseInputs["package"]): string {
  return typeof input === "string" ? input : input.path;
}

/** Largest contents in bytes of JSON: state holds them twice, as input and as output. */
const CONTENTS_BYTES = 96 * 1024;

/** Shown as yet to be worked out, not as taken away; a saved plan allows whatever the update finds. */
const UNKNOWN_FINDINGS = { findings: UNKNOWN as unknown as string[] };
const UNKNOWN_CONTENTS = { contents: UNKNOWN as unknown as ReleaseInputs["contents"], ...UNKNOWN_FINDINGS };

/** Reads the package, applies the rules offline, says what the release will hold and what will happen. */
export async function checkRelease(
  context: Context,
  { inputs, previous }: CheckRequest<ReleaseInputs>,
): Promise<CheckAnswer<ReleaseInputs>> {
  if (!hasUnknown(inputs.deploymentId)) {
    const object = `the active release of deployment ${inputs.deploymentId}`;
    const failures = claimObject(context, "deploymentId", object);
    if (failures.length > 0) return { failures };
  }
  const owners = ownersOf(context.owner, previous);
  const { failures = [], derived } = await checkOwned(context, { inputs, previous }, owners);
  const [, ...formerOwners] = owners;
  return { failures, derived: { ...derived, ...(formerOwners.length > 0 && { formerOwners }) } };
}

/** Names under which releases of this resource were imported, its own first. */
function ownersOf(owner: string, previous: CheckRequest<ReleaseInputs>["previous"]): string[] {
  const former = [
    ...(previous?.formerOwners ?? []),
    ...(previous?.owner === undefined ? [] : [previous.owner]),
  ];
  return [...new Set([owner, ...former])];
}

async function checkOwned(
  context: Context,
  { inputs, previous }: CheckRequest<ReleaseInputs>,
  owners: readonly string[],
): Promise<CheckAnswer<ReleaseInputs>> {
  const { client, owner } = context;
  if (hasUnknown(inputs.package)) return { derived: { ...UNKNOWN_CONTENTS, contentDigest: UNKNOWN } };
  let source: FlowPackage;
  try {
    source = await readPackage(pathOf(inputs.package));
  } catch (error) {
    if (!(error instanceof PackageError)) throw error;
    return { failures: [{ property: "package", reason: error.message }] };
  }
  if (inputs.active && !hasUnknown([inputs.active, inputs.deploymentId])) {
    const failures = announcePackage(client, inputs.deploymentId, source);
    if (failures.length > 0) return { failures };
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
        action: (await planAction(client, source, inputs, previous, owners)).action,
      },
    };

  const invalid = validateRules(toOfflineRules(rules, "1"));
  if (invalid.length > 0)
    return { failures: invalid.map(({ path, message }) => ({ property: `rules.${path}`, reason: message })) };

  const ruled = applyRules(source, toOfflineRules(rules, String(CONNECTION_TO_BE_MADE)));
  const { action, replaced } = await planAction(client, source, inputs, previous, owners);
  const before = replaced && (await readReplaced(client, replaced, previous?.rules ?? NO_RULES));
  const findings = [
    ...(await findIssues(context, ruled, before?.imported)),
    ...(await findOldExport(client, source)),
    ...findSharedPlaces(client, owner, ruled),
    ...(replaced && before ? findLostEdits(replaced, before, inputs.editedInPlace) : []),
  ];
  const { errors, warnings } = judge(findings, inputs.severities);
  return {
    failures: [
      ...errors.map((reason) => ({ property: "package", reason })),
      ...checkVerification(inputs, ruled),
    ],
    derived: {
      contentDigest: digest,
      contents: toContents(ruled),
      ...(warnings.length > 0 ? { findings: warnings } : isSettled(ruled) ? {} : UNKNOWN_FINDINGS),
      action,
    },
  };
}

/** What a Release shows of a package under its rules; unknown where that hangs on a connection that is yet to be made. */
export function toContents(ruled: RuledPackage): PackageContents {
  const contents = describeContents(ruled, { maxBytes: CONTENTS_BYTES });
  if (isSettled(ruled)) return contents;
  const targets = [...ruled.connectionTargets].map(
    ([stub, target]) => [stub, target === CONNECTION_TO_BE_MADE ? 1 : target] as const,
  );
  const later = describeContents(
    { ...ruled, connectionTargets: new Map(targets) },
    { maxBytes: CONTENTS_BYTES },
  );
  return unknownWhereDifferent(contents, later) as PackageContents;
}

/** Whether every connection that the rules point to is there. */
function isSettled({ connectionTargets }: RuledPackage): boolean {
  return ![...connectionTargets.values()].includes(CONNECTION_TO_BE_MADE);
}

/** A connection that is yet to be made has no id: `unmade` stands for it. */
function toOfflineRules(rules: RuleSet, unmade: string): ImportRules {
  return toImportRules({
    ...rules,
    connections: rules.connections.map((rule) => (rule.with === UNKNOWN ? { ...rule, with: unmade } : rule)),
  });
}

async function findOldExport(client: Client, { metadata }: FlowPackage): Promise<Finding[]> {
  if (!(await isBeforeObjectModel(client, metadata.productVersion))) return [];
  const message = `the package was exported by product version ${metadata.productVersion}; products of 6.8 and later refuse packages from before 6.8, so export the flow again from a newer product`;
  return [toFinding("package-before-6-8", "the package", message)];
}

function tooNew({ metadata }: FlowPackage, platformVersion: string): CheckFailure {
  return {
    property: "package",
    reason: `the package was exported by product version ${metadata.productVersion}, and the platform is ${platformVersion}, which does not import packages of newer versions; export it from a product that is not newer`,
  };
}
