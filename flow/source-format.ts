import { z } from "zod";

const text = z.string().min(1);
const uuid = z.string().regex(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/, "expected a UUID in lower case");

const columns = z
  .array(text)
  .min(1)
  .describe("The columns in the file's or table's order; a parsing recipe is made from them.");

const csvDataset = z
  .strictObject({
    file: text.describe("Full URI, for example s3://bucket/folder/orders.csv."),
    columns,
    parse: z
      .strictObject({
        delimiter: text.default(","),
        header: z.boolean().default(true).describe("The first line holds the columns' names."),
        quoted: z.boolean().default(true).describe("Values may stand in double quotes."),
        lineEnd: z.enum(["\n", "\r\n", "\r"]).default("\n"),
      })
      .prefault({}),
  })
  .describe("A delimited text file, parsed as the product parses it.");

const fileDataset = z
  .strictObject({ file: text, steps: z.array(z.string()) })
  .describe("A file with its own parsing steps; they see the whole file in one cell of column1.");

const tableDataset = z
  .strictObject({
    connection: text,
    table: text.describe("Schema and table, for example sales.orders."),
    columns,
  })
  .describe("A table of a connection.");

const queryDataset = z
  .strictObject({ connection: text, query: text.describe("SQL, sent as it is."), columns })
  .describe("A query to a connection.");

const recipe = z.strictObject({
  from: text.describe('A dataset or recipe of the flow, or "Flow name / reference name".'),
  description: z.string().optional(),
  steps: z.array(z.string()).describe("Steps in their printed form, for example: drop col: a action: Drop"),
});

const outputTarget = { recipe: text, manual: z.boolean().default(true), engine: text.default("photon") };

const fileOutput = z.strictObject({
  ...outputTarget,
  file: text.describe("Full URI."),
  format: z.enum(["csv", "json", "avro", "pqt", "hyper"]).default("csv"),
  action: z.enum(["create", "append", "overwrite"]).default("create"),
  compression: z.enum(["none", "gzip", "bzip2", "snappy"]).default("none"),
  header: z.boolean().default(true),
  singleFile: z.boolean().default(true),
  delimiter: text.default(","),
  quotes: z.boolean().default(false),
});

const tableOutput = z.strictObject({
  ...outputTarget,
  connection: text,
  table: text.describe("Schema and table, for example reports.daily_revenue."),
  action: z
    .enum(["create", "load", "createAndLoad", "truncateAndLoad", "dropAndLoad", "upsert"])
    .default("createAndLoad"),
});

const connection = z.strictObject({
  uuid,
  type: text.default("jdbc"),
  vendor: text,
  credentialType: text.default("basic"),
  description: z.string().default(""),
  isGlobal: z.boolean().default(false),
});

/** Chooses the form by the keys that are there, so that a fault is told for the form that was meant. */
function choose<T extends z.ZodType>(form: (keys: ReadonlySet<string>) => T): z.ZodType<z.output<T>> {
  return z.record(z.string(), z.unknown()).transform((value, context): z.output<T> => {
    const result = form(new Set(Object.keys(value))).safeParse(value);
    if (result.success) return result.data;
    for (const issue of result.error.issues)
      context.issues.push({ ...issue, input: value } as z.core.$ZodRawIssue);
    return z.NEVER;
  });
}

const dataset = choose((keys) => {
  if (keys.has("query")) return queryDataset;
  if (keys.has("table") || keys.has("connection")) return tableDataset;
  return keys.has("steps") ? fileDataset : csvDataset;
});

const output = choose((keys) => (keys.has("table") || keys.has("connection") ? tableOutput : fileOutput));

const flow = z.strictObject({
  name: text,
  description: z.string().optional(),
  primary: z.boolean().default(true).describe("False: in the package only because a primary flow reads it."),
  datasets: z.record(text, dataset).default({}),
  recipes: z.record(text, recipe).default({}),
  outputs: z.array(output).default([]),
  parameters: z
    .record(text, z.string())
    .default({})
    .describe("Name and default of each parameter of the flow."),
  references: z
    .record(text, z.strictObject({ recipe: text, description: z.string().optional() }))
    .default({})
    .describe("What other flows may read of this one."),
});

/** The readable source of a package. Field names and defaults are this project's own; what they make is the product's format. */
export const packageSource = z.strictObject({
  uuid: uuid.describe("The package's own id; give each version another."),
  exportedAt: z.iso
    .datetime()
    .describe("When this version was made. Fixed, so that a build gives the same bytes."),
  productVersion: text.default("7.8.0"),
  comment: z.string().default(""),
  connections: z.record(text, connection).default({}),
  flows: z.array(flow).min(1),
});

export type PackageSource = z.output<typeof packageSource>;
export type FlowSource = z.output<typeof flow>;
export type DatasetSource = z.output<typeof dataset>;
export type OutputSource = z.output<typeof output>;
export type DelimitedFileSource = z.output<typeof csvDataset>;
export type FileOutputSource = z.output<typeof fileOutput>;
export type TableOutputSource = z.output<typeof tableOutput>;

const keysOf = (...objects: { shape: object }[]): string[] =>
  objects.flatMap((one) => Object.keys(one.shape));

/** Every key that a source may use, to name the nearest one to a mistyped key. */
export const sourceKeys: ReadonlySet<string> = new Set([
  ...keysOf(packageSource, flow, connection, recipe, csvDataset, fileDataset, tableDataset, queryDataset),
  ...keysOf(fileOutput, tableOutput, csvDataset.shape.parse.unwrap()),
]);
