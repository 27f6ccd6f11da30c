import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import type { FlowPackage } from "../../flow/model.js";
import { buildPackage } from "../../flow/source.js";
import { writePackage } from "../../flow/write.js";
import { readExpected } from "../flow/compile/read-csv.js";
import { makeDirectory } from "../platform/platform-fixture.js";
import { HAS_REAL_PACKAGES } from "../real-packages.js";
import { sluice, sluiceAt, type Result } from "./command-line.js";

const EXAMPLE = join(__dirname, "../../examples/quickstart");
const ORDERS = join(EXAMPLE, "packages/orders-1.1.0");
const SAMPLE = join(EXAMPLE, "sample");
const REAL = join(__dirname, "../../../shared/packages");

const run = (...args: string[]): Promise<Result> => sluice("package", "run", ...args);

function daily(...args: string[]): Promise<Result> {
  return run(ORDERS, "--recipe", "Daily revenue", ...args);
}

const sortRows = (rows: string[][]): string[] => rows.map((row) => JSON.stringify(row)).sort();

/** A folder with these files. */
function folderWith(files: Readonly<Record<string, string>>): string {
  const folder = makeDirectory();
  mkdirSync(folder, { recursive: true });
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
}

/** The package with a step of a type that nobody knows in place of the one that groups. */
function withUnknownStep(pkg: FlowPackage): FlowPackage {
  const text = JSON.stringify(pkg);
  expect(text.match(/"type":"GroupBy"/gi)).toHaveLength(1);
  return JSON.parse(text.replace(/"type":"GroupBy"/i, '"type":"Frobnicate"')) as FlowPackage;
}

const COUNTRIES = readFileSync(join(SAMPLE, "countries.csv"), "utf8");
const ORDER_ROWS = readFileSync(join(SAMPLE, "orders.csv"), "utf8");
/** Cancelled orders, test orders and those of nothing are left out. */
const DAILY = [
  ["2024-05-02", "France", "32.5", "1"],
  ["2024-05-02", "Germany", "79.8", "1"],
  ["2024-05-02", "United Kingdom", "18.5", "1"],
  ["2024-05-03", "France", "231.33", "2"],
  ["2024-05-03", "Germany", "13", "1"],
  ["2024-05-03", "United Kingdom", "48", "1"],
  ["2024-05-04", "United Kingdom", "20.4", "1"],
];

function dailyRows(text: string): string[] {
  const [header, ...rows] = readExpected(text);
  expect(header).toEqual(["day", "country_name", "revenue", "orders", "average_order"]);
  return sortRows(
    rows.map(([day = "", country = "", revenue, orders = ""]) => [
      day,
      country,
      String(Number(Number(revenue).toFixed(2))),
      orders,
    ]),
  );
}

