import { describe, expect, it } from "vitest";
import type { FlowPackage, PathParameter } from "../../flow/model.js";
import { readPackage } from "../../flow/read.js";
import { RulesError, validateRules } from "../../flow/rule-problems.js";
import {
  CONNECTION_TO_BE_MADE,
  type ImportRules,
  type ValueRule,
  type ValueRuleType,
} from "../../flow/rule-types.js";
import { applyRules } from "../../flow/rules.js";
import { HAS_REAL_PACKAGES, listRealPackages } from "../real-packages.js";
import { smallPackage, WAREHOUSE_UUID, withFlow } from "./small-package.js";

function valueRules(...values: ValueRule[]): ImportRules {
  return { connections: [], values };
}

function rule(type: ValueRuleType, on: string, replacement: string): ValueRule {
  return { type, on, with: replacement };
}

/** The values that rules of each type act on, in the small package. */
function valuesOf(pkg: FlowPackage) {
  const [flow] = pkg.flows;
  const [file, table] = flow?.datasets ?? [];
  const [output] = flow?.outputs ?? [];
  return {
    dataset: file?.kind === "file" ? file.location : undefined,
    table: table?.kind === "table" ? [...table.path, table.table] : undefined,
    file: output?.files[0]?.path,
    published: [...(output?.tables[0]?.path ?? []), output?.tables[0]?.table],
  };
}

describe("the forms of a value rule", () => {
  const rewrite = (path: string, on: string, replacement: string) => {
    const pkg = withFlow(smallPackage(), (flow) => ({
      datasets: flow.datasets.map((dataset) =>
        dataset.kind === "file"
          ? { ...dataset, location: { ...dataset.location, path, uri: null } }
          : dataset,
      ),
    }));
    return valuesOf(applyRules(pkg, valueRules(rule("fileLocation", on, replacement))).package).dataset?.path;
  };

  it.each([
    ["/klamath/a", "klamath", "klondike", "/klondike/a"],
    ["/dev/dev/a", "dev", "prod", "/prod/prod/a"],
    ["/in/development/a", "//development//", "/production/", "/in/production/a"],
    ["/in/a1b2", "/[0-9]/", "#", "/in/a#b#"],
    ["/dev/a.csv", "/^/dev/(.*)\\.csv$/", "/prod/$1.json", "/prod/a.json"],
    ["/dev/a", "/(dev)|x/", "[$1]", "/[dev]/a"],
    ["/dev/a", "/d(e)/", "[$0]", "/[de]v/a"],
    ["/in/2024", "`{digit}{4}`", "$0", "/in/2024"],
    ["/dev/a", "/dev/", "x", "/x/a"],
    ["/a.b/axb", "a.b", "$1", "/$1/axb"],
    ["/Dev/a", "dev", "prod", "/Dev/a"],
    ["/Dev/a", "/(?i)dev/", "prod", "/prod/a"],
    ["/in/2024-05/a", "`{digit}{4}-({digit}+)`", "now-$1", "/in/now-05/a"],
    ["/dev/a", "`{start}/dev`", "/prod", "/prod/a"],
    ["/dev/a", "/x*?/", "", "/dev/a"],
    ["/a$b", "$b", "$$", "/a$$"],
    ["/dev/a", "/(d)(e)(v)/", "$3$2$1$$", "/ved$/a"],
    ["/dev/a", "/", "|", "|dev|a"],
  ])("%s, %s with %s → %s", (path, on, replacement, result) => {
    expect(rewrite(path, on, replacement)).toBe(result);
  });

  it("takes linear time for an expression that explodes elsewhere", () => {
    expect(rewrite(`/${"a".repeat(20_000)}`, "/(a*)*b/", "x")).toHaveLength(20_001);
  });

  it("stops rules that make a value grow without end", () => {
    const doubling = Array.from({ length: 40 }, () => rule("fileLocation", "d", "dd"));
    expect(() => applyRules(smallPackage(), valueRules(...doubling))).toThrow("longer than 32768 characters");
  });
});

