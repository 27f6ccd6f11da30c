import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect } from "vitest";
import type { FlowPackage } from "../../../flow/model.js";
import { buildFromSource } from "../../../flow/source.js";
import type { PlatformOptions } from "../../../platform/index.js";
import type { SettingOptions } from "../../../platform/settings.js";
import { packageForm } from "../flow-fixture.js";
import { makeDirectory, startTestPlatform, type TestPlatform } from "../platform-fixture.js";

type Json = Record<string, unknown>;

/** The rows of the orders that the fixture's flow reads. */
export const ORDERS = [
  "order_id,country,quantity,price,status",
  '1,DE,2,39.90,"paid"',
  "2,FR,10,3.25,paid",
  "3,DE,1,5.00,cancelled",
  '4,"GB, Wales",4,1.50,paid',
  "",
].join("\n");

const DATASET = {
  file: "s3://acme-dev/orders/orders.csv",
  columns: ["order_id", "country", "quantity", "price", "status"],
};

/** A flow of two files and two recipes as a package; `flow` replaces members of it. */
export function ordersFlow(flow: Json = {}): FlowPackage {
  const source = {
    uuid: "6f0c2f4e-0b52-11ef-9a3e-0242ac120002",
    exportedAt: "2024-05-06T08:00:00.000Z",
    flows: [
      {
        name: "Orders",
        datasets: {
          "orders.csv": DATASET,
          "countries.csv": { file: "s3://acme-dev/countries.csv", columns: ["code", "name"] },
        },
        recipes: {
          "Clean orders": {
            from: "orders.csv",
            steps: [
              "settype col: quantity type: Integer",
              "settype col: price type: Float",
              "filter type: custom rowType: single row: status == 'cancelled' action: Delete",
              "derive type: single value: quantity * price as: 'total'",
              "lookup with: countries.csv col: country key: code as: 'name'",
            ],
          },
          Revenue: {
            from: "Clean orders",
            steps: ["groupby type: agg group: country value: revenue = SUM(total), orders = COUNT()"],
          },
        },
        outputs: [{ recipe: "Clean orders", file: "s3://acme-dev/out/clean.csv", action: "overwrite" }],
        ...flow,
      },
    ],
  };
  return buildFromSource(source, "test");
}

/** A flow of one file and one recipe with the given steps, written to `s3://acme-dev/out/result.csv` unless `output` differs. */
export function oneRecipe(steps: readonly string[], output: Json = {}, dataset: Json = {}): FlowPackage {
  return ordersFlow({
    datasets: { "orders.csv": { ...DATASET, ...dataset } },
    recipes: { R: { from: "orders.csv", steps } },
    outputs: [{ recipe: "R", file: "s3://acme-dev/out/result.csv", action: "overwrite", ...output }],
  });
}

const ENDLESS_ROWS = 100_000;

/** Files for `endlessFlow`, by their path in the bucket. */
export const ENDLESS_FILES = {
  "orders/orders.csv": `order_id,country,quantity,price,status\n${"1,DE,1,1,paid\n".repeat(ENDLESS_ROWS)}`,
  "countries.csv": `code,name\n${"DE,Germany\n".repeat(ENDLESS_ROWS)}`,
} as const;

/** Two files of which a lookup makes ten thousand million rows: longer than any test waits. */
export function endlessFlow(): FlowPackage {
  return ordersFlow({
    recipes: {
      R: { from: "orders.csv", steps: ["lookup with: countries.csv col: country key: code as: 'name'"] },
    },
    outputs: [{ recipe: "R", file: "s3://acme-dev/out/endless.csv" }],
  });
}

/** Puts the files of `endlessFlow` into a platform's bucket. */
export function putEndless(platform: Pick<JobPlatform, "put">): void {
  for (const [path, content] of Object.entries(ENDLESS_FILES)) platform.put(path, content);
}

/** The names in a folder; none when it is not there. */
export function listIfThere(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
}

/** A package with members of its file outputs replaced. */
export function withFileOutput(pkg: FlowPackage, change: Json): FlowPackage {
  return {
    ...pkg,
    flows: pkg.flows.map((flow) => ({
      ...flow,
      outputs: flow.outputs.map((output) => ({
        ...output,
        files: output.files.map((file) => ({ ...file, ...change })),
      })),
    })),
  };
}

/** A platform whose bucket acme-dev lies in `bucket`. */
export interface JobPlatform extends TestPlatform {
  readonly bucket: string;
  /** Writes a file into the bucket, with the folders above it. */
  put(path: string, content: string | Uint8Array): void;
  /** The text of a file of the bucket. */
  read(path: string): string;
  /** Imports a package as the active release of a new deployment; answers the deployment's id. */
  deploy(pkg: FlowPackage, environment?: string): Promise<number>;
  /** Runs a deployment of one output, waits for its end and answers the job group. */
  run(deploymentId: number, body?: unknown): Promise<Json & { id: number; status: string }>;
  /** Waits until a job group has ended; answers it. */
  ended(jobGroupId: number): Promise<Json & { id: number; status: string }>;
  /** The log of a job group. */
  log(jobGroupId: number): Promise<string>;
}

/** Starts a platform with the orders and the countries in its bucket. */
export async function startJobPlatform(
  settings: SettingOptions = {},
  data = makeDirectory(),
  options: Partial<PlatformOptions> = {},
): Promise<JobPlatform> {
  const bucket = join(data, "bucket");
  mkdirSync(bucket, { recursive: true });
  const platform = await startTestPlatform({
    ...options,
    data,
    settings: { ...settings, storage: { mappings: { "s3://acme-dev": bucket }, ...settings.storage } },
  });
  const put: JobPlatform["put"] = (path, content) => {
    mkdirSync(dirname(join(bucket, path)), { recursive: true });
    writeFileSync(join(bucket, path), content);
  };
  put("orders/orders.csv", ORDERS);
  put("countries.csv", "code,name\nDE,Germany\nFR,France\n");
  const ended: JobPlatform["ended"] = (id) => waitForEnd(platform, id);
  return {
    ...platform,
    bucket,
    put,
    ended,
    read: (path) => readFileSync(join(bucket, path), "utf8"),
    log: async (id) => ((await platform.call("GET", `/v4/jobGroups/${id}/logs`)).body ?? "") as string,
    deploy: (pkg, environment) => deploy(platform, pkg, environment),
    run: async (deploymentId, body) => {
      const started = await platform.call("POST", `/v4/deployments/${deploymentId}/run`, body);
      expect(started.status).toBe(201);
      return ended(started.body.data[0].id as number);
    },
  };
}

async function deploy(platform: TestPlatform, pkg: FlowPackage, environment?: string): Promise<number> {
  const created = await platform.call("POST", "/v4/deployments", { name: "orders" }, environment);
  const id = created.body.id as number;
  const form = await packageForm(pkg);
  const imported = await platform.call("POST", `/v4/deployments/${id}/releases`, form, environment);
  expect(imported.status).toBe(201);
  return id;
}

async function waitForEnd(
  platform: TestPlatform,
  id: number,
): Promise<Json & { id: number; status: string }> {
  const status = () => platform.call("GET", `/v4/jobGroups/${id}/status`);
  await expect
    .poll(async () => (await status()).body as string, { timeout: 20_000, interval: 20 })
    .toMatch(/Complete|Failed|Canceled/);
  return (await platform.call("GET", `/v4/jobGroups/${id}`)).body;
}
