import { z } from "zod";
import { checkPackage, contentDigest, describeContents } from "../../flow/index.js";
import type { Flow, RuledPackage } from "../../flow/index.js";
import { defineFunction } from "../framework/define-function.js";
import { named } from "../framework/field-rules.js";
import { packageFinding, toPackageFinding } from "./finding.js";
import { applyRulesInput, packageArgument, readPackageInput, rulesArgument } from "./read-input.js";

const inputs = z.strictObject({ package: packageArgument, rules: rulesArgument });

const packageFlow = named(
  "PackageFlow",
  z
    .object({
      name: z.string().describe("Name of the flow."),
      isPrimary: z.boolean().describe("Whether it was exported by choice: a deployment runs this one."),
      recipes: z.int().describe("Number of recipes."),
      datasets: z.int().describe("Number of datasets that it reads."),
      outputs: z.int().describe("Number of outputs."),
    })
    .describe("A flow of a package, counted."),
);

const packageConnection = named(
  "PackageConnection",
  z
    .object({
      id: z.string().describe("Id at the exporting instance, as rules name it."),
      uuid: z.string().describe("UUID, which is the best thing for rules to name."),
      name: z.string().describe("Name at the exporting instance."),
      vendor: z.string().optional().describe("Kind of system, where the package tells."),
      mappedTo: z
        .string()
        .optional()
        .describe("Id of the connection here that the rules put in its place. Left out: no rule maps it."),
    })
    .describe("A connection that a package names; packages never carry hosts or credentials."),
);

const outputs = z.object({
  packageUuid: z.string().describe("UUID of the export; a release shows it, too."),
  productVersion: z.string().describe("Version of the product that exported it; empty when unknown."),
  exportedAt: z.string().optional().describe("When it was exported, where the package tells."),
  contentDigest: z
    .string()
    .describe("SHA-256 of what the package means, without ids, dates and order that carry no meaning."),
  flows: z.array(packageFlow).describe("Every flow, the ones that were exported by choice first."),
  connections: z.array(packageConnection).describe("Connections that rules have to map."),
  contents: z
    .record(z.string(), z.any())
    .describe(
      "What a release of it would hold: flows, recipes step by step, inputs, outputs, connections. Counts and digests when that is longer than 128 KiB.",
    ),
  findings: z.array(packageFinding).describe("What would fail or mislead after an import."),
});

export const inspectPackage = defineFunction({
  name: "inspectPackage",
  description:
    "Reads a package: its flows step by step, the connections that rules have to map, and what would fail or mislead after an import. Needs no platform.",
  inputs,
  outputs,
  example: `const orders = sluice.inspectPackageOutput({
  package: "orders-1.1.0.zip",
  rules: { connections: rules.connections, values: rules.values },
});
export const unmapped = orders.connections.apply((all) => all.filter(({ mappedTo }) => !mappedTo));`,
  usesPlatform: false,

  async invoke({ sourceMarkers }, { package: input, rules }) {
    const source = await readPackageInput("package", input);
    const ruled = applyRulesInput(source, rules);
    const { uuid, productVersion, exportedAt } = source.metadata;
    return {
      packageUuid: uuid,
      productVersion,
      ...(exportedAt !== null && { exportedAt }),
      contentDigest: contentDigest(source),
      flows: toFlows(source.flows),
      connections: toConnections(ruled),
      contents: { ...describeContents(ruled) },
      findings: checkPackage(ruled, { sourceMarkers }).map(toPackageFinding),
    };
  },
});

function toFlows(flows: readonly Flow[]): z.output<typeof packageFlow>[] {
  return [...flows]
    .sort((a, b) => Number(b.isPrimary) - Number(a.isPrimary))
    .map((flow) => ({
      name: flow.name,
      isPrimary: flow.isPrimary,
      recipes: flow.nodes.filter((node) => node.isWrangled).length,
      datasets: flow.datasets.length,
      outputs: flow.outputs.length,
    }));
}

function toConnections({
  package: source,
  connectionTargets,
}: RuledPackage): z.output<typeof packageConnection>[] {
  return source.connections.map(({ id, uuid, name, vendor }) => {
    const target = connectionTargets.get(id);
    return {
      id: String(id),
      uuid,
      name,
      ...(vendor !== null && { vendor }),
      ...(target !== undefined && { mappedTo: String(target) }),
    };
  });
}