describe("what each type of value rule reaches", () => {
  it("s3Bucket: the bucket of datasets and outputs, and the URI", () => {
    const ruled = applyRules(smallPackage(), valueRules(rule("s3Bucket", "acme-dev", "acme-prod")));
    expect(valuesOf(ruled.package)).toMatchObject({
      dataset: {
        bucket: "acme-prod",
        path: "/development/orders.csv",
        uri: "s3://acme-prod/development/orders.csv",
      },
      file: "s3://acme-prod/development/clean.csv",
    });
  });

  it("fileLocation: the path of datasets and outputs, never their bucket", () => {
    const ruled = applyRules(smallPackage(), valueRules(rule("fileLocation", "/dev/", "prod")));
    expect(valuesOf(ruled.package)).toMatchObject({
      dataset: {
        bucket: "acme-dev",
        path: "/prodelopment/orders.csv",
        uri: "s3://acme-dev/prodelopment/orders.csv",
      },
      file: "s3://acme-dev/prodelopment/clean.csv",
    });
  });

  it("dbTableName: the table of datasets and outputs", () => {
    const ruled = applyRules(smallPackage(), valueRules(rule("dbTableName", "/_dev$/", "")));
    expect(valuesOf(ruled.package)).toMatchObject({
      table: ["dev", "customers"],
      published: ["dev", "clean"],
    });
  });

  it("dbPath: each part of the database path of datasets and outputs", () => {
    const ruled = applyRules(smallPackage(), valueRules(rule("dbPath", "dev", "prod")));
    expect(valuesOf(ruled.package)).toMatchObject({
      table: ["prod", "customers_dev"],
      published: ["prod", "clean_dev"],
    });
  });

  it("host and userinfo: the authority of datasets and outputs", () => {
    const pkg = withFlow(smallPackage(), (flow) => ({
      datasets: flow.datasets.map((dataset) =>
        dataset.kind === "file"
          ? {
              ...dataset,
              type: "adl",
              location: {
                ...dataset.location,
                bucket: null,
                host: "devlake",
                userinfo: "box",
                uri: "adl://box@devlake:443/development/orders.csv",
              },
            }
          : dataset,
      ),
      outputs: flow.outputs.map((output) => ({
        ...output,
        files: output.files.map((file) => ({ ...file, path: "adl://box@devlake:443/out.csv" })),
      })),
    }));
    const rules = valueRules(rule("host", "devlake", "prodlake"), rule("userinfo", "box", "crate"));
    expect(valuesOf(applyRules(pkg, rules).package)).toMatchObject({
      dataset: {
        host: "prodlake",
        userinfo: "crate",
        uri: "adl://crate@prodlake:443/development/orders.csv",
      },
      file: "adl://crate@prodlake:443/out.csv",
    });
  });

  it("nothing else: other types leave every value as it is", () => {
    for (const type of ["host", "userinfo"] as const) {
      const ruled = applyRules(smallPackage(), valueRules(rule(type, "/./", "x")));
      expect(ruled.package).toEqual(smallPackage());
    }
  });

  it("leaves parameterised datasets and SQL text alone", () => {
    const pkg = withFlow(smallPackage(), (flow) => ({
      datasets: flow.datasets.map((dataset) =>
        dataset.kind === "file"
          ? { ...dataset, isParameterised: true }
          : { ...dataset, table: null, path: ["dev"], query: "select * from dev.orders_dev" },
      ),
      outputs: [],
    }));
    const everything = ["s3Bucket", "fileLocation", "dbTableName", "dbPath"] as const;
    const ruled = applyRules(pkg, valueRules(...everything.map((type) => rule(type, "dev", "prod"))));
    expect(ruled.package).toEqual(pkg);
    expect(ruled.uses.flatMap((use) => use.matches)).toEqual([]);
  });

  it("rewrites a parameterised output between its parameters, and moves them along", () => {
    const parameter = (name: string, index: number): PathParameter => ({
      id: index,
      type: "path",
      name,
      value: { variable: { value: "x" } },
      insertions: [{ index, order: 0 }],
    });
    const pkg = withFlow(smallPackage(), (flow) => ({
      outputs: flow.outputs.map((output) => ({
        ...output,
        files: output.files.map((file) => ({
          ...file,
          path: "s3://acme-dev/dev/_dev.csv",
          parameters: [parameter("region", 5), parameter("day", 6)],
        })),
      })),
    }));
    const ruled = applyRules(pkg, valueRules(rule("fileLocation", "dev", "production")));
    const file = ruled.package.flows[0]?.outputs[0]?.files[0];
    expect(file?.path).toBe("s3://acme-dev/production/_production.csv");
    expect(file?.parameters.map(({ insertions }) => insertions[0]?.index)).toEqual([12, 13]);
  });
});

