import type { DuckDBConnection } from "@duckdb/node-api";

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
export const STEPS = [
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

/** The source of a package with the recipe over files of this folder. */
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

/** The best query for the same result, written by hand. */
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

/** Writes the files, orders with so many rows. */
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
