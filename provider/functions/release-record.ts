import { z } from "zod";
import { named } from "../framework/field-rules.js";
import { withoutMarker } from "../resources/release-marker.js";
import type { ReleaseRecord } from "../resources/release-history.js";

/** What functions answer of a release. */
export const releaseRecord = z.object({
  id: z.string().describe("Id of the release at the platform."),
  active: z.boolean().describe("Whether the platform runs this release."),
  notes: z.string().describe("What the platform's list of releases shows, without Sluice's own marker."),
  createdAt: z.string().describe("When it was imported, in ISO 8601."),
  packageUuid: z.string().optional().describe("UUID of the export that it was made of."),
  content: z
    .string()
    .optional()
    .describe(
      "First 16 digits of its package's content digest, as Release and inspectPackage answer it. Left out: no program of Sluice imported it.",
    ),
  rules: z
    .string()
    .optional()
    .describe("First 16 digits of the fingerprint of the rules that it was imported under."),
  primaryFlowId: z.string().optional().describe("Local id of its primary flow, where Sluice imported it."),
  importedBy: z.string().optional().describe("The resource that imported it, as `project/stack/name`."),
  canRollBack: z
    .boolean()
    .describe(
      "Whether that resource can go to it by activating it, without an import: it carries Sluice's marker and is not active.",
    ),
});

/** A release in a list. */
export const listedRelease = named(
  "ListedRelease",
  z.object(releaseRecord.shape).describe("A release of a deployment."),
);

/** The release as functions answer it. */
export function toRecord({
  id,
  notes,
  marker,
  packageUuid,
  isActive,
  createdAt,
}: ReleaseRecord): z.output<typeof releaseRecord> {
  return {
    id: String(id),
    active: isActive,
    notes: withoutMarker(notes),
    createdAt,
    ...(packageUuid !== undefined && { packageUuid }),
    ...(marker && { content: marker.content, rules: marker.rules, importedBy: marker.owner }),
    ...(marker?.flow !== undefined && { primaryFlowId: String(marker.flow) }),
    canRollBack: marker !== undefined && !isActive,
  };
}
