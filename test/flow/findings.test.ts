import { describe, expect, it } from "vitest";
import { FINDING_CODES } from "../../flow/finding-codes.js";
import { checkPackage, judgeFindings, type CheckOptions, type Finding } from "../../flow/findings.js";
import type { Dataset, FlowPackage, Webhook } from "../../flow/model.js";
import { readPackage } from "../../flow/read.js";
import type { ImportRules } from "../../flow/rule-types.js";
import { applyRules } from "../../flow/rules.js";
import { HAS_REAL_PACKAGES, listRealPackages } from "../real-packages.js";
import { smallPackage, WAREHOUSE_UUID, withFlow } from "./small-package.js";

const MAPPED: ImportRules = { connections: [{ on: { uuid: WAREHOUSE_UUID }, with: 12 }], values: [] };

function findings(pkg: FlowPackage, rules: ImportRules, options?: CheckOptions): Finding[] {
  return checkPackage(applyRules(pkg, rules), options);
}

function codesOf(found: readonly Finding[]): string[] {
  return found.map(({ code }) => code);
}

function withDataset(kind: Dataset["kind"], change: object): FlowPackage {
  return withFlow(smallPackage(), (flow) => ({
    datasets: flow.datasets.map((dataset) => (dataset.kind === kind ? { ...dataset, ...change } : dataset)),
  }));
}

const WEBHOOK: Webhook = {
  id: 1,
  name: "Tell us",
  url: "https://example.com/hook",
  method: "post",
  triggerEvent: "onJobFailure",
  triggerObject: "any",
  body: null,
  headers: { "Content-Type": "application/json" },
  secretKey: null,
  verifiesTls: true,
  retries: false,
  nodeIds: [],
};

describe("checking a package with its rules", () => {
  it("finds nothing where everything is mapped and reached", () => {
    expect(findings(smallPackage(), MAPPED)).toEqual([]);
  });

  it("names a used connection without a rule, and what uses it", () => {
    expect(findings(smallPackage(), { connections: [], values: [] })).toEqual([
      {
        code: "connection-not-mapped",
        severity: "error",
        object: 'connection "warehouse"',
        message:
          `connection "warehouse" (uuid ${WAREHOUSE_UUID}), used by dataset "Customers", is not mapped; ` +
          `add it to the import rules: connections: [{on: {uuid: "${WAREHOUSE_UUID}"}, with: <connection id of the target>}]`,
        connectionUuid: WAREHOUSE_UUID,
      },
    ]);
  });

  it("lets an unused connection be", () => {
    const [stub] = smallPackage().connections;
    if (stub === undefined) throw new Error("the small package has a connection");
    const pkg = { ...smallPackage(), connections: [stub, { ...stub, id: 52, uuid: "unused" }] };
    expect(findings(pkg, MAPPED)).toEqual([]);
  });

  it("finds rules that match nothing, with their place", () => {
    const rules: ImportRules = {
      connections: [...MAPPED.connections, { on: { uuid: "unknown" }, with: 13 }],
      values: [{ type: "s3Bucket", on: "nowhere", with: "x" }],
    };
    expect(findings(smallPackage(), rules).map(({ code, object }) => [code, object])).toEqual([
      ["rule-matches-nothing", "connections[1]"],
      ["rule-matches-nothing", "values[0]"],
    ]);
  });

  it("finds rules that an earlier one shadows", () => {
    const rules: ImportRules = {
      connections: [...MAPPED.connections, { on: { name: "warehouse" }, with: 13 }],
      values: [
        { type: "s3Bucket", on: "acme-dev", with: "prod" },
        { type: "s3Bucket", on: "acme", with: "other" },
      ],
    };
    const found = findings(smallPackage(), rules);
    expect(found.map(({ code, object }) => [code, object])).toEqual([
      ["rule-shadowed", "connections[1]"],
      ["rule-shadowed", "values[1]"],
    ]);
    expect(found[1]?.message).toContain("rule values[0] comes first");
  });

  it("warns of a parameterised dataset only where value rules might be meant for it", () => {
    const pkg = withDataset("file", { isParameterised: true });
    const values = [{ type: "dbPath", on: "dev", with: "prod" }] as const;
    const severities = [MAPPED, { ...MAPPED, values }].map((rules) =>
      findings(pkg, rules).map(({ code, severity }) => [code, severity]),
    );
    expect(severities).toEqual([[["parameterised-dataset", "info"]], [["parameterised-dataset", "warning"]]]);
  });

  it("warns of SQL text in datasets and scripts", () => {
    const pkg = withFlow(withDataset("table", { query: "select 1", table: null }), (flow) => ({
      outputs: flow.outputs.map((output) => ({
        ...output,
        sqlScripts: [{ id: 1, sql: "drop table x", type: "pre", vendor: "postgres", connectionId: 51 }],
      })),
    }));
    expect(findings(pkg, MAPPED).map(({ code, object }) => [code, object])).toEqual([
      ["sql-text", '"Orders", dataset "Customers"'],
      ["sql-text", '"Orders", SQL script of output 61'],
    ]);
  });

  it("warns of a dataset that was converted at import", () => {
    const found = findings(withDataset("file", { conversion: { selection: ["Sheet 1"] } }), MAPPED);
    expect(found.map(({ code }) => code)).toEqual(["converted-dataset"]);
  });

  it("warns of credentials in webhooks without showing them", () => {
    const withWebhook = (change: Partial<Webhook>) =>
      findings(
        withFlow(smallPackage(), () => ({ webhooks: [{ ...WEBHOOK, ...change }] })),
        MAPPED,
      );
    const places = [
      { headers: { Authorization: "Bearer canary" } },
      { headers: { "X-Api-Key": "canary" } },
      { secretKey: "canary" },
      { url: "https://user:canary@example.com/hook" },
      { url: "https://example.com/hook?access_token=canary" },
      { url: "https://hooks.slack.com/services/canary" },
      { body: '{"text": "done", "api_key": "canary"}' },
      { body: "text=done&password=canary" },
      { headers: { "X-Caller": "Bearer canary-canary" } },
    ];
    for (const place of places) {
      const found = withWebhook(place);
      expect(found.map(({ code }) => code)).toEqual(["webhook-secret"]);
      expect(JSON.stringify(found)).not.toContain("canary");
    }
    const harmless = [
      {},
      { body: '{"text": "job $jobId", "token": "$token"}' },
      { url: "https://example.com/hook?flow=orders" },
    ];
    for (const place of harmless) expect(withWebhook(place)).toEqual([]);
  });

  it("tells which parameters a run can set", () => {
    const pkg = withFlow(smallPackage(), () => ({
      parameters: [{ id: 1, name: "region", value: {} }],
      overrides: [{ id: 2, name: "day", value: {} }],
    }));
    expect(findings(pkg, MAPPED)).toMatchObject([
      {
        code: "run-parameters",
        severity: "info",
        message: expect.stringContaining("(day, region)") as string,
      },
    ]);
  });
});

