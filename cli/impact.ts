import { z } from "zod";

/** Whether a part comes, goes or stays with another text. */
const change = z.enum(["added", "removed", "changed"]);

const part = z
  .strictObject({
    name: z.string().describe("Name within its flow."),
    change,
    before: z.string().optional().describe("As it runs now; left out when added."),
    after: z.string().optional().describe("As it will run; left out when removed."),
  })
  .describe(
    "Something with a short text: where a dataset is read, where an output writes, a parameter's value.",
  );

const recipe = z
  .strictObject({
    name: z.string().describe("Name of the recipe, or of the dataset whose parsing recipe it is."),
    change,
    steps: z
      .array(
        z.strictObject({
          change: z.enum(["added", "removed"]),
          text: z.string().describe("The step as a line of the recipe language."),
        }),
      )
      .describe("Steps that come or go, in order; an edited step goes and comes."),
  })
  .describe("A recipe whose steps change.");

const flow = z
  .strictObject({
    name: z.string(),
    change,
    recipes: z.array(recipe),
    inputs: z.array(part).describe("Datasets and where they are read from."),
    outputs: z.array(part).describe("Outputs and where they write to; one line per destination."),
    parameters: z.array(part),
    reads: z.array(part).describe("What each recipe reads."),
    webhooks: z.array(part),
    about: z
      .array(part)
      .describe("The flow's description; in a package too large for more, counts and a digest."),
  })
  .describe("A flow of the package that changes.");

const finding = z.strictObject({
  code: z.string().describe("Stable code of the finding."),
  message: z.string(),
});

const release = z
  .strictObject({
    urn: z.string(),
    name: z.string().describe("Name of the resource in the program."),
    operation: z.string().describe("The engine's word: create, update, delete, replace, same, …"),
    action: z.string().nullable().describe("deploy, rollback, roll-forward, re-import, … with the reason."),
    package: z.strictObject({ before: z.string().nullable(), after: z.string().nullable() }),
    isContentKnown: z
      .boolean()
      .describe(
        "False when the contents hang on a resource that is yet to be made: then flows says nothing.",
      ),
    shortened: z
      .string()
      .nullable()
      .describe("Why recipes are counts and digests instead of steps, if they are."),
    flows: z.array(flow),
    connections: z.array(part).describe("Connections of the package and what they are mapped to."),
    findings: z
      .array(finding)
      .describe("Warnings; those about a connection that is yet to be made come with the update."),
  })
  .describe("A Release that the preview would change, or that has findings.");

/** The whole impact of a preview, for policy gates. `version` grows when a member changes its meaning or goes. */
export const impact = z
  .strictObject({
    version: z.literal(1),
    summary: z
      .record(z.string(), z.int())
      .describe("Number of resources by the engine's word for the operation."),
    releases: z.array(release),
    resources: z
      .array(
        z.strictObject({
          urn: z.string(),
          type: z.string(),
          name: z.string(),
          operation: z.string(),
          changed: z.array(z.string()).describe("Names of the inputs that change; never their values."),
        }),
      )
      .describe("Every other resource that changes."),
    diagnostics: z
      .array(z.strictObject({ severity: z.string(), message: z.string(), urn: z.string().nullable() }))
      .describe("What the engine and the providers said."),
  })
  .describe("Impact of a `pulumi preview` on data flows, made by `sluice preview-report`.");

/** The JSON Schema of the document (draft 2020-12). */
export function impactSchema(): unknown {
  return z.toJSONSchema(impact);
}

export type Impact = z.output<typeof impact>;
export type ImpactRelease = z.output<typeof release>;
export type ImpactFlow = z.output<typeof flow>;
export type ImpactPart = z.output<typeof part>;
