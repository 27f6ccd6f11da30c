import { join } from "node:path";
import type { DuckDBConnection } from "@duckdb/node-api";

const ORDER_COLUMNS = [
  "order_id",
  "ordered_at",
  "customer_id",
  "country",
  "quantity",
  "price",
  "status",
  "channel",
];

/** Fifteen steps as people write them; each one counts for the result. */
export const STEPS: readonly string[] = [
  "derive type: single value: quantity * price as: 'total'",
  "filter type: custom rowType: single row: status == 'cancelled' action: Delete",
  "set col: country value: IFMISSING($col, 'unknown')",
  "derive type: single value: YEAR(ordered_at) as: 'year'",
  "derive type: single value: MONTH(ordered_at) as: 'month'",
  "derive type: single value: IF(total > 500, 'big', 'small') as: 'size'",
  "replacepatterns col: channel with: '' on: 'via ' global: false",
  "filter type: custom rowType: single row: quantity >= 2 action: Keep",
  "lookup with: Customers col: customer_id key: id as: 'segment'",
  "derive type: single value: ROUND(total * 0.2, 2) as: 'margin'",
  "join with: Countries col: country = current_dataset.country, segment = current_dataset.segment, " +
    "channel = current_dataset.channel, status = current_dataset.status, total = current_dataset.total, " +
    "year = current_dataset.year, month = current_dataset.month, size = current_dataset.size, " +
    "margin = current_dataset.margin, country_name = Countries.name " +
    "row: current_dataset.country == Countries.code type: left",
  "rename type: manual mapping: [country_name, 'land']",
  "drop col: status, country action: Drop",
  "derive type: single value: total - margin as: 'cost'",
  "groupby type: agg group: land, segment, channel, year, month, size " +
    "value: revenue = SUM(total), cost = SUM(cost), margin = AVERAGE(margin), orders = COUNT()",
];

/** The columns of the result that name a group. */
export const KEYS: readonly string[] = ["land", "segment", "channel", "year", "month", "size"];

/** The other columns of the result, all numbers. */
export const MEASURES: readonly string[] = ["revenue", "cost", "margin", "orders"];

/** How the files are written. */
export type InputFormat = "csv" | "parquet";

/** The source of a package with a recipe `Report` of these steps over files below this location. */
export function recipeSource(location: string, format: InputFormat, steps = STEPS): unknown {
  const file = (name: string, columns: readonly string[]) => ({
    file: `${location}/${name}.${format}`,
    ...(format === "csv" ? { columns } : { steps: [] }),
  });
  return {
    uuid: "6f0c2f4e-0b52-11ef-9a3e-0242ac120002",
    exportedAt: "2024-05-06T08:00:00.000Z",
    flows: [
      {
        name: "Speed",
        datasets: {
          Orders: file("orders", ORDER_COLUMNS),
          Customers: file("customers", ["id", "segment"]),
          Countries: file("countries", ["code", "name"]),
        },
        recipes: { Report: { from: "Orders", steps } },
        outputs: [{ recipe: "Report", file: `${location}/out.csv` }],
      },
    ],
  };
}

/**
 * The best query for the same result that we can write by hand: it reads only the columns that count, with their types, keeps
 * as few rows as it can as early as it can, knows the form of every value, and looks countries up for groups, not for rows.
 */
export function writtenByHand(folder: string, format: InputFormat): string {
  const read = (name: string, options: string): string => {
    const path = `'${join(folder, name)}.${format}'`;
    return format === "parquet"
      ? `read_parquet(${path})`
      : `read_csv(${path}, auto_detect = false, header = true, delim = ',', quote = '"', escape = '"', columns = {${options}})`;
  };
  const orders = read(
    "orders",
    "'order_id': 'VARCHAR', 'ordered_at': 'DATE', 'customer_id': 'VARCHAR', 'country': 'VARCHAR', 'quantity': 'INTEGER', " +
      "'price': 'DOUBLE', 'status': 'VARCHAR', 'channel': 'VARCHAR'",
  );
  return `
WITH orders AS (
  SELECT customer_id, country, channel, year(ordered_at) AS year, month(ordered_at) AS month, quantity * price AS total
  FROM ${orders}
  WHERE status <> 'cancelled' AND quantity >= 2
),
joined AS (
  SELECT country, c.segment, replace(channel, 'via ', '') AS channel, year, month,
    CASE WHEN total > 500 THEN 'big' ELSE 'small' END AS size, total, round(total * 0.2, 2) AS margin
  FROM orders o
  LEFT JOIN ${read("customers", "'id': 'VARCHAR', 'segment': 'VARCHAR'")} c ON c.id = o.customer_id
),
grouped AS (
  SELECT country, segment, channel, year, month, size, sum(total) AS revenue, sum(total - margin) AS cost,
    sum(margin) AS margin, count(*) AS orders
  FROM joined
  GROUP BY ALL
)
SELECT n.name AS land, segment, channel, year, month, size, sum(revenue) AS revenue, sum(cost) AS cost,
  sum(margin) / sum(orders) AS margin, sum(orders) AS orders
FROM grouped g
LEFT JOIN ${read("countries", "'code': 'VARCHAR', 'name': 'VARCHAR'")} n ON n.code = g.country
GROUP BY ALL`;
}

/** Writes the files, orders with so many rows; the same ones for the same number. */
export async function makeFiles(
  connection: DuckDBConnection,
  folder: string,
  format: InputFormat,
  rows: number,
): Promise<void> {
  const write = (name: string, select: string): Promise<unknown> =>
    connection.run(
      `COPY (${select}) TO '${join(folder, name)}.${format}' (FORMAT ${format}${format === "csv" ? ", HEADER" : ""})`,
    );
  const day = "date '2022-01-01' + (hash(i) % 1000)::INTEGER";
  await write(
    "orders",
    `SELECT i AS order_id, ${format === "csv" ? `strftime(${day}, '%Y-%m-%d')` : day} AS ordered_at,
      'C' || hash(i * 5) % 5000 AS customer_id,
      ['DE', 'FR', 'US', 'GB', 'IT', NULL][1 + (hash(i * 7) % 6)::INTEGER] AS country,
      (1 + hash(i * 3) % 20)::INTEGER AS quantity, round((hash(i * 11) % 10000) / 100, 2) AS price,
      ['open', 'paid', 'cancelled'][1 + (hash(i * 13) % 3)::INTEGER] AS status,
      'via ' || ['web', 'shop', 'phone'][1 + (hash(i * 17) % 3)::INTEGER] AS channel
    FROM range(${rows}) AS numbers(i)`,
  );
  await write(
    "customers",
    `SELECT 'C' || i AS id, ['A', 'B', 'C'][1 + (i % 3)::INTEGER] AS segment FROM range(5000) AS numbers(i)`,
  );
  await write(
    "countries",
    `SELECT * FROM (VALUES ('DE', 'Germany'), ('FR', 'France'), ('US', 'United States'), ('GB', 'Great Britain'),
      ('IT', 'Italy')) AS countries(code, name)`,
  );
}