describe("checking a package with more known than its rules", () => {
  const prod: ImportRules = { ...MAPPED, values: [{ type: "s3Bucket", on: "dev", with: "prod" }] };

  it("finds what still holds a marker of the source environment after the rules", () => {
    const found = findings(smallPackage(), prod, { sourceMarkers: ["acme-dev", "_DEV"] });
    expect(found.map(({ code, object, message }) => [code, object, message])).toEqual([
      [
        "source-environment-left",
        'flow "Orders", dataset "Customers"',
        'flow "Orders", dataset "Customers" still points to the source environment ("_DEV"): table dev.customers_dev via ' +
          "connection warehouse. Add an import rule for it, or a parameter where rules do not reach",
      ],
      [
        "source-environment-left",
        'flow "Orders", manual output of "Clean"',
        expect.stringContaining("postgres table dev.clean_dev") as string,
      ],
    ]);
  });

  it("does not show the address of a webhook that points to the source environment", () => {
    const pkg = withFlow(smallPackage(), () => ({
      webhooks: [{ ...WEBHOOK, url: "https://dev.example.com/canary" }],
    }));
    const found = findings(pkg, MAPPED, { sourceMarkers: ["dev.example.com"] });
    expect(codesOf(found)).toEqual(["source-environment-left"]);
    expect(found[0]?.message).not.toContain("canary");
  });

  it("knows the target's connections: twins, rules to none of them, and other vendors", () => {
    const twin = { id: 4, uuid: WAREHOUSE_UUID.toUpperCase(), name: "here", vendor: "postgres" };
    const other = { id: 12, uuid: "u", name: "lake", vendor: "snowflake" };
    const noRules: ImportRules = { connections: [], values: [] };
    const codes = (rules: ImportRules, ...connections: (typeof twin)[]) =>
      codesOf(findings(smallPackage(), rules, { connections }));
    expect(codes(noRules, twin)).toEqual([]);
    expect(codes(noRules, other)).toEqual(["connection-not-mapped"]);
    expect(codes(MAPPED, twin)).toEqual(["connection-not-found"]);
    expect(codes(MAPPED, other)).toEqual(["connection-vendor-differs"]);
    expect(codes(MAPPED, { ...other, vendor: "postgres" })).toEqual([]);
  });

  it("says of a rule that changes nothing because its values stand where rules do not reach", () => {
    const values = [{ type: "s3Bucket", on: "acme", with: "prod" }] as const;
    const pkg = withFlow(withDataset("file", { isParameterised: true }), () => ({ outputs: [] }));
    const found = findings(pkg, { ...MAPPED, values });
    expect(found.find(({ code }) => code === "rule-does-not-reach")?.message).toBe(
      'rule values[0] changes nothing: what it would match stands in flow "Orders", dataset "orders.csv" (parameterised), ' +
        "and import rules do not reach that. Put the value into a parameter, and set it in the target",
    );
  });

  it("finds two recipes that write to one place, but not the two outputs of one recipe", () => {
    const again = (nodeId: number, action = "overwrite") =>
      withFlow(smallPackage(), (flow) => ({
        outputs: flow.outputs.flatMap((output) => {
          const files = output.files.map((file) => ({ ...file, action }));
          const one = { ...output, files, tables: [] };
          return [
            one,
            { ...one, id: 62, nodeId, isManual: false, files: files.map((file) => ({ ...file, id: 75 })) },
          ];
        }),
      }));
    expect(findings(again(12), MAPPED).map(({ code, message }) => [code, message])).toEqual([
      [
        "output-written-twice",
        'file s3://acme-dev/development/clean.csv is written by "Orders / Clean" and "Orders / Customers": the later run ' +
          "overwrites the earlier one. Give each recipe a place of its own",
      ],
    ]);
    expect(findings(again(13), MAPPED)).toEqual([]);
    expect(findings(again(12, "append"), MAPPED)).toEqual([]);
  });

  it("tells what the previous package still had, and which findings are new", () => {
    const published = withFlow(smallPackage(), () => ({
      references: [{ id: 90, name: "Clean orders", description: null }],
      parameters: [{ id: 91, name: "region", value: {} }],
      webhooks: [{ ...WEBHOOK, secretKey: "x" }],
    }));
    const next = withFlow(smallPackage(), () => ({
      webhooks: [
        { ...WEBHOOK, secretKey: "x" },
        { ...WEBHOOK, id: 2, name: "Another", secretKey: "y" },
      ],
    }));
    const previous = applyRules(published, MAPPED);
    expect(
      findings(next, MAPPED, { previous }).map(({ code, object, isNew }) => [code, object, isNew]),
    ).toEqual([
      ["webhook-secret", '"Orders", webhook "Tell us"', false],
      ["webhook-secret", '"Orders", webhook "Another"', true],
      ["reference-removed", 'flow "Orders", reference "Clean orders"', true],
      ["parameter-removed", 'flow "Orders", parameter "region"', true],
    ]);
  });

  it("tells that a rule which matches nothing matched the previous package", () => {
    const renamed = withFlow(applyRules(smallPackage(), prod).package, () => ({}));
    const found = findings(renamed, prod, { previous: applyRules(smallPackage(), prod) });
    expect(found.map(({ message }) => message)).toEqual([
      "rule values[0] matches nothing in this package, though it matched 2 values of the previous one. " +
        "Remove it, or check what it should match",
    ]);
  });
});

