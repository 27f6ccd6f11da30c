import { z } from "zod";
import { InvalidRequest, NotFound, RouteNotFound } from "../client/errors.js";
import { defineFunction, InputRefused } from "../framework/define-function.js";
import { loadPackage } from "../resources/release-check.js";
import { idArgument } from "./find-object.js";
import { packageArgument, readingInput } from "./read-input.js";

const inputs = z.strictObject({
  deploymentId: idArgument.describe("Id of the deployment that it would be imported into."),
  package: packageArgument,
});

const outputs = z.object({
  isAccepted: z.boolean().describe("Whether the platform would import it as things are now."),
  reason: z
    .string()
    .optional()
    .describe("Why the platform would not, for example connections that no rule maps."),
  flows: z.array(z.string()).describe("Names of the flows that the import would make."),
  connectionRuleChanges: z
    .array(z.any())
    .describe("What the deployment's connection rules would change, in the platform's own form."),
  valueRuleChanges: z
    .array(z.any())
    .describe("What the deployment's value rules would change, in the platform's own form."),
});

/** Also of products before v4 was settled, and the answer that asks for mappings instead of importing. */
const dryRun = z.object({
  flows: z.array(z.object({ name: z.string() })).optional(),
  flowName: z.string().optional(),
  importRuleChanges: z
    .object({ object: z.array(z.unknown()).optional(), value: z.array(z.unknown()).optional() })
    .optional(),
  connectionsWithoutMapping: z.array(z.object({ name: z.string(), uuid: z.string().optional() })).optional(),
  referencedEnvironmentParameters: z.array(z.object({ overrideKey: z.string() })).optional(),
});

type DryRun = z.output<typeof dryRun>;

export const previewImport = defineFunction({
  name: "previewImport",
  description:
    "Asks the platform what an import of a package into a deployment would do, under the rules that the deployment holds now: a dry run, which keeps nothing. Sends the whole package.",
  inputs,
  outputs,
  example: `const dryRun = sluice.previewImportOutput({
  deploymentId: deployment.id,
  package: "orders-1.1.0.zip",
});
export const refused = dryRun.reason;`,
  usesPlatform: true,

  async invoke({ client }, { deploymentId, package: input }) {
    const { bytes, fileName } = await readingInput("package", () => loadPackage(input));
    const path = `/v4/deployments/${deploymentId}/releases/dryRun`;
    try {
      return toOutputs(await client.tryUpload(path, fileName, bytes, dryRun));
    } catch (error) {
      // What the import itself would be refused for is the answer, not a failure of the question.
      if (error instanceof InvalidRequest) return refused(error.message);
      if (error instanceof RouteNotFound) error.message += "; this platform offers no dry run of an import";
      if (!(error instanceof NotFound)) throw error;
      const reason = `there is no deployment ${deploymentId} in this environment (${error.message})`;
      throw new InputRefused([{ property: "deploymentId", reason }], { cause: error });
    }
  },
});

function toOutputs(answer: DryRun): z.output<typeof outputs> {
  const asked = describeQuestions(answer);
  if (asked !== "") return refused(asked);
  return {
    isAccepted: true,
    flows: answer.flows?.map(({ name }) => name) ?? (answer.flowName === undefined ? [] : [answer.flowName]),
    connectionRuleChanges: answer.importRuleChanges?.object ?? [],
    valueRuleChanges: answer.importRuleChanges?.value ?? [],
  };
}

/** Newer platforms answer what is missing instead of refusing. */
function describeQuestions({
  connectionsWithoutMapping = [],
  referencedEnvironmentParameters = [],
}: DryRun): string {
  const connections = connectionsWithoutMapping.map(
    ({ name, uuid }) => `connection "${name}"${uuid === undefined ? "" : ` (uuid ${uuid})`} is not mapped`,
  );
  const parameters = referencedEnvironmentParameters.map(
    ({ overrideKey }) => `environment parameter "${overrideKey}" is asked for`,
  );
  return [...connections, ...parameters].join("; ");
}

function refused(reason: string): z.output<typeof outputs> {
  return { isAccepted: false, reason, flows: [], connectionRuleChanges: [], valueRuleChanges: [] };
}
