import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { expect, it } from "vitest";
import { duckdb } from "../../../../flow/compile/duckdb/dialect.js";
import type { Dataset, FileOutput, FlowPackage } from "../../../../flow/model.js";
import { sqlName, type TextRow } from "../../../../platform/jobs/duckdb/job-database.js";
import { readFiles } from "../../../../platform/jobs/duckdb/read-dataset.js";
import { seededDraws } from "../../../provider/framework/random.js";
import { openOutputFolder } from "./output-fixture.js";

/** A folder, and jobs that overwrite its file, whose path they answer. */
async function start() {
  const { folder, path, database, write: begin } = await openOutputFolder();
  const write = async (...[relation, columns, change]: Parameters<typeof begin>) => {
    (await begin(relation, columns, { action: "overwrite", ...change })).finish();
    return path;
  };
  return { folder, database, write };
}

/** Pieces of texts that some reader or writer of delimited files takes for something else. */
const PIECES = [
  ..."ab,;|\t\"'\\\n\r #\u0001\u007f\u0085\u00a0\u2028\u2029\ufeff\ufffd",
  "\r\n",
  '""',
  '"\n',
  ',"',
  "NULL",
  "\\N",
  "nan",
  "0x1",
  "\u{1f600}",
  "\u{10ffff}",
  "\u001f\u001e\u001f\u001e",
];

/** Rows of texts in a table of the database; they would not come back from there as they are: the driver drops U+FEFF in front. */
const shielded = (fields: readonly string[]) => fields.map((field) => `concat('.', ${field})`).join(", ");

it.each([1, 2, 3, 4, 5, 6])(
  "texts in CSV are read back as they were written, nothing and an empty text alike (seed %i)",
  async (seed) => {
    const { folder, database, write } = await start();
    const random = seededDraws(seed);
    const text = (): string | null =>
      random.below(7) === 0
        ? null
        : Array.from({ length: random.below(5) }, () => random.pick(PIECES)).join("");
    for (let round = 0; round < 8; round += 1) {
      const fields = Array.from({ length: 1 + random.below(3) }, (_, index) => `c${index}`);
      const rows: TextRow[] = Array.from({ length: 1 + random.below(30) }, () => fields.map(text));
      const table = `t${round}`;
      const filler = await database.fill(table, fields);
      for (const row of rows) filler.add(row);
      filler.end();
      for (const delimiter of [",", ";", "\t", "|"]) {
        const change = {
          delimiter,
          hasHeader: random.below(2) === 0,
          hasQuotes: random.below(3) === 0,
          compression: random.pick(["none", "gzip"]),
        };
        const written = await write(sqlName(table), fields, change);
        const dataset = { name: "d", parsingRecipeId: null } as unknown as Dataset;
        const { source } = await readFiles(dataset, [{ uri: "s3://acme/out", path: written, bytes: 0 }], {
          package: { flows: [] } as unknown as FlowPackage,
          database,
          scratch: folder,
        });
        if (!("files" in source)) throw new Error("the file was not taken for text");
        for (const mode of ["strict", "lenient"] as const) {
          const reading = { ...source, rowEnd: "\n", quote: '"', escape: '"', fields, mode };
          const query = duckdb.readDelimited({ ...reading, delimiter, skipsHeader: change.hasHeader }, []);
          const read = await database.rows(`SELECT ${shielded(fields)} FROM (${query})`);
          const about = `${mode} ${JSON.stringify(change)}`;
          expect(read, about).toEqual(rows.map((row) => row.map((cell) => `.${cell ?? ""}`)));
        }
      }
    }
  },
);

it.each(["none", "gzip"])(
  "a file that begins with U+FEFF as a text begins with the mark, too (compression %s)",
  async (compression) => {
    const { write } = await start();
    const contentOf = async (change: Partial<FileOutput>) => {
      const bytes = readFileSync(
        await write("(SELECT chr(65279) || 'a' AS c) AS result", ["c"], { compression, ...change }),
      );
      return (compression === "gzip" ? gunzipSync(bytes) : bytes).toString();
    };
    expect(await contentOf({ hasHeader: false })).toBe("\ufeff\ufeffa\n");
    expect(await contentOf({ hasHeader: true })).toBe("c\n\ufeffa\n");
    // Behind other rows it stands at no beginning.
    expect(await contentOf({ action: "append", hasHeader: true })).toBe("c\n\ufeffa\n\ufeffa\n");
  },
);

