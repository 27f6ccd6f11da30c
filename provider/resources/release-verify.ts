import { z } from "zod";
import { unknownParameters } from "../../flow/index.js";
import type { Flow, FlowPackage, RuledPackage } from "../../flow/index.js";
import { suggestWord } from "../../flow/language/nearest-word.js";
import type { CheckFailure } from "../framework/define-resource.js";
import { localOnly, named } from "../framework/field-rules.js";
import { hasUnknown } from "../framework/unknown.js";

const expected = {
  minRows: z.int().min(0).optional().describe("Fewest rows that a run may write to it."),
  maxRows: z.int().min(0).optional().describe("Most rows that a run may write to it."),
  columns: z
    .array(z.string().min(1))
    .optional()
    .describe("Names of columns that it must have; it may have others as well."),
};

const expectation = named(
  "OutputExpectation",
  z.strictObject(expected).describe("What a verifying run must write to an output."),
);

/** What is expected of one output. */
export type OutputExpectation = z.output<typeof expectation>;

const verification = named(
  "Verification",
  z
    .strictObject({
      timeoutSeconds: z
        .int()
        .min(1)
        .default(1800)
        .describe("The run is cancelled after this many seconds, and has failed then."),
      parameters: z
        .record(z.string(), z.string())
        .optional()
        .describe("Values of the flow's parameters in the verifying run, by name. Left out: the flow's own."),
      ...expected,
      outputs: z
        .record(z.string(), expectation)
        .optional()
        .describe(
          "More expectations, for one output each: by the name of its file, its table or its recipe. They go over those for all.",
        ),
    })
    .describe(
      "A run of the deployment after a release was activated, and what is expected of it. Row counts and columns hold for every output.",
    ),
);

export type Verification = z.output<typeof verification>;

/** The input with which a release is tried out before the update counts as done. */
export const verify = localOnly(
  verification
    .optional()
    .describe(
      "After an activation (a deploy, a rollback, a re-import), run the deployment, wait for it and check what it wrote. When that fails, the release that was active before is activated again and the update fails with the job's reason. Without expectations the jobs must end well. It is a real run: it writes where the release writes.",
    ),
  "looked at after an activation only",
);

/** What in the package a verification speaks of, and what contradicts itself. Answers nothing while a part is unknown. */
export function checkVerification(
  { verify: wanted, active: isActive }: { verify?: Verification | undefined; active: boolean },
  ruled: RuledPackage,
): CheckFailure[] {
  if (wanted === undefined || hasUnknown(wanted)) return [];
  if (!isActive)
    return [
      {
        property: "verify",
        reason:
          "a release that is not activated (`active: false`) is not run; leave `verify` out until it is to be active",
      },
    ];
  const names = outputNames(ruled.package);
  if (names.length === 0)
    return [
      {
        property: "verify",
        reason:
          "the package has nothing to run: a run of a deployment writes the manual outputs of its primary flow, and there is none",
      },
    ];
  return [
    ...checkBounds("verify", wanted),
    ...Object.entries(wanted.outputs ?? {}).flatMap(([name, bounds]) => [
      ...checkBounds(`verify.outputs.${name}`, { ...generalOf(wanted), ...bounds }),
      ...(names.some((known) => known.includes(name)) || isAnyOpen(ruled.package)
        ? []
        : [unknownOutput(name, [...new Set(names.flat())].sort())]),
    ]),
    ...unknownParameters(ruled.package, Object.keys(wanted.parameters ?? {})).map(({ name, reason }) => ({
      property: `verify.parameters.${name}`,
      reason,
    })),
  ];
}

/** What holds for every output. */
export function generalOf({ minRows, maxRows, columns }: Verification): OutputExpectation {
  return {
    ...(minRows !== undefined && { minRows }),
    ...(maxRows !== undefined && { maxRows }),
    ...(columns !== undefined && { columns }),
  };
}

/** What a preview says of a verification, behind the action. */
export function describeVerification({ verify: wanted }: { verify?: Verification | undefined }): string {
  if (wanted === undefined) return "";
  const limit = hasUnknown(wanted) ? "" : ` within ${wanted.timeoutSeconds} s`;
  return `; then verified by a run${limit}, or taken back`;
}

function checkBounds(property: string, { minRows, maxRows }: OutputExpectation): CheckFailure[] {
  if (minRows === undefined || maxRows === undefined || minRows <= maxRows) return [];
  return [
    {
      property: `${property}.minRows`,
      reason: `at least ${minRows} rows and at most ${maxRows} cannot both be`,
    },
  ];
}

function unknownOutput(name: string, known: readonly string[]): CheckFailure {
  return {
    property: `verify.outputs.${name}`,
    reason: `the package has no output of this name${suggestWord(name, known)}; it has ${known.join(", ")}`,
  };
}

function manualOutputs(source: FlowPackage): PlacedOutput[] {
  return source.flows
    .filter((flow) => flow.isPrimary)
    .flatMap((flow) => flow.outputs.filter((output) => output.isManual).map((output) => ({ flow, output })));
}

/** Recipes whose output has this name in the package: a run may number it, so that nothing is overwritten. */
export function recipesWriting(source: FlowPackage, name: string): string[] {
  return manualOutputs(source).flatMap((placed) => (namesOf(placed).includes(name) ? recipeOf(placed) : []));
}

/** The names that each output goes by: its recipe's, its files' and its tables'. */
function outputNames(source: FlowPackage): string[][] {
  return manualOutputs(source).map((placed) => [...recipeOf(placed), ...namesOf(placed)]);
}

interface PlacedOutput {
  readonly flow: Flow;
  readonly output: Flow["outputs"][number];
}

function recipeOf({ flow, output }: PlacedOutput): string[] {
  const recipeId = flow.nodes.find((node) => node.id === output.nodeId)?.recipeId;
  return flow.recipes.flatMap(({ id, name }) => (id === recipeId ? [name] : []));
}

function namesOf({ output }: PlacedOutput): string[] {
  const files = output.files.map(({ path }) => path.split("/").findLast((part) => part !== "") ?? path);
  return [...files, ...output.tables.map(({ table }) => table)];
}

/** Whether a name is filled in only by a run. */
function isAnyOpen(source: FlowPackage): boolean {
  return manualOutputs(source).some(({ output }) =>
    [...output.files, ...output.tables].some(
      (place) =>
        place.parameters.length > 0 ||
        ("prefix" in place && (place.prefix !== null || place.suffix !== null)),
    ),
  );
}
