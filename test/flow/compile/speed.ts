/* eslint-disable no-console -- a script that prints its figures */
// How long a compiled recipe of fifteen usual steps takes beside the best query for the same result written by hand, on the
// same DuckDB: `npx vite-node test/flow/compile/speed.ts [rows]`. Files are made in the temporary folder and removed.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DuckDBInstance, type DuckDBConnection } from "@duckdb/node-api";
import { compileRecipe } from "../../../flow/compile/compile.js";
import { findRecipe } from "../../../flow/compile/find-recipe.js";
import { buildFromSource } from "../../../flow/source.js";

const ORDER_COLUMNS = [
  "order_id",
  "ordered_at",
  "customer_id",
  "country",
  "quantity",
  "price",
  "status",
  "note",
];

/** Fifteen steps as people write them. */
const STEPS = [
  "derive type: single value: quantity * price as: 'total'",
  "filter type: custom rowType: single row: status == 'cancelled' action: Delete",
  "set col: country value: IFMISSING($col, 'unknown')",
  "derive type: single value: YEAR(ordered_at) as: 'year'",
  "derive type: single value: MONTH(ordered_at) as: 'month'",
  "derive type: single value: IF(total > 500, 'big', 'small') as: 'size'",
  "replacepatterns col: note with: '' on: 'note ' global: false",
  "filter type: custom rowType: single row: quantity >= 2 action: Keep",
  "lookup with: Customers col: customer_id key: id as: 'segment'",
  "derive type: single value: ROUND(total * 0.2, 2) as: 'margin'",
  "join with: Countries col: customer_id = current_dataset.customer_id, total = current_dataset.total, " +
    "year = current_dataset.year, month = current_dataset.month, size = current_dataset.size, " +
    "segment = current_dataset.segment, margin = current_dataset.margin, note = current_dataset.note, " +
    "country_name = Countries.name row: current_dataset.country == Countries.code type: left",
  "rename type: manual mapping: [country_name, 'country']",
  "drop col: note action: Drop",
  "derive type: single value: total - margin as: 'cost'",
  "groupby type: agg group: country, segment, year, month, size " +
    "value: revenue = SUM(total), cost = SUM(cost), margin = AVERAGE(margin), orders = COUNT()",
];

export function source(folder: string): unknown {
  const file = (name: string, columns: readonly string[]) => ({ file: `file://${folder}/${name}`, columns });
  return {
    uuid: "6f0c2f4e-0b52-11ef-9a3e-0242ac120002",
    exportedAt: "2024-05-06T08:00:00.000Z",
    flows: [
      {
        name: "Speed",
        datasets: {
          Orders: file("orders.csv", ORDER_COLUMNS),
          Customers: file("customers.csv", ["id", "segment"]),
          Countries: file("countries.csv", ["code", "name"]),
        },
        recipes: { Report: { from: "Orders", steps: STEPS } },
        outputs: [{ recipe: "Report", file: `file://${folder}/out.csv` }],
      },
    ],
  };
}

export function writtenByHand(folder: string): string {
  return `
WITH orders AS (
  SELECT customer_id, coalesce(country, 'unknown') AS country, status, quantity, quantity * price AS total,
    year(ordered_at) AS year, month(ordered_at) AS month
  FROM read_csv('${folder}/orders.csv', auto_detect = false, header = true, delim = ',', quote = '"', escape = '"', columns = {
    'order_id': 'VARCHAR', 'ordered_at': 'DATE', 'customer_id': 'VARCHAR', 'country': 'VARCHAR', 'quantity': 'INTEGER',
    'price': 'DOUBLE', 'status': 'VARCHAR', 'note': 'VARCHAR'})
  WHERE status <> 'cancelled' AND quantity >= 2
),
joined AS (
  SELECT n.name AS country, c.segment, year, month, CASE WHEN total > 500 THEN 'big' ELSE 'small' END AS size, total,
    round(total * 0.2, 2) AS margin
  FROM orders o
  LEFT JOIN read_csv('${folder}/customers.csv', header = true, all_varchar = true) c ON c.id = o.customer_id
  LEFT JOIN read_csv('${folder}/countries.csv', header = true, all_varchar = true) n ON n.code = o.country
)
SELECT country, segment, year, month, size, sum(total) AS revenue, sum(total - margin) AS cost, avg(margin) AS margin,
  count(*) AS orders
FROM joined
GROUP BY ALL`;
}

