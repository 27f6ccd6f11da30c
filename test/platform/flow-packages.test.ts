import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { contentDigest, isSameContent } from "../../flow/digest.js";
import type { FlowPackage } from "../../flow/model.js";
import { readPackage } from "../../flow/read.js";
import { applyRules } from "../../flow/rules.js";
import { smallPackage, WAREHOUSE_UUID, withFlow } from "../flow/small-package.js";
import { HAS_REAL_PACKAGES, listRealPackages } from "../real-packages.js";
import {
  createPerson,
  createWarehouse,
  exportFlow,
  importFlows,
  packageForm,
  startWithSmallFlow,
} from "./flow-fixture.js";
import { startTestPlatform } from "./platform-fixture.js";

const NO_RULES = { connections: [], values: [] };
const OTHER_UUID = "9d6c1c10-0000-11e9-b9eb-0fd11bed75ab";

describe.skipIf(!HAS_REAL_PACKAGES)("a real package", () => {
  test.each(listRealPackages())("$name comes out of the platform as it went in", async ({ path }) => {
    const platform = await startTestPlatform();
    const original = await readPackage(path);
    for (const { uuid } of original.connections) await createWarehouse(platform, uuid);
    const { body } = await importFlows(platform, readFileSync(path));

    const exported = withoutPrefix(await exportFlow(platform, body.primaryFlowIds[0] as number));

    expect(isSameContent(applyRules(original, NO_RULES), exported)).toBe(true);
    if (original.connections.length === 0) expect(contentDigest(exported)).toBe(contentDigest(original));
  });

  test.each(listRealPackages())("$name comes out of a release as it went in", async ({ path }) => {
    const platform = await startTestPlatform();
    const original = await readPackage(path);
    for (const { uuid } of original.connections) await createWarehouse(platform, uuid);
    const deployment = await platform.call("POST", "/v4/deployments", { name: "real" });
    const form = await packageForm(readFileSync(path));
    const release = await platform.call("POST", `/v4/deployments/${deployment.body.id}/releases`, form);
    expect(release.status).toBe(201);

    const exported = await exportFlow(platform, release.body.primaryFlowIds[0] as number);

    expect(exported.flows[0]?.name).toBe(original.flows[0]?.name);
    expect(isSameContent(applyRules(original, NO_RULES), exported)).toBe(true);
  });
});

