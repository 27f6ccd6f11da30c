import { z } from "zod";
import { checkPackage, contentDigest, diffPackages } from "../../flow/index.js";
import { formatDiffText, summarise, withoutEdits } from "../../flow/diff-text.js";
import type { ShownChange } from "../../flow/diff-text.js";
import { defineFunction } from "../framework/define-function.js";
import { named } from "../framework/field-rules.js";
import { packageFinding, toPackageFinding } from "./finding.js";
import { applyRulesInput, packageArgument, readPackageInput, rulesArgument } from "./read-input.js";

const inputs = z.strictObject({
  before: packageArgument,
  after: packageArgument,
  rules: rulesArgument,
});

const packageChange = named(
  "PackageChange",
  z
    .object({
      kind: z
        .enum(["added", "removed", "changed", "moved"])
        .describe("`added`, `removed`, `changed` or `moved`."),
      object: z.string().describe("What changes: `flow`, `recipe`, `step`, `dataset`, `output` and so on."),
      path: z
        .array(z.string())
        .describe("Names from the outermost on: flow, then recipe, dataset or output."),
      before: z
        .string()
        .optional()
        .describe("As text, what it was. Left out when it was not there. Never a webhook's secrets."),
      after: z.string().optional().describe("As text, what it will be. Left out when it will not be there."),
      stepBefore: z.int().optional().describe("Of a step: its number in the recipe before, from 1."),
      stepAfter: z.int().optional().describe("Of a step: its number in the recipe after, from 1."),
    })
    .describe("One difference between two packages, as a reviewer counts them."),
);

const outputs = z.object({
  isSame: z
    .boolean()
    .describe("Whether both mean the same; ids, dates and order that carry no meaning do not count."),
  contentDigestBefore: z.string().describe("SHA-256 of what the package before means, after the rules."),
  contentDigestAfter: z.string().describe("SHA-256 of what the package after means, after the rules."),
  summary: z.string().describe("In one line, for example `3 changes: 1 step added, 2 outputs changed`."),
  text: z.string().describe("The differences as text for people, cut after 128 KiB."),
  changes: z.array(packageChange).describe("The differences, cut after 128 KiB; long texts in them, too."),
  changesLeftOut: z.int().describe("Number of differences that `changes` had no room for."),
  findings: z
    .array(packageFinding)
    .describe("What would fail or mislead after an import of the package after, and not of the one before."),
});

export const comparePackages = defineFunction({
  name: "comparePackages",
  description:
    "Compares two packages by what they mean: flows, steps, inputs, outputs, parameters, connections. Needs no platform.",
  inputs,
  outputs,
  example: `const changes = sluice.comparePackagesOutput({
  before: "orders-1.0.0.zip",
  after: "orders-1.1.0.zip",
});
export const summary = changes.summary;`,
  usesPlatform: false,

  async invoke({ sourceMarkers }, { rules, ...wanted }) {
    // Together: one unpacks while the other is parsed.
    const [before, after] = await Promise.all([
      readPackageInput("before", wanted.before),
      readPackageInput("after", wanted.after),
    ]);
    const [old, next] = [applyRulesInput(before, rules), applyRulesInput(after, rules)];
    const diff = diffPackages(old.package, next.package);
    const changes = takeWithin(withoutEdits(diff).map(toPackageChange));
    const found = checkPackage(next, { sourceMarkers, previous: old });
    return {
      isSame: diff.changes.length === 0,
      contentDigestBefore: contentDigest(old.package),
      contentDigestAfter: contentDigest(next.package),
      summary: summarise(diff),
      text: toText(formatDiffText(diff)),
      changes: [...changes],
      changesLeftOut: diff.changes.length - changes.length,
      findings: found.filter(({ isNew }) => isNew === true).map(toPackageFinding),
    };
  },
});

/** Characters, or bytes of JSON, of each form of the differences. */
const LONGEST_ANSWER = 128 * 1024;
/** Characters of one text in them. */
const LONGEST_TEXT = 4096;

function toPackageChange({
  kind,
  object,
  path,
  before,
  after,
  position,
}: ShownChange): z.output<typeof packageChange> {
  return {
    kind,
    object,
    path: [...path],
    ...(before !== null && { before: cut(before) }),
    ...(after !== null && { after: cut(after) }),
    ...(position?.before !== undefined && { stepBefore: position.before }),
    ...(position?.after !== undefined && { stepAfter: position.after }),
  };
}

function takeWithin<T>(items: readonly T[]): readonly T[] {
  let size = 0;
  const end = items.findIndex((item) => (size += Buffer.byteLength(JSON.stringify(item))) > LONGEST_ANSWER);
  return end === -1 ? items : items.slice(0, end);
}

function toText(lines: readonly string[]): string {
  let length = 0;
  const shown = lines.map(cut);
  const end = shown.findIndex((line) => (length += line.length + 1) > LONGEST_ANSWER);
  if (end === -1) return shown.join("\n").trim();
  return [...shown.slice(0, end), `… and ${lines.length - end} more lines`].join("\n").trim();
}

function cut(text: string): string {
  if (text.length <= LONGEST_TEXT) return text;
  return `${text.slice(0, LONGEST_TEXT)} … (${text.length - LONGEST_TEXT} characters more)`;
}