describe("the order of value rules", () => {
  it("applies each rule to the result of the one before", () => {
    const rules = valueRules(rule("s3Bucket", "dev", "test"), rule("s3Bucket", "test", "prod"));
    const ruled = applyRules(smallPackage(), rules);
    expect(valuesOf(ruled.package).dataset?.bucket).toBe("acme-prod");
    expect(ruled.uses.map((use) => use.matches[0])).toEqual([
      { object: 'flow "Orders", dataset "orders.csv"', before: "acme-dev", after: "acme-test" },
      { object: 'flow "Orders", dataset "orders.csv"', before: "acme-test", after: "acme-prod" },
    ]);
  });

  it("says which earlier rule took away what a rule would match", () => {
    const rules = valueRules(rule("s3Bucket", "acme-dev", "prod"), rule("s3Bucket", "acme", "other"));
    expect(applyRules(smallPackage(), rules).uses[1]).toMatchObject({ matches: [], shadowedBy: 0 });
  });
});

describe("connection rules", () => {
  const targets = (...connections: ImportRules["connections"]) =>
    Object.fromEntries(applyRules(smallPackage(), { connections, values: [] }).connectionTargets);

  it("match by uuid, by the package's id, by name, or by all of them", () => {
    expect(targets({ on: { uuid: WAREHOUSE_UUID }, with: 12 })).toEqual({ 51: 12 });
    expect(targets({ on: { uuid: WAREHOUSE_UUID.toUpperCase() }, with: 12 })).toEqual({ 51: 12 });
    expect(targets({ on: { id: "51" }, with: 12 })).toEqual({ 51: 12 });
    expect(targets({ on: { name: "warehouse" }, with: 12 })).toEqual({ 51: 12 });
    expect(targets({ on: { uuid: WAREHOUSE_UUID, id: "52" }, with: 12 })).toEqual({});
    expect(targets({ on: { name: "ware" }, with: 12 })).toEqual({});
  });

  it("leave the package's own connection ids as they are", () => {
    const rules: ImportRules = { connections: [{ on: { uuid: WAREHOUSE_UUID }, with: 12 }], values: [] };
    expect(applyRules(smallPackage(), rules).package).toEqual(smallPackage());
  });

  it("work on the result of the rule before: once mapped, only the new id counts", () => {
    const first = { on: { uuid: WAREHOUSE_UUID }, with: 12 };
    expect(targets(first, { on: { uuid: WAREHOUSE_UUID }, with: 13 })).toEqual({ 51: 12 });
    expect(targets(first, { on: { id: "12" }, with: 13 })).toEqual({ 51: 13 });
    expect(targets(first, { on: { id: "51" }, with: 13 })).toEqual({ 51: 12 });
  });

  it("say which earlier rule mapped the connection already", () => {
    const connections = [
      { on: { uuid: WAREHOUSE_UUID }, with: 12 },
      { on: { name: "warehouse" }, with: 13 },
    ];
    const { uses } = applyRules(smallPackage(), { connections, values: [] });
    expect(uses[1]).toEqual({
      kind: "connection",
      rule: connections[1],
      index: 1,
      matches: [],
      shadowedBy: 0,
    });
  });
});

