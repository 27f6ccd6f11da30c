import { readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import type * as pulumi from "@pulumi/pulumi";
import type * as Plugin from "pulumi-sluice/plugin";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { WAREHOUSE, writeOrdersPackages } from "./orders.js";
import { isWithoutEngine, startEngineTest, TOKEN, writesOf } from "./stack.js";
import type { EngineTest, Program } from "./stack.js";

const sluice = createRequire(__filename)("pulumi-sluice/plugin") as typeof Plugin;

const CONNECTION = {
  vendor: "postgres",
  vendorName: "postgres",
  type: "jdbc",
  host: "db.example.com",
  port: 5432,
  params: { database: "sales" },
  credentialType: "basic",
  credentials: [{ username: "loader", password: "set-by-hand" }],
};
const VALUES = [{ type: "s3Bucket", on: "acme-dev", with: "acme-prod" }] as const;

/** What people made at the platform by hand, without any program. */
async function makeByHand(test: EngineTest): Promise<void> {
  await test.call("POST", "/v4/connections", { ...CONNECTION, name: "warehouse", uuid: WAREHOUSE });
  for (const name of ["orders", "payments"]) await test.call("POST", "/v4/deployments", { name });
  await test.call("PATCH", "/v4/deployments/1/valueImportRules", VALUES);
  const form = new FormData();
  form.set("data", new Blob([await readFile(join(test.folder, "orders-1.0.0.zip"))]), "orders.zip");
  await fetch(`${test.platform.endpoint("prod")}/v4/deployments/1/releases`, {
    method: "POST",
    headers: { authorization: `Bearer ${TOKEN}` },
    body: form,
  });
  await test.call("PATCH", "/v4/releases/1", { notes: "made by hand" });
  for (const id of [1, 2])
    await test.call("POST", "/v4/deploymentSchedules", {
      name: "nightly",
      deployment: { id },
      triggers: [{ timeBased: { daily: { hourOfDay: 2, minuteOfHour: 0 }, timezone: "UTC" } }],
    });
}

interface Changes {
  version?: string;
  /** Imports each resource by what is given for its type. */
  imports?: Record<string, string>;
}

/** States what is there. */
function statedProgram({ version = "1.0.0", imports = {} }: Changes = {}): Program {
  const options = (type: string): pulumi.CustomResourceOptions =>
    imports[type] === undefined ? {} : { import: imports[type] };
  return () => {
    new sluice.Connection(
      "warehouse",
      {
        name: "warehouse",
        vendor: "postgres",
        host: "db.example.com",
        port: 5432,
        params: { database: "sales" },
      },
      options("Connection"),
    );
    const deployment = new sluice.Deployment("orders", { name: "orders" }, options("Deployment"));
    const rules = new sluice.ImportRules(
      "orders",
      { deploymentId: deployment.id, values: [...VALUES] },
      options("ImportRules"),
    );
    const release = new sluice.Release(
      "orders",
      {
        deploymentId: deployment.id,
        package: `orders-${version}.zip`,
        rules: { connections: rules.connections, values: rules.values },
        notes: "made by hand",
      },
      options("Release"),
    );
    new sluice.Schedule(
      "nightly",
      {
        deploymentId: release.deploymentId,
        name: "nightly",
        triggers: [{ daily: { hourOfDay: 2, minuteOfHour: 0 } }],
      },
      options("Schedule"),
    );
    return Promise.resolve();
  };
}

describe.skipIf(isWithoutEngine)("objects that people made by hand", () => {
  let test: EngineTest;
  let beside: EngineTest;

  beforeAll(async () => {
    test = await startEngineTest({ plugin: resolve("bin") });
    beside = await startEngineTest({ plugin: resolve("bin"), beside: test, stackName: "beside" });
    for (const one of [test, beside]) await writeOrdersPackages(one);
    await makeByHand(test);
  }, 60_000);
  afterAll(async () => {
    await beside.close();
    await test.close();
  });

  async function importFile(
    ...resources: readonly [type: string, name: string, id: string][]
  ): Promise<string> {
    const file = join(test.folder, "import.json");
    const entries = resources.map(([type, name, id]) => ({ type: `sluice:index:${type}`, name, id }));
    await writeFile(file, JSON.stringify({ resources: entries }));
    return test.pulumi("import", "--file", file, "--generate-code=false", "--protect=false", "--yes");
  }

  it("are imported by the command line without a warning, and a program that states them changes nothing", async () => {
    const requests = await test.requestsDuring(async () => {
      const output = await importFile(
        ["Connection", "warehouse", "warehouse"],
        ["Deployment", "orders", "orders"],
        ["ImportRules", "orders", "name:orders"],
        ["Release", "orders", "1"],
        ["Schedule", "nightly", "id:1"],
      );
      expect(output).toContain("5 imported");
      expect(output).not.toMatch(/warning|failed to validate|Diagnostics/);
    });
    expect(writesOf(requests)).toEqual([]);
    test.use(statedProgram());
    const { changeSummary } = await test.stack.preview();
    expect(Object.keys(changeSummary)).toEqual(["same"]);
    expect(await test.state()).not.toContain("set-by-hand");
  });

  it("are imported by a program's options; the next version is one deploy, and going back one activation", async () => {
    const imports = {
      Connection: "warehouse",
      Deployment: "orders",
      ImportRules: "orders",
      Release: "orders",
      Schedule: "1",
    };
    beside.use(statedProgram({ imports }));
    const first = await beside.requestsDuring(async () => {
      const { summary } = await beside.stack.up();
      expect(summary.resourceChanges).toMatchObject({ import: 5 });
    });
    expect(writesOf(first)).toEqual([]);
    beside.use(statedProgram());
    expect(Object.keys((await beside.stack.preview()).changeSummary)).toEqual(["same"]);

    beside.use(statedProgram({ version: "1.1.0" }));
    const deploy = await beside.requestsDuring(() => beside.stack.up());
    expect(writesOf(deploy)).toEqual([
      "PATCH /vN/releases/N",
      "POST /vN/deployments/N/releases",
      "PATCH /vN/releases/N",
    ]);
    beside.use(statedProgram());
    const back = await beside.requestsDuring(() => beside.stack.up());
    expect(writesOf(back)).toEqual(["PATCH /vN/releases/N"]);
  });

  it.each([
    ["Deployment", "ordres", 'no Deployment at \\S+ has the name "ordres" \\(did you mean "orders"\\?\\)'],
    ["Deployment", "987654", "resource '987654' does not exist"],
    ["Deployment", "../connections/1", 'has the name "../connections/1"; there are'],
    [
      "Schedule",
      "nightly",
      '2 objects of the type Schedule: \\d \\("nightly" of deployment "(orders|payments)"\\)',
    ],
    ["Release", "2", 'deployment "payments" has no active release to import'],
  ])("a %s named %j is refused in words that help", async (type, id, message) => {
    const before = await test.state();
    const failure = await importFile([type, "another", id]).then(
      () => "",
      (error: { stdout: string; stderr: string }) => error.stdout + error.stderr,
    );
    expect(failure).toMatch(new RegExp(message));
    expect(failure).not.toMatch(/^ {4}at /m);
    expect(JSON.parse(await test.state())).toMatchObject({
      checkpoint: { latest: { resources: (JSON.parse(before) as Checkpoint).checkpoint.latest.resources } },
    });
  });
});

interface Checkpoint {
  checkpoint: { latest: { resources: unknown[] } };
}
