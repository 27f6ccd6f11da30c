import { nameRelease } from "./release-history.js";
import type { ReleaseRecord } from "./release-history.js";

/** What a Release is to become. */
export interface WantedRelease {
  /** Short content digest of the package. */
  content: string;
  /** Short fingerprint of the rules. */
  rules: string;
  /** UUID of the export. */
  packageUuid: string;
  /** `project/stack/name` values under which this resource imports or imported. */
  owners: readonly string[];
}

export type ReleasePlan =
  | { kind: "keep"; release: ReleaseRecord }
  | { kind: "activate"; release: ReleaseRecord; action: string }
  /** `candidates`: releases without a marker that may be this very import, whose answer was lost. */
  | { kind: "import"; candidates: ReleaseRecord[]; action: string };

/**
 * What has to happen so that the wanted package, imported under the wanted rules, is the active release.
 * Pure: previews and updates ask the same function.
 */
export function planRelease(history: readonly ReleaseRecord[], wanted: WantedRelease): ReleasePlan {
  const active = history.find((release) => release.isActive);
  const ours = history.filter((release) => release.marker && wanted.owners.includes(release.marker.owner));
  const same = ours.filter(
    (release) => release.marker?.content === wanted.content && release.marker.rules === wanted.rules,
  );
  const release = same.find((candidate) => candidate.isActive) ?? same.at(-1);
  if (release?.isActive) return { kind: "keep", release };
  if (release) return { kind: "activate", release, action: activation(release, active) };

  const candidates = history.filter((other) => !other.marker && other.packageUuid === wanted.packageUuid);
  const isKnownContent = ours.some((other) => other.marker?.content === wanted.content);
  return {
    kind: "import",
    candidates,
    action: isKnownContent
      ? "re-import: the rules changed, and the platform applies rules only to later imports"
      : ours.length === 0
        ? "deploy: the first release from this program"
        : "deploy: a package that was not imported here before",
  };
}

function activation(release: ReleaseRecord, active: ReleaseRecord | undefined): string {
  const word = active === undefined || release.id < active.id ? "rollback" : "roll-forward";
  return `${word} to release ${nameRelease(release)}`;
}
