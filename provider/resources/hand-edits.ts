import { applyRules, describeContents, isSameContent, rulesFingerprint } from "../../flow/index.js";
import type { ConnectionStub, FlowPackage, PackageContents, RuledPackage } from "../../flow/index.js";
import type { Client } from "../client/client.js";
import { isEqual } from "../framework/canonical.js";
import { downloadPackage, isKeptBack } from "./downloaded-package.js";
import type { ReleaseRecord } from "./release-history.js";
import { shortDigest } from "./release-marker.js";
import { toImportRules } from "./rules-in-force.js";
import type { RuleSet } from "./rule-set.js";

/** A release that another one takes the place of: what was imported, and what the platform runs now. */
export interface ReplacedRelease {
  readonly imported: RuledPackage;
  readonly live: FlowPackage;
}

/**
 * Reads a release back from the platform. Undefined when the platform does not tell, or the release was imported
 * under other rules than these.
 */
export async function readReplaced(
  client: Client,
  { id, marker }: ReleaseRecord,
  rules: RuleSet,
): Promise<ReplacedRelease | undefined> {
  const importRules = toImportRules(rules);
  if (marker?.flow === undefined || marker.rules !== shortDigest(rulesFingerprint(importRules)))
    return undefined;
  const [original, exported] = await Promise.all([
    download(client, `/v4/releases/${id}/package`),
    download(client, `/v4/flows/${marker.flow}/package`),
  ]);
  if (original === undefined || exported === undefined) return undefined;
  return {
    imported: applyRules(original, importRules),
    live: exported,
  };
}

/** What somebody changed by hand in the live flows since the import, as names of recipes, inputs and outputs. */
export function nameHandEdits({ imported, live }: ReplacedRelease): string[] {
  if (isSameContent(imported, live)) return [];
  const unruled = {
    package: withNamesOf(imported, live),
    connectionTargets: new Map<number, number>(),
    uses: [],
  };
  const names = differences(describeContents(imported), describeContents(unruled));
  return names.length > 0 ? names : ["settings that the contents do not show"];
}

/** The export with its connections under the names that the imported package has for them. */
function withNamesOf({ package: imported, connectionTargets }: RuledPackage, live: FlowPackage): FlowPackage {
  const nameOf = (local: ConnectionStub) =>
    imported.connections.find(
      (stub) =>
        connectionTargets.get(stub.id) === local.id || stub.uuid.toLowerCase() === local.uuid.toLowerCase(),
    )?.name;
  return {
    ...live,
    connections: live.connections.map((local) => ({ ...local, name: nameOf(local) ?? local.name })),
  };
}

function differences(before: PackageContents, after: PackageContents): string[] {
  return namesIn(before.flows, after.flows).flatMap((flow) => {
    const [old, now] = [before.flows[flow], after.flows[flow]];
    if (old === undefined || now === undefined) return [`flow "${flow}"`];
    return (["recipes", "inputs", "outputs", "parameters"] as const).flatMap((section) => {
      const [was, is] = [old[section] ?? {}, now[section] ?? {}];
      return namesIn(was, is)
        .filter((name) => !isEqual(was[name], is[name]))
        .map((name) => `${section.slice(0, -1)} "${name}" of flow "${flow}"`);
    });
  });
}

function namesIn(before: object, after: object): string[] {
  return [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
}

/** Undefined where the platform does not offer it, or keeps it from this account: exporting is for owners. */
async function download(client: Client, path: string): Promise<FlowPackage | undefined> {
  try {
    return await downloadPackage(client, path);
  } catch (error) {
    if (isKeptBack(error)) return undefined;
    throw error;
  }
}
