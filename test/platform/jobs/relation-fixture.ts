import { randomUUID } from "node:crypto";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import Database from "libsql";
import { expect } from "vitest";
import type { FlowPackage } from "../../../flow/model.js";
import { buildFromSource } from "../../../flow/source.js";
import type { JobPlatform } from "./job-fixture.js";

type Json = Record<string, unknown>;

/** A connection that a test's platform has, for packages to name. */
export interface TestConnection {
  readonly id: number;
  readonly uuid: string;
  readonly vendor: string;
}

/** Creates a connection at a platform. */
export async function connect(
  platform: Pick<JobPlatform, "call">,
  vendor: string,
  members: Json,
): Promise<TestConnection> {
  const uuid = randomUUID();
  const { status, body } = await platform.call("POST", "/v4/connections", {
    uuid,
    name: "Shop",
    vendor,
    vendorName: vendor,
    type: "jdbc",
    credentialType: "noAuth",
    ...members,
  });
  expect(status).toBe(201);
  return { id: body.id as number, uuid, vendor };
}

/** A flow of one recipe: its dataset and its output are given; both may use the connection "Shop". */
export function shopFlow(
  { uuid, vendor }: TestConnection,
  dataset: Json,
  output: Json,
  steps: readonly string[] = [],
): FlowPackage {
  return buildFromSource(
    {
      uuid: "6f0c2f4e-0b52-11ef-9a3e-0242ac120002",
      exportedAt: "2024-05-06T08:00:00.000Z",
      connections: { Shop: { uuid, vendor } },
      flows: [
        {
          name: "Shop",
          datasets: { rows: "connection" in dataset ? { columns: ["id"], ...dataset } : dataset },
          recipes: { R: { from: "rows", steps } },
          outputs: [{ recipe: "R", ...output }],
        },
      ],
    },
    "test",
  );
}

/** A file of the orders, as the dataset of a flow. */
export const ORDERS_FILE = {
  file: "s3://acme-dev/orders/orders.csv",
  columns: ["order_id", "country", "quantity", "price", "status"],
};

/** Typed columns of the orders. */
export const TYPED = [
  "settype col: order_id type: Integer",
  "settype col: quantity type: Integer",
  "settype col: price type: Float",
];

/** Runs statements on a database file and answers the rows of the last one, as another program would. */
export async function runOnFile(vendor: string, file: string, ...statements: string[]): Promise<unknown[][]> {
  return vendor === "sqlite" ? runOnSqlite(file, statements) : runOnDuckDb(file, statements);
}

function runOnSqlite(file: string, statements: readonly string[]): unknown[][] {
  const database = new Database(file);
  try {
    let rows: unknown[][] = [];
    for (const text of statements) {
      const statement = database.prepare(text);
      if (statement.reader) rows = statement.raw().all() as unknown[][];
      else statement.run();
    }
    return rows;
  } finally {
    database.close();
  }
}

async function runOnDuckDb(file: string, statements: readonly string[]): Promise<unknown[][]> {
  const instance = await DuckDBInstance.create(file);
  const connection = await instance.connect();
  try {
    let rows: unknown[][] = [];
    for (const text of statements) rows = await (await connection.run(text)).getRowsJS();
    return rows.map((row) => row.map((cell) => (typeof cell === "bigint" ? Number(cell) : cell)));
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

/** The file of a database in the platform's bucket. */
export function databaseFile(platform: JobPlatform, vendor: string): string {
  const file = join(platform.bucket, `shop.${vendor}`);
  rmSync(file, { force: true });
  return file;
}

/** Creates a connection to a database file of the bucket. */
export function connectFile(platform: JobPlatform, vendor: string): Promise<TestConnection> {
  return connect(platform, vendor, { params: { path: `s3://acme-dev/shop.${vendor}` } });
}