describe("importing a package", () => {
  test("answers what was created, under a prefixed name", async () => {
    const platform = await startTestPlatform();
    const connectionId = await createWarehouse(platform);
    const { body } = await importFlows(platform, smallPackage());
    expect(body.flows).toHaveLength(1);
    expect(body.flows[0]).toMatchObject({
      id: body.primaryFlowIds[0],
      name: expect.stringMatching(/^\[[0-9a-f]{8}\] Orders$/) as string,
      createdBy: 1,
      folderId: null,
    });
    expect(body.datasources.map((row: { connectionId: number }) => row.connectionId)).toEqual([
      null,
      connectionId,
    ]);
    expect(
      [body.flownodes, body.flowedges, body.recipes, body.outputobjects].map((rows) => rows.length),
    ).toEqual([3, 2, 3, 1]);
    expect(body).toMatchObject({ importRuleChanges: { object: [], value: [] }, deletedObjects: {} });
    expect(body).not.toHaveProperty("release");
  });

  test.each(["archive", "File", "file"])("takes the file from a part named %s", async (part) => {
    const platform = await startTestPlatform();
    await createWarehouse(platform);
    const form = await packageForm(smallPackage(), { part });
    expect((await platform.call("POST", "/v4/flows/package", form)).status).toBe(201);
  });

  test("goes into the folder of a path with a trailing slash", async () => {
    const platform = await startTestPlatform();
    await createWarehouse(platform);
    const folder = await platform.call("POST", "/v4/folders", { name: "Sales" });
    const form = await packageForm(smallPackage());
    const imported = await platform.call("POST", `/v4/flows/package/?folderId=${folder.body.id}`, form);
    expect([imported.status, imported.body.flows[0].folderId]).toEqual([201, folder.body.id]);
  });

  test("twice makes two flows that share nothing", async () => {
    const platform = await startTestPlatform();
    await createWarehouse(platform);
    const first = await importFlows(platform, smallPackage());
    const second = await importFlows(platform, smallPackage());
    const ids = (body: { datasources: { id: number }[] }) => body.datasources.map((row) => row.id);
    expect(new Set([...ids(first.body), ...ids(second.body)]).size).toBe(4);
  });

  test("a connection without mapping or twin is refused by name, and nothing is kept", async () => {
    const platform = await startTestPlatform();
    const { status, body } = await platform.call(
      "POST",
      "/v4/flows/package",
      await packageForm(smallPackage()),
    );
    expect([status, body.exception.name]).toEqual([400, "ConnectionMappingMissing"]);
    expect(body.exception.details).toEqual([{ id: 51, uuid: WAREHOUSE_UUID, name: "warehouse" }]);
    expect(body.exception.message).toContain('connection "warehouse"');
    expect((await platform.call("GET", "/v4/flows?flowsFilter=all")).body.data).toEqual([]);
    expect((await platform.call("GET", "/v4/importedDatasets?ownershipFilter=all")).body.data).toEqual([]);
  });

  test("connectionIdMapping leads to another connection", async () => {
    const platform = await startTestPlatform();
    const connectionId = await createWarehouse(platform, OTHER_UUID);
    const connectionIdMapping = JSON.stringify([
      { connectionUuid: WAREHOUSE_UUID, mappedConnectionUuid: OTHER_UUID },
    ]);
    const form = await packageForm(smallPackage(), { connectionIdMapping });
    const imported = await platform.call("POST", "/v4/flows/package", form);
    expect(imported.body.datasources[1].connectionId).toBe(connectionId);
    const exported = await exportFlow(platform, imported.body.primaryFlowIds[0] as number);
    expect(exported.connections.map((stub) => stub.uuid)).toEqual([OTHER_UUID]);
  });

  test.each([
    ["no JSON", "[{"],
    ["no list", "{}"],
    ["nested without end", "[".repeat(50_000) + "]".repeat(50_000)],
    ["a text that the store would change", `[{"connectionUuid":"a\\ud800","mappedConnectionUuid":"b"}]`],
    ["an entry without target", `[{"connectionUuid":"${WAREHOUSE_UUID}"}]`],
    [
      "a target that does not exist",
      `[{"connectionUuid":"${WAREHOUSE_UUID}","mappedConnectionUuid":"${OTHER_UUID}"}]`,
    ],
  ])("a connectionIdMapping that is %s is refused", async (_what, connectionIdMapping) => {
    const platform = await startTestPlatform();
    const form = await packageForm(smallPackage(), { connectionIdMapping });
    const { status, body } = await platform.call("POST", "/v4/flows/package", form);
    expect([status, body.exception.name]).toEqual([400, "ValidationFailed"]);
    expect(body.exception.details).toContain("connectionIdMapping");
  });

  test("environmentParameterMapping renames a parameter and sets another", async () => {
    const platform = await startTestPlatform();
    await createWarehouse(platform);
    const parameter = (id: number, name: string) => ({ id, name, value: { variable: { value: "old" } } });
    const pkg = withFlow(smallPackage(), () => ({
      parameters: [parameter(81, "env.a"), parameter(82, "env.b")],
    }));
    const environmentParameterMapping = JSON.stringify([
      { overrideKey: "env.a", mappedOverrideKey: "env.c" },
      { overrideKey: "env.b", mappedValue: "new" },
    ]);
    const form = await packageForm(pkg, { environmentParameterMapping });
    const imported = await platform.call("POST", "/v4/flows/package", form);
    const exported = await exportFlow(platform, imported.body.primaryFlowIds[0] as number);
    expect(exported.flows[0]?.parameters.map(({ name, value }) => [name, value])).toEqual([
      ["env.c", { variable: { value: "old" } }],
      ["env.b", { variable: { value: "new" } }],
    ]);
  });

  test("a dry run answers the same and keeps nothing", async () => {
    const platform = await startTestPlatform();
    await createWarehouse(platform);
    const form = await packageForm(smallPackage());
    const tried = await platform.call("POST", "/v4/flows/package/dryRun", form);
    expect(tried.status).toBe(200);
    expect(tried.body.flownodes).toHaveLength(3);
    expect((await platform.call("GET", "/v4/flows")).body.data).toEqual([]);
    // The platform still writes afterwards: the dry run's transaction is over.
    expect((await platform.call("POST", "/v4/flows", { name: "after" })).status).toBe(201);
  });

  test("a refused dry run leaves the platform usable", async () => {
    const platform = await startTestPlatform();
    const tried = await platform.call("POST", "/v4/flows/package/dryRun", await packageForm(smallPackage()));
    expect([tried.status, tried.body.exception.name]).toEqual([400, "ConnectionMappingMissing"]);
    expect((await platform.call("POST", "/v4/flows", { name: "after" })).status).toBe(201);
  });

  test.each([
    ["empty", new Uint8Array(), "empty"],
    ["no zip", new TextEncoder().encode("name,amount"), "not-a-zip"],
  ])("a file that is %s is refused with its reason", async (_what, bytes, code) => {
    const platform = await startTestPlatform();
    const { status, body } = await platform.call("POST", "/v4/flows/package", await packageForm(bytes));
    expect([status, body.exception.name, body.exception.details.code]).toEqual([400, "InvalidPackage", code]);
  });

  test("a package of a newer product is refused", async () => {
    const platform = await startTestPlatform();
    const pkg = smallPackage();
    const newer = { ...pkg, metadata: { ...pkg.metadata, productVersion: "10.4.0" } };
    const { status, body } = await platform.call("POST", "/v4/flows/package", await packageForm(newer));
    expect([status, body.exception.name]).toEqual([400, "PackageVersionNotSupported"]);
  });

  test("JSON instead of a form is 415", async () => {
    const platform = await startTestPlatform();
    expect((await platform.call("POST", "/v4/flows/package", {})).status).toBe(415);
  });
});