describe("judging findings", () => {
  const found = findings(smallPackage(), { connections: [], values: [{ type: "host", on: "x", with: "y" }] });

  it("gives codes another severity, and drops what is ignored", () => {
    const judged = judgeFindings(found, {
      "connection-not-mapped": "info",
      "rule-matches-nothing": "ignore",
    });
    expect(judged.map(({ code, severity }) => [code, severity])).toEqual([["connection-not-mapped", "info"]]);
    expect(judgeFindings(found, {})).toEqual(found);
  });

  it("refuses a code that does not exist, with the nearest that does", () => {
    expect(() => judgeFindings(found, { "rule-matches-nothin": "error" })).toThrow(
      new RangeError('unknown finding code "rule-matches-nothin" (did you mean "rule-matches-nothing"?)'),
    );
  });

  it("describes every code in one sentence", () => {
    for (const [code, { description }] of Object.entries(FINDING_CODES)) {
      expect(description, code).toMatch(/^[A-Z].*\.$/);
    }
  });
});

describe.skipIf(!HAS_REAL_PACKAGES)("checking real packages", () => {
  it("finds the connection, the SQL text and the parameter of a query", async () => {
    const [real] = listRealPackages().filter(({ name }) => name === "sql-flow/package.zip");
    const found = findings(await readPackage(real?.path ?? ""), { connections: [], values: [] });
    expect(found.map(({ code, severity }) => [code, severity])).toEqual([
      ["connection-not-mapped", "error"],
      ["sql-text", "warning"],
      ["run-parameters", "info"],
    ]);
  });
});
