import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import type { FileDataset, JsonObject } from "../../../flow/model.js";
import { describeLocation, findFiles } from "../../../platform/jobs/find-files.js";
import { fillOutputPath } from "../../../platform/jobs/path-parameters.js";
import { makeDirectory } from "../platform-fixture.js";
import { oneRecipe } from "./job-fixture.js";

const VALUES = { parameters: {}, referenceDate: new Date("2024-03-08T10:00:00.000Z") };

/** A dataset whose path has a parameter where `{}` stands. */
function dataset(path: string, value: JsonObject): FileDataset {
  const [first] = oneRecipe([]).flows[0]?.datasets ?? [];
  if (first?.kind !== "file") throw new Error("no dataset");
  const insertions = [{ index: path.indexOf("{}"), order: 0 }];
  const parameters = [{ id: 1, type: "path", name: "part", value, insertions }];
  return { ...first, pathTemplate: path.replace("{}", ""), isParameterised: true, parameters };
}

/** A bucket with some files; answers what a dataset finds there. */
function bucketOf(...files: string[]) {
  const bucket = makeDirectory();
  for (const file of files) {
    mkdirSync(dirname(join(bucket, file)), { recursive: true });
    writeFileSync(join(bucket, file), "");
  }
  const places = { root: join(bucket, "none"), mappings: { "s3://acme-dev": bucket } };
  const find = (path: string, value: JsonObject, values = VALUES) =>
    findFiles(dataset(path, value), places, values).map(({ uri }) => uri.slice("s3://acme-dev/".length));
  return { bucket, find };
}

describe("a date range in a path", () => {
  const range = { formats: ["yyyy/MM/dd"], last: { unit: "days", number: 7 } };

  it("finds the files of its days, in whatever folders they lie", () => {
    const { find } = bucketOf(
      "in/2024/03/01/a.csv",
      "in/2024/03/02/a.csv",
      "in/2024/03/08/a.csv",
      "in/x/a.csv",
    );
    const found = ["in/2024/03/02/a.csv", "in/2024/03/08/a.csv"];
    expect(find("/in/{}/a.csv", { dateRange: range })).toEqual(found);
  });

  it("takes the value of the flow's override, and that of the run before it", () => {
    const { find } = bucketOf("in/2024/03/01/a.csv", "in/2024/03/08/a.csv");
    const wide = { part: { dateRange: { ...range, last: { unit: "months", number: 1 } } } };
    expect(find("/in/{}/a.csv", { dateRange: range }, { ...VALUES, overrides: wide } as never)).toHaveLength(
      2,
    );
    const given = { ...VALUES, overrides: wide, parameters: { part: "2024/03/01" } };
    expect(find("/in/{}/a.csv", { dateRange: range }, given as never)).toEqual(["in/2024/03/01/a.csv"]);
  });

  it("says what it looked for where there is nothing", () => {
    const { bucket, find } = bucketOf("in/2023/03/08/a.csv");
    expect(() => find("/in/{}/a.csv", { dateRange: range })).toThrow(
      'the dataset "orders.csv" has no file: there is nothing at ' +
        "s3://acme-dev/in/{yyyy/MM/dd from 2024-03-01T10:00:00.001 until before 2024-03-08T10:00:00.001}/a.csv " +
        `(looked in ${bucket}/in)`,
    );
  });
});