describe("sluice package run", () => {
  it("prints the rows of a recipe with everything upstream, a table out of a file among it", async () => {
    const { code, out, error } = await daily("--data", SAMPLE, "--out", "-");
    expect(error).toBe("");
    expect(code).toBe(0);
    expect(dailyRows(out)).toEqual(sortRows(DAILY));
  });

  it("writes CSV, JSON lines and Parquet by the ending, and says how much", async () => {
    const folder = join(makeDirectory(), "made");
    const answer = await daily("--data", SAMPLE, "--out", join(folder, "daily.csv"));
    expect(answer.out).toMatch(/^wrote .*daily\.csv: 7 rows, 5 columns, \d+ bytes\n$/);
    expect(dailyRows(readFileSync(join(folder, "daily.csv"), "utf8"))).toEqual(sortRows(DAILY));

    await daily("--data", SAMPLE, "--out", join(folder, "daily.json.gz"));
    const lines = gunzipSync(readFileSync(join(folder, "daily.json.gz")))
      .toString()
      .trim()
      .split("\n");
    const objects = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(objects).toHaveLength(7);
    expect(objects.find((row) => row["country_name"] === "Germany" && row["day"] === "2024-05-02")).toEqual({
      day: "2024-05-02",
      country_name: "Germany",
      revenue: 79.8,
      orders: 1,
      average_order: 79.8,
    });

    await daily("--data", SAMPLE, "--out", join(folder, "daily.parquet"));
    expect(readFileSync(join(folder, "daily.parquet")).subarray(0, 4).toString()).toBe("PAR1");
    expect(readdirSync(folder).sort()).toEqual(["daily.csv", "daily.json.gz", "daily.parquet"]);
  });

  it("finds files by the dataset's or the file's name, ending and case aside, and columns of a table by name", async () => {
    const folder = folderWith({
      "ORDERS.TXT": ORDER_ROWS,
      "Countries.csv": "Currency;unused;NAME;code\nEUR;;Germany;DE\nEUR;;France;FR\nGBP;;United Kingdom;GB\n",
    });
    const { out, error } = await daily("--data", folder, "--out", "-");
    expect(error).toBe("");
    expect(dailyRows(out)).toEqual(sortRows(DAILY));
  });

  it("gives rows to a program as they are, and to a terminal without what that would obey", async () => {
    const strange = "\u001b[2JFrance\u202e";
    const data = folderWith({
      "orders.csv": ORDER_ROWS,
      "countries.csv": COUNTRIES.replace("France", strange),
    });
    const words = ["package", "run", ORDERS, "--recipe", "Daily revenue", "--data", data, "--out", "-"];
    expect((await sluiceAt({ isTerminal: false }, ...words)).out).toContain(strange);
    expect((await sluiceAt({ isTerminal: true }, ...words)).out).toContain("\ufffd[2JFrance\ufffd");
  });

  it("takes files of other names with --input, several for one dataset, and no folder then", async () => {
    const [header = "", ...rows] = ORDER_ROWS.trimEnd().split("\n");
    const folder = folderWith({
      "may.csv": `${[header, ...rows.slice(0, 4)].join("\n")}\n`,
      "june.csv": `${[header, ...rows.slice(4)].join("\n")}\n`,
      "lands=1.csv": COUNTRIES,
    });
    const { out, error } = await daily(
      ...["--input", `orders.csv=${join(folder, "may.csv")}`],
      ...["--input", `orders.csv=${join(folder, "june.csv")}`],
      ...["--input", `countries=${join(folder, "lands=1.csv")}`, "--out", "-"],
    );
    expect(error).toBe("");
    expect(dailyRows(out)).toEqual(sortRows(DAILY));
  });

  it("names every dataset at once whose file is missing or not clear, with what was looked for", async () => {
    const folder = folderWith({ "orders.csv": ORDER_ROWS, "Orders.txt": ORDER_ROWS });
    const out = join(folder, "out.csv");
    const { code, error } = await daily("--data", folder, "--out", out);
    expect(code).toBe(2);
    expect(error).toContain("which file has the rows of 2 datasets");
    expect(error).toContain('"orders.csv" (s3://acme-dev/orders/orders.csv): several files have its name');
    expect(error).toContain("Orders.txt, orders.csv");
    expect(error).toContain('"Countries" (table reference.countries): no file in');
    expect(error).toContain('--input "Countries=FILE"');
    expect(existsSync(out)).toBe(false);
  });

  it.each([
    {
      args: ["--recipe", "Daily revenu"],
      says: 'no recipe is named "Daily revenu" (did you mean "Daily revenue"?)',
    },
    {
      args: ["--input", "Countrys=x.csv"],
      says: '--input Countrys: the recipe reads no dataset of that name (did you mean "Countries"?)',
    },
    {
      args: ["--input", "Countries=absent.csv"],
      says: 'the dataset "Countries" has no rows: absent.csv is not there',
    },
    { args: ["--data", "absent"], says: "--data absent: there is no such folder" },
    { args: ["--out", "daily.xlsx"], says: "--out daily.xlsx: .xlsx is not written" },
    { args: ["--out", SAMPLE], says: "it is a folder; name a file in it" },
  ])("refuses $args", async ({ args, says }) => {
    const { code, out, error } = await daily("--data", SAMPLE, "--out", "-", ...args);
    expect(error).toContain(says);
    expect({ code, out }).toEqual({ code: 2, out: "" });
  });

  it.each([
    { what: "ragged rows", orders: `${ORDER_ROWS}1999,too,short\n`, says: /orders\.csv/ },
    {
      what: "a column that is gone",
      countries: "code,name\nDE,Germany\n",
      says: /countries\.csv.*"Countries", has no column "currency"/,
    },
    { what: "an empty table", countries: "", says: /countries\.csv is empty/ },
  ])(
    "fails on $what and leaves the old result",
    async ({ orders = ORDER_ROWS, countries = COUNTRIES, says }) => {
      const folder = folderWith({ "orders.csv": orders, "countries.csv": countries, "daily.csv": "old\n" });
      const { code, error } = await daily("--data", folder, "--out", join(folder, "daily.csv"));
      expect(code).toBe(2);
      expect(error).toMatch(says);
      expect(readFileSync(join(folder, "daily.csv"), "utf8")).toBe("old\n");
      expect(readdirSync(folder).sort()).toEqual(["countries.csv", "daily.csv", "orders.csv"]);
    },
  );

  it("tells the recipe and the number of a step that is not supported", async () => {
    const folder = folderWith({});
    const file = join(folder, "orders.zip");
    writeFileSync(file, await writePackage(withUnknownStep(await buildPackage(ORDERS))));
    const { code, error } = await run(file, "--recipe", "Daily revenue", "--data", SAMPLE, "--out", "-");
    expect(code).toBe(2);
    expect(error).toMatch(
      /recipe "Daily revenue", step 2 \(Frobnicate\): the step type Frobnicate is not supported/,
    );
  });

  describe.skipIf(!HAS_REAL_PACKAGES)("with real packages", () => {
    it.each([
      { name: "missing-days", recipe: "All days", inputs: [] },
      { name: "controles", recipe: "Output Risque Controle", inputs: ["Referentiel=Referentiel_table.csv"] },
    ])("gives the expected rows of $name", async ({ name, recipe, inputs }) => {
      const data = join(REAL, name, "data");
      const given = inputs.flatMap((input) => ["--input", input.replace("=", `=${data}/`)]);
      const { out, error } = await run(
        join(REAL, name, "package.zip"),
        ...["--recipe", recipe, "--data", data, "--out", "-", ...given],
      );
      expect(error).toBe("");
      const [header, ...rows] = readExpected(out);
      const [wantedHeader, ...wanted] = readExpected(
        readFileSync(join(REAL, name, "expected", `${recipe}.csv`), "utf8"),
      );
      expect(header).toEqual(wantedHeader);
      expect(sortRows(rows)).toEqual(sortRows(wanted));
    });
  });
});
