import { DEFAULT_PACKAGE_LIMITS, readArchive, writeArchive } from "../../flow/archive.js";
import type { Flow, FlowPackage, JsonObject, Recipe, Step } from "../../flow/model.js";
import { PackageError } from "../../flow/package-error.js";
import { writePackage } from "../../flow/write.js";

/** A step that loads the table of a port (null: the primary input) or, given a location, a dataset. */
export function loadStep(port: number | null, table: string, location = `portId://${port}`): Step {
  return {
    port,
    task: {
      type: "Load",
      parameters: { location: { kind: "constant", type: "String", value: location } },
      annotations: { hidden: true },
      outputName: table,
    },
    columns: [],
  };
}

/** A visible step that keeps rows whose `column` equals `value`. */
export function filterStep(column: string, value: string): Step {
  const row = {
    kind: "func",
    type: "Equal",
    parameters: {
      lhs: { kind: "column", type: "Column", value: column, relation: null },
      rhs: { kind: "constant", type: "String", value },
    },
    annotations: { infix: true },
  };
  return {
    port: null,
    task: {
      type: "Filter",
      parameters: {
        type: { kind: "bundle", type: "Bundle", value: "custom" },
        rowType: { kind: "bundle", type: "Bundle", value: "single" },
        row,
        action: { kind: "enumerable", type: "Enumerable", value: "Keep" },
      },
      annotations: {},
      outputName: "",
    },
    columns: [],
  };
}

/** A name of the form that exporters give to loaded tables. */
export function tableName(seed: number): string {
  return `table_${seed.toString(16).padStart(40, "0")}`;
}

function recipe(id: number, name: string, steps: readonly Step[]): Recipe {
  return { id, name, description: null, isActive: true, steps, qualityRules: [] };
}

/** The uuid of the small package's only connection. */
export const WAREHOUSE_UUID = "2d7c1650-7daa-11e9-b9eb-0fd11bed75ab";

/**
 * A package of one flow: file `orders.csv` and table `Customers` → recipe `Clean`, written to a file and to a table. Ids
 * begin after `offset`, as on another instance.
 */
export function smallPackage(offset = 0): FlowPackage {
  const id = (number: number) => offset + number;
  const flow: Flow = {
    id: id(1),
    name: "Orders",
    description: null,
    isPrimary: true,
    nodes: [
      { id: id(11), recipeId: id(21), isWrangled: false, referenceId: null, sourceReferenceId: null },
      { id: id(12), recipeId: id(22), isWrangled: false, referenceId: null, sourceReferenceId: null },
      { id: id(13), recipeId: id(23), isWrangled: true, referenceId: null, sourceReferenceId: null },
    ],
    edges: [
      { id: id(31), from: id(11), to: id(13), port: null },
      { id: id(32), from: id(12), to: id(13), port: 4 + offset },
    ],
    recipes: [
      recipe(id(21), "orders.csv", [loadStep(null, "", `id://${id(41)}`)]),
      recipe(id(22), "Customers", [loadStep(null, "", `id://${id(42)}`)]),
      recipe(id(23), "Clean", [
        loadStep(null, tableName(offset + 1)),
        loadStep(4 + offset, tableName(offset + 2)),
        filterStep("state", "paid"),
      ]),
    ],
    datasets: [
      {
        kind: "file",
        id: id(41),
        name: "orders.csv",
        type: "s3",
        parsingRecipeId: id(21),
        connectionId: null,
        parameters: [],
        isParameterised: false,
        conversion: null,
        hasTypeInference: true,
        location: {
          path: "/development/orders.csv",
          bucket: "acme-dev",
          container: null,
          host: null,
          userinfo: null,
          uri: "s3://acme-dev/development/orders.csv",
        },
        pathTemplate: null,
        size: 120,
      },
      {
        kind: "table",
        id: id(42),
        name: "Customers",
        type: "jdbc",
        parsingRecipeId: id(22),
        connectionId: id(51),
        parameters: [],
        isParameterised: false,
        conversion: null,
        hasTypeInference: true,
        path: ["dev"],
        table: "customers_dev",
        query: null,
        columns: [],
      },
    ],
    outputs: [
      {
        id: id(61),
        nodeId: id(13),
        isManual: true,
        engine: "photon",
        hasProfile: false,
        files: [
          {
            id: id(71),
            path: "s3://acme-dev/development/clean.csv",
            action: "overwrite",
            format: "csv",
            compression: "none",
            hasHeader: true,
            isSingleFile: true,
            delimiter: ",",
            hasQuotes: false,
            prefix: null,
            suffix: null,
            connectionId: null,
            parameters: [],
          },
        ],
        tables: [
          {
            id: id(72),
            path: ["dev"],
            table: "clean_dev",
            targetType: "postgres",
            action: "dropAndLoad",
            connectionId: id(51),
            parameters: [],
          },
        ],
        sqlScripts: [],
      },
    ],
    parameters: [],
    overrides: [],
    references: [],
    webhooks: [],
  };
  return {
    generation: 2,
    metadata: {
      uuid: `0000000${offset}-2fcb-11e9-9523-77f56ed58844`,
      productVersion: "7.8.0",
      exportedAt: "2024-05-06T08:00:00.000Z",
      exportedBy: id(1),
      comment: "",
      edition: null,
      primaryFlowIds: [id(1)],
    },
    hash: null,
    flows: [flow],
    connections: [
      {
        id: id(51),
        uuid: WAREHOUSE_UUID,
        name: "warehouse",
        description: null,
        type: "jdbc",
        vendor: "postgres",
        credentialType: "basic",
        isGlobal: false,
        isShared: true,
      },
    ],
    artifacts: [],
  };
}

/** The small package's only flow with some members replaced. */
export function withFlow(pkg: FlowPackage, change: (flow: Flow) => Partial<Flow>): FlowPackage {
  return { ...pkg, flows: pkg.flows.map((flow) => ({ ...flow, ...change(flow) })) };
}

/** The bytes of the small package after `change` has edited its definition, which may leave it broken. */
export async function packWithDefinition(change: (definition: JsonObject) => void): Promise<Uint8Array> {
  const bytes = await writePackage(smallPackage());
  const entries = await readArchive(bytes, DEFAULT_PACKAGE_LIMITS, () => true);
  const [[name, content] = ["", Buffer.alloc(0)]] = entries;
  const definition = JSON.parse(content.toString("utf8")) as JsonObject;
  change(definition);
  return writeArchive([{ name, content: JSON.stringify(definition) }]);
}

/** The PackageError that reading ends with; anything else fails the test. */
export async function failure(result: Promise<unknown>): Promise<PackageError> {
  const error: unknown = await result.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof PackageError)) throw new Error(`expected a PackageError, got ${String(error)}`);
  return error;
}
