// Puts the sample into an environment's storage, where jobs of the embedded platform find it:
//   node put-sample.mjs platform/storage/prod
// The orders become a file of the bucket acme-prod, and the warehouse a DuckDB file beside it.
import { copyFile, mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { DuckDBInstance } from "@duckdb/node-api";

const [storage] = process.argv.slice(2);
if (storage === undefined)
  throw new Error("say where the storage of the environment is: node put-sample.mjs <folder>");
const sample = fileURLToPath(new URL("sample", import.meta.url));
const bucket = join(storage, "s3", "acme-prod");

await mkdir(join(bucket, "orders"), { recursive: true });
await copyFile(join(sample, "orders.csv"), join(bucket, "orders", "orders.csv"));

const file = join(bucket, "warehouse.duckdb");
await rm(file, { force: true });
const warehouse = await DuckDBInstance.create(file);
const connection = await warehouse.connect();
await connection.run("CREATE SCHEMA reference");
await connection.run("CREATE TABLE reference.countries (code VARCHAR, name VARCHAR, currency VARCHAR)");
await connection.run("INSERT INTO reference.countries SELECT * FROM read_csv($1, header = true)", [
  join(sample, "countries.csv"),
]);
await connection.run("CREATE SCHEMA reports");
// Version 1.0.0 leaves the last column empty: it was added for 1.1.0 before that was promoted.
await connection.run(
  "CREATE TABLE reports.daily_revenue (day DATE, country_name VARCHAR, revenue DOUBLE, orders BIGINT, average_order DOUBLE)",
);
connection.closeSync();
warehouse.closeSync();
process.stdout.write(`the orders and the warehouse are in ${bucket}\n`);
