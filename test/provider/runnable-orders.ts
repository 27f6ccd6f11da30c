import { mkdirSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { onTestFinished } from "vitest";
import type { FlowPackage } from "../../flow/index.js";
import type { PlatformOptions } from "../../platform/index.js";
import { ENDLESS_FILES, oneRecipe, ORDERS, ordersFlow } from "../platform/jobs/job-fixture.js";
import { makeDeployment } from "./by-hand.js";
import { dynamicHost, startProviderTest } from "./provider-test.js";
import type { Host, ProviderTest, Values } from "./provider-test.js";

/** Of 100,000 rows each, of which the step makes ten thousand million: longer than any test waits. */
const ENDLESS_DATASETS = {
  "orders.csv": {
    file: "s3://acme-dev/endless/orders/orders.csv",
    columns: ["order_id", "country", "quantity", "price", "status"],
  },
  "countries.csv": { file: "s3://acme-dev/endless/countries.csv", columns: ["code", "name"] },
};
const ENDLESS_STEP = "lookup with: countries.csv col: country key: code as: 'name'";

/** Packages that behave differently when they run; each reads four orders. */
export const RUNNABLE = {
  /** Writes result.csv with four rows. */
  good: () => as("a", oneRecipe(["drop col: price action: Drop"])),
  /** Writes result.csv with three rows. */
  fewer: () =>
    as("b", oneRecipe(["filter type: custom rowType: single row: status == 'cancelled' action: Delete"])),
  /** Writes result.csv with four rows, result_2.csv the next time. */
  numbered: () => as("e", oneRecipe(["drop col: price action: Drop"], { action: "create" })),
  /** Fails, because what it reads is not there. */
  failing: () =>
    as("c", oneRecipe(["drop col: price action: Drop"], {}, { file: "s3://acme-dev/orders/gone.csv" })),
  /** One output that fails at once, and another that runs until it is cancelled. */
  mixed: () =>
    as(
      "f",
      ordersFlow({
        datasets: {
          ...ENDLESS_DATASETS,
          "gone.csv": { file: "s3://acme-dev/orders/gone.csv", columns: ["id"] },
        },
        recipes: {
          Endless: { from: "orders.csv", steps: [ENDLESS_STEP] },
          Gone: { from: "gone.csv", steps: ["derive type: single value: 1 as: 'one'"] },
        },
        outputs: [
          { recipe: "Endless", file: "s3://acme-dev/out/endless.csv", action: "overwrite" },
          { recipe: "Gone", file: "s3://acme-dev/out/gone.csv", action: "overwrite" },
        ],
      }),
    ),
  /** Runs until it is cancelled. */
  endless: () =>
    as(
      "d",
      ordersFlow({
        datasets: ENDLESS_DATASETS,
        recipes: { R: { from: "orders.csv", steps: [ENDLESS_STEP] } },
        outputs: [{ recipe: "R", file: "s3://acme-dev/out/endless.csv", action: "overwrite" }],
      }),
    ),
} satisfies Record<string, () => FlowPackage>;

/** A package of its own, not an export of the same flow again. */
function as(digit: string, source: FlowPackage): FlowPackage {
  const uuid = `${digit.repeat(8)}-0b52-11ef-9a3e-0242ac120002`;
  return { ...source, metadata: { ...source.metadata, uuid } };
}

/** Files of the bucket acme-dev that the packages read. */
const FILES: Readonly<Record<string, string>> = {
  "orders/orders.csv": ORDERS,
  ...Object.fromEntries(Object.entries(ENDLESS_FILES).map(([path, text]) => [`endless/${path}`, text])),
};

/** A folder with the files, for `s3://acme-dev`. */
export function fillBucket(bucket: string): void {
  for (const [path, content] of Object.entries(FILES)) {
    mkdirSync(dirname(join(bucket, path)), { recursive: true });
    writeFileSync(join(bucket, path), content);
  }
}

/** A deployment whose releases can be run. */
export interface RunnableOrders {
  readonly test: ProviderTest;
  readonly deploymentId: string;
  /** The inputs of a Release of one of the packages. */
  readonly inputs: (name: keyof typeof RUNNABLE, more?: Values) => Promise<Values>;
}

/** Starts a platform with the bucket and an empty deployment. */
export async function startRunnableOrders(
  host: Host = dynamicHost,
  {
    settings = {},
    configuration = {},
  }: { settings?: PlatformOptions["settings"]; configuration?: Values } = {},
): Promise<RunnableOrders> {
  const bucket = await mkdtemp(join(tmpdir(), "sluice-bucket-"));
  onTestFinished(() => rm(bucket, { recursive: true, force: true }));
  fillBucket(bucket);
  const storage = { mappings: { "s3://acme-dev": bucket } };
  const test = await startProviderTest({ storage, ...settings }, configuration, host);
  const deploymentId = await makeDeployment(test);
  return {
    test,
    deploymentId,
    inputs: async (name, more = {}) => ({
      deploymentId,
      package: await test.packageFile(`${name}.zip`, RUNNABLE[name]()),
      ...more,
    }),
  };
}