export async function makeFiles(connection: DuckDBConnection, folder: string, rows: number): Promise<void> {
  await connection.run(`COPY (SELECT i AS order_id, strftime(date '2020-01-01' + (i % 1000)::int, '%Y-%m-%d') AS ordered_at,
    'C' || (hash(i) % 5000) AS customer_id, ['DE','FR','US','GB','IT'][1 + (hash(i*7) % 5)::int] AS country,
    1 + hash(i*3) % 20 AS quantity, round((hash(i*11) % 10000) / 100.0, 2) AS price,
    ['open','paid','cancelled'][1 + (hash(i*13) % 3)::int] AS status, 'note ' || (i % 97) AS note
    FROM range(${rows}) t(i)) TO '${folder}/orders.csv' (HEADER)`);
  await connection.run(
    `COPY (SELECT 'C' || i AS id, ['A','B','C'][1 + (i % 3)::int] AS segment FROM range(5000) t(i)) TO '${folder}/customers.csv' (HEADER)`,
  );
  await connection.run(
    `COPY (SELECT * FROM (VALUES ('DE','Germany'),('FR','France'),('US','United States'),('GB','Great Britain'),('IT','Italy')) t(code, name)) TO '${folder}/countries.csv' (HEADER)`,
  );
}

interface Timing {
  readonly seconds: number;
  readonly cpuSeconds: number;
}

async function time(connection: DuckDBConnection, folder: string, sql: string): Promise<Timing> {
  const [cpu, start] = [process.cpuUsage(), performance.now()];
  await connection.run(`COPY (${sql}) TO '${folder}/result.csv' (HEADER)`);
  const used = process.cpuUsage(cpu);
  return { seconds: (performance.now() - start) / 1000, cpuSeconds: (used.user + used.system) / 1e6 };
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

async function main(rows: number): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "sluice-speed-"));
  const instance = await DuckDBInstance.create(":memory:");
  try {
    const connection = await instance.connect();
    await makeFiles(connection, folder, rows);
    const pkg = buildFromSource(source(folder), "speed");
    const { node } = findRecipe(pkg, "Report");
    const ask = async (sql: string) => (await connection.runAndReadAll(sql)).getRowsJson() as string[][];
    const datasets = (dataset: { name: string }) => ({
      files: [`${folder}/${dataset.name.toLowerCase()}.csv`],
    });
    const query = await compileRecipe(pkg, node.id, { datasets, ask });
    if (process.argv.includes("--sql")) console.log(query.sql);
    const compileTimes: number[] = [];
    for (let round = 0; round < 50; round += 1) {
      const start = performance.now();
      await compileRecipe(pkg, node.id);
      compileTimes.push(performance.now() - start);
    }
    console.log(`compile: ${(median(compileTimes) / STEPS.length).toFixed(3)} ms a step (median of 50)`);
    const [ours, hand]: [Timing[], Timing[]] = [[], []];
    for (let round = 0; round < 3; round += 1) {
      ours.push(await time(connection, folder, query.sql));
      hand.push(await time(connection, folder, writtenByHand(folder)));
    }
    const show = (name: string, timings: readonly Timing[]): string =>
      `${name}: ${median(timings.map((one) => one.seconds)).toFixed(2)} s, ${median(timings.map((one) => one.cpuSeconds)).toFixed(2)} s of CPU`;
    const ratio = (key: keyof Timing): string =>
      (median(ours.map((one) => one[key])) / median(hand.map((one) => one[key]))).toFixed(2);
    console.log(show("compiled", ours));
    console.log(show("by hand", hand));
    console.log(`ratio: ${ratio("seconds")} in time, ${ratio("cpuSeconds")} in CPU, ${rows} rows`);
  } finally {
    await rm(folder, { recursive: true });
  }
}

if (process.argv[1]?.includes("speed") === true) void main(Number(process.argv[2] ?? 1_000_000));