describe("checking rules", () => {
  const lookaround = "(RE2 has no lookahead or lookbehind)";
  it.each([
    [rule("fileLocation", "/a(/", "b"), "values[0].on", "invalid regex /a(/: missing closing ): `a(`"],
    [rule("fileLocation", "/(?<=a)b/", ""), "values[0].on", lookaround],
    [rule("fileLocation", "/(?!a)b/", ""), "values[0].on", lookaround],
    [rule("fileLocation", "/(a)\\1/", ""), "values[0].on", "(RE2 has no backreferences)"],
    [rule("fileLocation", "/((a{100}){100}){100}/", ""), "values[0].on", "invalid repeat count"],
    [
      rule("fileLocation", "`{digitt}`", ""),
      "values[0].on",
      'unknown token {digitt} (did you mean "digit"?)',
    ],
    [rule("fileLocation", "", "b"), "values[0].on", "is empty"],
    [rule("fileLocation", "//", "b"), "values[0].on", "is empty"],
    [rule("fileLocation", "``", "b"), "values[0].on", "is empty"],
    [
      rule("fileLocation", "/(a)/", "$2"),
      "values[0].with",
      "names group $2, but the expression has 1 groups",
    ],
    [{ type: "filelocation", on: "a", with: "b" }, "values[0].type", '(did you mean "fileLocation"?)'],
    [{ type: "fileLocation", on: "a" }, "values[0].with", "expected text"],
    [{ type: "fileLocation", on: 5, with: "b" }, "values[0].on", "expected text"],
  ])("refuses the value rule %j", (value, path, message) => {
    const problems = validateRules({ connections: [], values: [value] } as unknown as ImportRules);
    expect(problems).toHaveLength(1);
    expect(problems[0]?.path).toBe(path);
    expect(problems[0]?.message).toContain(message);
  });

  it.each([
    [{ on: {}, with: 1 }, "connections[0].on", "is empty"],
    [{ on: { uuid: "" }, with: 1 }, "connections[0].on.uuid", "expected non-empty text"],
    [{ on: { id: 22 }, with: 1 }, "connections[0].on.id", "expected non-empty text"],
    [{ on: { uid: "x" }, with: 1 }, "connections[0].on.uid", '(did you mean "uuid"?)'],
    [{ on: { uuid: "/.*/" }, with: 1 }, "connections[0].on.uuid", "literals only"],
    [{ on: { uuid: "x" }, with: 0 }, "connections[0].with", "a positive integer"],
    [{ on: { uuid: "x" }, with: CONNECTION_TO_BE_MADE }, "connections[0].with", "a positive integer"],
    [{ on: { uuid: "x" }, with: "12" }, "connections[0].with", "a positive integer"],
  ])("refuses the connection rule %j", (connection, path, message) => {
    const problems = validateRules({ connections: [connection], values: [] });
    expect(problems).toHaveLength(1);
    expect(problems[0]?.path).toBe(path);
    expect(problems[0]?.message).toContain(message);
  });

  it("refuses what is no list of rules at all", () => {
    expect(validateRules("rules")).toHaveLength(1);
    expect(validateRules({ connections: {}, values: [5], valus: [] }).map(({ path }) => path)).toEqual([
      "valus",
      "connections",
      "values[0]",
    ]);
  });

  it("accepts rules of every form", () => {
    const values = [
      rule("s3Bucket", "a", ""),
      rule("fileLocation", "//x//", "/y/"),
      rule("dbPath", "`{any}`", "$"),
    ];
    expect(validateRules({ connections: [{ on: { name: "/x/" }, with: 3 }], values })).toEqual([]);
  });

  it("keeps rules with faults from being applied", () => {
    expect(() => applyRules(smallPackage(), valueRules(rule("dbPath", "/(/", "")))).toThrow(RulesError);
  });
});

describe.skipIf(!HAS_REAL_PACKAGES)("rules on real packages", () => {
  it("change nothing where they match nothing", async () => {
    for (const { path } of listRealPackages()) {
      const pkg = await readPackage(path);
      const rules = valueRules(
        rule("fileLocation", "no such text", "x"),
        rule("dbPath", "/no such text/", "x"),
      );
      expect(applyRules(pkg, rules).package).toEqual(pkg);
    }
  });

  it("keep a location's path and URI the same", async () => {
    const rules = valueRules(rule("fileLocation", "/[a-z]+/", "moved"));
    let checked = 0;
    for (const { path } of listRealPackages()) {
      for (const dataset of applyRules(await readPackage(path), rules).package.flows.flatMap(
        (flow) => flow.datasets,
      )) {
        if (dataset.kind !== "file" || dataset.isParameterised) continue;
        expect(dataset.location.uri).toMatch(/^[a-z0-9]+:\/\//);
        expect(dataset.location.uri?.endsWith(dataset.location.path)).toBe(true);
        expect(dataset.location.path).toContain("moved");
        checked += 1;
      }
    }
    expect(checked).toBe(25);
  });
});
