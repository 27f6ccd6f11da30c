import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import type { WrittenFile } from "../../../../platform/jobs/duckdb/write-file.js";
import { openOutputFolder } from "./output-fixture.js";

/** A folder, jobs that write into its file `out.csv`, and what lies there. */
async function start() {
  const { folder, path, write } = await openOutputFolder();
  return { path, write, files: () => readdirSync(folder).filter((name) => name !== "spill") };
}

const row = (id: number) => `(SELECT '${id}' AS id, 'x' AS name) AS result`;
const COLUMNS = ["id", "name"];

describe("two jobs that append to one file at the same time", () => {
  it.each(["none", "gzip"])("leave one header and all rows (compression %s)", async (compression) => {
    const { path, write, files } = await start();
    const written: WrittenFile[] = [];
    for (const id of [1, 2, 3]) written.push(await write(row(id), COLUMNS, { compression }));
    for (const one of written) one.finish();
    const bytes = readFileSync(path);
    const text = (compression === "gzip" ? gunzipSync(bytes) : bytes).toString();
    expect(text).toBe("id,name\n1,x\n2,x\n3,x\n");
    expect(files()).toEqual(["out.csv"]);
  });

  it.each(["none", "gzip"])("refuse each other's columns (compression %s)", async (compression) => {
    const { path, write, files } = await start();
    const first = await write(row(1), COLUMNS, { compression });
    const other = await write("(SELECT '1' AS number) AS result", ["number"], { compression });
    first.finish();
    const before = readFileSync(path);
    expect(() => other.finish()).toThrow("appending to s3://acme/out.csv: another job made it meanwhile");
    other.discard();
    expect(readFileSync(path)).toEqual(before);
    expect(files()).toEqual(["out.csv"]);
  });

  it("write the header again where the file was removed meanwhile", async () => {
    const { path, write } = await start();
    (await write(row(1), COLUMNS)).finish();
    const second = await write(row(2), COLUMNS);
    rmSync(path);
    second.finish();
    expect(readFileSync(path, "utf8")).toBe("id,name\n2,x\n");
  });
});

it("rows are appended behind a last row that has no end", async () => {
  const { path, write } = await start();
  writeFileSync(path, "id,name\n1,x");
  (await write(row(2), COLUMNS)).finish();
  expect(readFileSync(path, "utf8")).toBe("id,name\n1,x\n2,x\n");
});

it("a result without rows appends nothing but the header of a new file", async () => {
  const { path, write } = await start();
  const none = "(SELECT '1' AS id, 'x' AS name WHERE false) AS result";
  (await write(none, COLUMNS)).finish();
  (await write(none, COLUMNS)).finish();
  expect(readFileSync(path, "utf8")).toBe("id,name\n");
});
