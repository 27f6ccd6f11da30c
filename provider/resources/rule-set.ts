import { z } from "zod";
import { VALUE_RULE_TYPES } from "../../flow/index.js";
import { named, refersTo } from "../framework/field-rules.js";

const connectionCondition = named(
  "ConnectionCondition",
  z
    .strictObject({
      uuid: z.string().min(1).optional().describe("UUID of the connection in the package."),
      id: z.string().min(1).optional().describe("Id of the connection at the exporting instance."),
      name: z.string().min(1).optional().describe("Name of the connection in the package."),
    })
    .refine((on) => Object.keys(on).length > 0, "needs a uuid, an id or a name")
    .describe("What a connection of the package must equal; literals only."),
);

const connectionRule = named(
  "ConnectionRule",
  z
    .strictObject({
      on: connectionCondition,
      with: refersTo(
        z
          .string()
          .regex(/^\d+$/, "must be the id of a connection")
          .describe("Id of the connection in this environment."),
        { resource: "Connection", output: "id" },
      ),
    })
    .describe("Maps a connection of the package to one of this environment."),
);

const valueRule = named(
  "ValueRule",
  z
    .strictObject({
      type: z.enum(VALUE_RULE_TYPES).describe("Which values it rewrites."),
      on: z
        .string()
        .min(1)
        .describe(
          "A literal, a regular expression between slashes (RE2), or an Alteryx pattern in backticks.",
        ),
      with: z.string().describe("Replacement; `$1` refers to a group of a regular expression."),
    })
    .describe("Rewrites buckets, paths, tables or hosts of the package."),
);

/** Only the default SDK puts what a resource states in its place; elsewhere its id would arrive here. */
function notRules({ code }: { code?: string }): string | undefined {
  return code === "invalid_type"
    ? "must be an object with `connections` and `values`; of an ImportRules resource `rules` pass `{ connections: rules.connections, values: rules.values }`"
    : undefined;
}

/** The rules of a deployment as programs write them; ImportRules has them, a Release refers to them. */
export const ruleSet = named(
  "RuleSet",
  z
    .strictObject(
      {
        connections: z.array(connectionRule).default([]).describe("Rules for connections, in order."),
        values: z
          .array(valueRule)
          .default([])
          .describe(
            "Rules for buckets, paths, tables and hosts, in order, each on the result of the one before.",
          ),
      },
      { error: notRules },
    )
    .describe("The import rules of a deployment; an ImportRules resource can stand for it."),
);

export type RuleSet = z.output<typeof ruleSet>;

/** What holds where no rules are stated. */
export const NO_RULES: RuleSet = { connections: [], values: [] };