describe("a pattern in a path", () => {
  it.each<[JsonObject, string[]]>([
    [{ wildcard: "a*" }, ["in/a1.csv", "in/a12.csv", "in/ab.csv"]],
    [{ wildcard: { value: "?b" } }, ["in/ab.csv"]],
    [{ regex: { value: "a\\d+" } }, ["in/a1.csv", "in/a12.csv"]],
    [{ regex: { value: "A(1|B)", flags: ["i"] } }, ["in/a1.csv", "in/ab.csv"]],
    [{ regex: { value: "deep/.*" } }, ["in/deep/a1.csv"]],
    [{ trifactaPattern: { value: "`{start}{alpha}{digit}{1,2}{end}`" } }, ["in/a1.csv", "in/a12.csv"]],
    [{ string: { value: "ab" } }, ["in/ab.csv"]],
  ])("%j matches what it says", (pattern, found) => {
    const { find } = bucketOf("in/a1.csv", "in/a12.csv", "in/ab.csv", "in/deep/a1.csv", "out/a1.csv");
    expect(find("/in/{}.csv", { pattern })).toEqual(found);
  });

  it.each<[JsonObject, string]>([
    [{ regex: { value: "(" } }, "the pattern /(/ cannot be used: error parsing regexp: missing closing )"],
    [{ regex: { value: "a)(b" } }, "the pattern /a)(b/ cannot be used"],
    [{ regex: { value: "(?=a)" } }, "the pattern /(?=a)/ cannot be used"],
    [{ regex: { value: "a", flags: ["x"] } }, 'the flag "x" of the pattern /a/ is not known'],
    [{ trifactaPattern: { value: "{nothing}" } }, "the pattern `{nothing}` cannot be used: unknown token"],
    [{ glob: "*" }, "its value has a form that this platform does not know"],
  ])("%j is refused with dataset and parameter", (pattern, reason) => {
    const { find } = bucketOf();
    const act = () => find("/in/{}.csv", { pattern });
    expect(act).toThrow(/^the path of the dataset "orders.csv": the parameter "part": /);
    expect(act).toThrow(reason);
  });

  it("never takes time beyond measure", () => {
    const { find } = bucketOf(`in/${"a".repeat(200)}b.csv`);
    expect(() => find("/in/{}.csv", { pattern: { regex: { value: "(a|a|aa)+$" } } })).toThrow("has no file");
  });

  it("never finds a file outside the folder in front of it", () => {
    const { bucket, find } = bucketOf(
      "in/a.csv",
      "in/deep/a.csv",
      "other/a.csv",
      "a.csv",
      "in.csv",
      "inner/a.csv",
    );
    const outside = makeDirectory();
    writeFileSync(join(outside, "secret.csv"), "");
    symlinkSync(outside, join(bucket, "in/link"));
    const parts = [
      "..",
      "/",
      ".",
      "*",
      "(?s).*",
      "[^a]*",
      "\\.\\./",
      "%2e",
      "\\0",
      "in",
      "|",
      "{any}*",
      "?",
      "^",
      "$",
      "a",
    ];
    for (let round = 0; round < 2000; round += 1) {
      const text = Array.from(
        { length: 1 + (round % 4) },
        (_, at) => parts[(round * 7 + at * (3 + (round >> 4))) % parts.length],
      ).join("");
      const kind = (["wildcard", "regex", "trifactaPattern", "string"] as const)[round % 4] ?? "regex";
      let found: string[] = [];
      try {
        found = find("/in/{}.csv", { pattern: { [kind]: { value: text } } });
      } catch (error) {
        expect((error as Error).name).toBe("JobFailure");
      }
      for (const file of found) expect(["in/a.csv", "in/deep/a.csv"]).toContain(file);
    }
  });
});

it("a location is shown with its patterns as they are written", () => {
  const shown = describeLocation(dataset("/in/{}.csv", { pattern: { wildcard: "*" } }), VALUES);
  expect(shown).toBe("s3://acme-dev/in/{*}.csv");
});

it("a time stamp is that of its zone; another time than the job's is refused", () => {
  const write = (timestamp: JsonObject) => {
    const insertions = [{ index: 5, order: 0 }];
    const parameter = { id: 1, type: "path", name: "day", value: { timestamp }, insertions };
    return fillOutputPath("/out/.csv", [parameter], VALUES);
  };
  expect(write({ format: "yyyy-MM-dd HH", timezone: "Asia/Tokyo" })).toBe("/out/2024-03-08 19.csv");
  expect(() => write({ format: "yyyy", date: { relative: { days: 1 } } })).toThrow(
    "a form that this platform",
  );
});

it("an output has no place where a pattern or a date range stands in its path", () => {
  const insertions = [{ index: 5, order: 0 }];
  const parameter = { id: 1, type: "path", name: "day", value: { pattern: { wildcard: "*" } }, insertions };
  expect(() => fillOutputPath("/out/.csv", [parameter], VALUES)).toThrow(
    "writing /out/{*}.csv: a pattern or a date range is no place to write to",
  );
});