const CONTROL = "concat(chr(1), chr(8), chr(9), chr(10), chr(12), chr(13), chr(31), chr(127))";

/** Values of every type → what JSON makes of them. */
const VALUES: Readonly<Record<string, unknown>> = {
  NULL: null,
  true: true,
  "9223372036854775807": 9223372036854775807n,
  "-9007199254740993": -9007199254740993n,
  "18446744073709551615::UBIGINT": 18446744073709551615n,
  "170141183460469231731687303715884105727::HUGEINT": 170141183460469231731687303715884105727n,
  "12345678901234567890.123456789::DECIMAL(38, 9)": "12345678901234567890.123456789",
  "0.1e0": 0.1,
  "-0e0": -0,
  "1e300": 1e300,
  "5e-324": 5e-324,
  "'nan'::DOUBLE": null,
  "'inf'::DOUBLE": null,
  "'-inf'::FLOAT": null,
  "DATE '1850-01-01'": "1850-01-01",
  "TIMESTAMP '1969-12-31 23:59:59.999999'": "1969-12-31 23:59:59.999999",
  "TIMESTAMP '0001-01-01'": "0001-01-01 00:00:00",
  "'infinity'::TIMESTAMP": "infinity",
  "''": "",
  "'NaN, Infinity'": "NaN, Infinity",
  [CONTROL]: "\u0001\b\t\n\f\r\u001f\u007f",
  "concat(chr(8232), chr(8233), chr(65279), '\"\\/ \u{1f600}')": '\u2028\u2029\ufeff"\\/ \u{1f600}',
  "chr(0)": "\0",
  "[1e0, 'nan', 'inf', NULL]": [1, null, null, null],
  "[]": [],
  "['NaN', 'a\"NaN', '']": ["NaN", 'a"NaN', ""],
  "{'NaN': 'nan'::DOUBLE, 'b': {'c': ['-inf'::FLOAT]}, 'd': 'Infinity \\'}": {
    NaN: null,
    b: { c: [null] },
    d: "Infinity \\",
  },
  "MAP {'k\"': 'nan'::DOUBLE}": { 'k"': null },
  'JSON \'{"a": NaN, "b": "-Infinity", "c": [-inf, nan, 1e2]}\'': {
    a: null,
    b: "-Infinity",
    c: [null, null, 100],
  },
  "JSON '-Infinity'": null,
  "JSON 'null'": null,
  "[JSON 'NaN', JSON '\"NaN\"']": [null, "NaN"],
};

it("every line of a JSON output is JSON, whatever the values", async () => {
  const { write } = await start();
  const columns = Object.keys(VALUES).map((_, index) => `c ${index}`);
  const items = Object.keys(VALUES).map((sql, index) => `${sql} AS ${sqlName(columns[index] ?? "")}`);
  const relation = `(SELECT ${items.join(", ")} UNION ALL BY NAME SELECT ${items.join(", ")}) AS result`;
  const lines = readFileSync(await write(relation, columns, { format: "json" }), "utf8").split("\n");
  expect(lines.pop()).toBe("");
  expect(lines).toHaveLength(2);
  for (const line of lines) {
    const read = JSON.parse(line) as Record<string, unknown>;
    for (const [index, [sql, value]] of Object.entries(VALUES).entries()) {
      const name = columns[index] ?? "";
      // Digits that a number of JavaScript does not hold are looked for in the text.
      const digits =
        typeof value === "bigint" ? String(value) : sql.includes("DECIMAL") ? String(value) : undefined;
      if (digits === undefined) expect(read[name], sql).toEqual(value);
      else expect(line, sql).toContain(`"${name}":${digits},`);
    }
  }
});

it("names of columns in JSON and CSV are kept, whatever they are", async () => {
  const { write } = await start();
  const columns = ["a", "a,b", 'q"', "l\n", " ", "NaN", "\u2028", "__proto__"];
  const relation = (value: string) =>
    `(SELECT ${columns.map((name) => `${value} AS ${sqlName(name)}`).join(", ")}) AS result`;
  const line = readFileSync(await write(relation("1e0"), columns, { format: "json" }), "utf8");
  expect(Object.keys(JSON.parse(line) as object)).toEqual(columns);
  const text = readFileSync(await write(relation("'x'"), columns, {}), "utf8");
  expect(text).toBe('a,"a,b","q""","l\n", ,NaN,\u2028,__proto__\nx,x,x,x,x,x,x,x\n');
});