describe("exporting a package", () => {
  test("is for the owner only, even against an administrator", async () => {
    const platform = await startTestPlatform();
    const anna = await createPerson(platform, "anna@example.com");
    const { body } = await platform.callAs(anna, "POST", "/v4/flows", { name: "Anna's" });
    for (const path of [`/v4/flows/${body.id}/package`, `/v4/flows/${body.id}/package/dryRun`]) {
      const refused = await platform.call("GET", path);
      expect([refused.status, refused.body.exception.name]).toEqual([403, "AccessControlException"]);
      expect((await platform.callAs(anna, "GET", path)).status).toBe(200);
    }
  });

  test("carries the comment, the platform's version and this environment's connection", async () => {
    const { platform, flowId, connectionId } = await startWithSmallFlow();
    const exported = await exportFlow(platform, flowId, "?comment=for%20prod");
    expect(exported.metadata).toMatchObject({
      comment: "for prod",
      productVersion: "9.7.0",
      exportedBy: 1,
      primaryFlowIds: [flowId],
    });
    expect(exported.connections).toMatchObject([
      { id: connectionId, uuid: WAREHOUSE_UUID, name: "warehouse" },
    ]);
  });

  test("brings the flow that it reads from along, which is not primary", async () => {
    const platform = await startTestPlatform();
    const { body } = await importFlows(platform, twoFlows());
    const [readerId, sourceId] = [2, 1].map((id) => Number(body.createdObjectMapping.flows[String(id)]));
    const exported = await exportFlow(platform, readerId ?? 0);
    expect(exported.flows.map((flow) => [flow.id, flow.isPrimary])).toEqual([
      [readerId, true],
      [sourceId, false],
    ]);
    const [reader, source] = exported.flows;
    expect(reader?.nodes[0]?.sourceReferenceId).toBe(source?.references[0]?.id);
    const alone = await exportFlow(platform, sourceId ?? 0);
    expect(alone.flows.map((flow) => flow.id)).toEqual([sourceId]);
  });
});

describe("the flow of a release", () => {
  test("keeps its name, and an edit by hand shows in its export", async () => {
    const platform = await startTestPlatform();
    await createWarehouse(platform);
    const deployment = await platform.call("POST", "/v4/deployments", { name: "orders" });
    const form = await packageForm(smallPackage());
    const release = await platform.call("POST", `/v4/deployments/${deployment.body.id}/releases`, form);
    const flowId = Number(release.body.primaryFlowIds[0]);
    const released = await exportFlow(platform, flowId);
    expect(released.flows[0]?.name).toBe("Orders");
    const list = await platform.call("GET", `/v4/flows?deploymentId=${deployment.body.id}`);
    expect(list.body.data.map((flow: { id: number }) => flow.id)).toEqual([flowId]);

    const { data } = (await platform.call("GET", `/v4/flows/${flowId}/outputs`)).body;
    const settingId = Number(data[0].writeSettings.data[0].id);
    await platform.call("PATCH", `/v4/writeSettings/${settingId}`, { path: "s3://elsewhere/clean.csv" });

    const edited = await exportFlow(platform, flowId);
    expect(edited.flows[0]?.outputs[0]?.files[0]?.path).toBe("s3://elsewhere/clean.csv");
    expect(contentDigest(edited)).not.toBe(contentDigest(released));
  });
});

/** Flow 1 publishes its recipe, flow 2 reads it; both were chosen for the export. */
function twoFlows(): FlowPackage {
  const pkg = smallPackage();
  const empty = { edges: [], datasets: [], outputs: [], parameters: [], overrides: [], webhooks: [] };
  const recipe = (id: number, name: string) => ({
    id,
    name,
    description: null,
    isActive: true,
    steps: [],
    qualityRules: [],
  });
  const base = { description: null, isPrimary: true, ...empty };
  return {
    ...pkg,
    connections: [],
    metadata: { ...pkg.metadata, primaryFlowIds: [1, 2] },
    flows: [
      {
        ...base,
        id: 1,
        name: "Source",
        nodes: [{ id: 11, recipeId: 21, isWrangled: true, referenceId: 91, sourceReferenceId: null }],
        recipes: [recipe(21, "published")],
        references: [{ id: 91, name: "PUBLISHED", description: null }],
      },
      {
        ...base,
        id: 2,
        name: "Reader",
        nodes: [{ id: 12, recipeId: 22, isWrangled: false, referenceId: null, sourceReferenceId: 91 }],
        recipes: [recipe(22, "reader")],
        references: [],
      },
    ],
  };
}

function withoutPrefix(pkg: FlowPackage): FlowPackage {
  return {
    ...pkg,
    flows: pkg.flows.map((flow) => ({ ...flow, name: flow.name.replace(/^\[[0-9a-f]{8}\] /, "") })),
  };
}
