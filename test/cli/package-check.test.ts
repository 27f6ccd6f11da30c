import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { writePackage } from "../../flow/write.js";
import { smallPackage, withFlow } from "../flow/small-package.js";
import { expectGolden, sluice } from "./command-line.js";

const ORDERS = join(__dirname, "../../examples/quickstart/packages/orders-1.1.0");

const RULES = {
  connections: [{ on: { uuid: "a7d6b1c0-0b52-11ef-8c55-0242ac120002" }, with: 12 }],
  values: [
    { type: "s3Bucket", on: "acme-dev", with: "acme-prod" },
    { type: "s3Bucket", on: "/acme-d\\w+/", with: "elsewhere" },
    { type: "dbTableName", on: "nothing", with: "like it" },
  ],
};

let folder: string;
let rules: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "sluice-check-"));
  rules = join(folder, "rules.json");
  await writeFile(rules, JSON.stringify(RULES));
});
afterEach(() => rm(folder, { recursive: true }));

const check = (...more: string[]) => sluice("package", "check", ORDERS, ...more);

describe("sluice package check", () => {
  it("answers 1 for a finding as heavy as --fail-on, which is an error unless given", async () => {
    expect((await check()).code).toBe(1);
    expect((await check("--rules", rules)).code).toBe(0);
    expect((await check("--rules", rules, "--fail-on", "warning")).code).toBe(1);
  });

  it("shows findings, the heaviest first, and what each rule does, for a terminal and for a comment", async () => {
    const markers = ["--markers", "acme-dev, orders"];
    expectGolden("orders-check.txt", (await check("--rules", rules, ...markers)).out);
    expectGolden("orders-check.md", (await check("--rules", rules, ...markers, "--format", "markdown")).out);
    expectGolden("orders-check-without-rules.txt", (await check()).out);
  });

  it("weighs codes as it is told, and refuses a code or a level that does not exist", async () => {
    const strict = await check("--rules", rules, "--severity", "rule-shadowed=error");
    expect(strict.code).toBe(1);
    const silent = ["--severity", "rule-shadowed=ignore", "--severity", "rule-matches-nothing=ignore"];
    const calm = await check("--rules", rules, ...silent, "--fail-on", "info");
    expect({ code: calm.code, first: calm.out.split("\n")[0] }).toEqual({
      code: 0,
      first: "orders-1.1.0: nothing found",
    });
    expect(await check("--severity", "rule-shadow=error")).toMatchObject({
      code: 2,
      error: 'error: unknown finding code "rule-shadow" (did you mean "rule-shadowed"?)\n',
    });
    expect((await check("--severity", "rule-shadowed=loud")).code).toBe(2);
  });

  it("prints findings and rules as JSON for programs", async () => {
    const { code, out } = await check("--rules", rules, "--json");
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      file: "orders-1.1.0",
      findings: [
        { code: "rule-shadowed", severity: "warning", object: "values[1]" },
        { code: "rule-matches-nothing", severity: "warning", object: "values[2]" },
      ],
      rules: [
        { rule: "connections[0]", status: "matches" },
        { rule: "values[0]", status: "matches" },
        { rule: "values[1]", status: "shadowed", shadowedBy: "values[0]" },
        { rule: "values[2]", status: "matches-nothing" },
      ],
    });
  });

  it("marks what is new since the previous package", async () => {
    const withParameters = (names: readonly string[]) =>
      withFlow(smallPackage(), () => ({
        parameters: names.map((name, index) => ({ id: 90 + index, name, value: {} })),
      }));
    const before = join(folder, "before.zip");
    const after = join(folder, "after.zip");
    await writeFile(before, await writePackage(withParameters(["day", "region"])));
    await writeFile(after, await writePackage(withParameters(["day"])));
    const { out } = await sluice("package", "check", after, "--previous", before);
    expect(out).toContain(
      'warning  parameter-removed (new): flow "Orders" no longer has the parameter "region"',
    );
    expect(out).toContain("error  connection-not-mapped: ");
  });
});

describe("sluice package show", () => {
  it("reads well as a page", async () => {
    expectGolden("orders-show.md", (await sluice("package", "show", ORDERS, "--format", "markdown")).out);
  });

  it("shows the places after import rules, and what the connections are mapped to", async () => {
    const { code, out } = await sluice("package", "show", ORDERS, "--rules", rules);
    expect(code).toBe(0);
    expect(out).toContain("orders.csv: s3://acme-prod/orders/orders.csv");
    expect(out).toContain("warehouse dev: uuid a7d6b1c0-0b52-11ef-8c55-0242ac120002 → connection 12");
  });
});
