import { createHash } from "node:crypto";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { isSameContent } from "../../flow/digest.js";
import { readPackage } from "../../flow/read.js";
import { applyRules } from "../../flow/rules.js";
import { WAREHOUSE_UUID } from "../flow/small-package.js";
import { createOrdersDeployment, ordersBytes, ordersPackage, WAREHOUSE_TWIN } from "./orders-package.js";
import { startTestPlatform, toForm, TOKEN, type TestPlatform } from "./platform-fixture.js";

const RELEASES = "/v4/deployments/1/releases";

async function startWithDeployment(settings = {}) {
  const platform = await startTestPlatform({ settings });
  await createOrdersDeployment(platform);
  return platform;
}

async function listActive(platform: TestPlatform): Promise<[number, boolean | null][]> {
  const { body } = await platform.call("GET", "/v4/releases?deploymentId=1");
  return (body.data as { id: number; active: boolean | null }[]).map(({ id, active }) => [id, active]);
}

async function download(platform: TestPlatform, path: string) {
  const headers = { authorization: `Bearer ${TOKEN}` };
  const response = await fetch(`${platform.endpoint("dev")}${path}`, { headers });
  return { response, bytes: new Uint8Array(await response.arrayBuffer()) };
}

describe("an import", () => {
  test("makes an active release and its flows, and answers both", async () => {
    const platform = await startWithDeployment();
    const { status, body } = await platform.upload(RELEASES, await ordersBytes({ comment: "first" }));
    expect(status).toBe(201);
    expect(body.release).toEqual({
      id: 1,
      notes: "first",
      packageUuid: ordersPackage().metadata.uuid,
      active: true,
      createdAt: expect.any(String) as string,
      updatedAt: body.release.createdAt,
      deployment: { id: 1 },
      creator: { id: 1 },
      updater: { id: 1 },
    });
    expect(body).toMatchObject({
      importRuleChanges: { object: [], value: [] },
      deletedObjects: {},
      flows: [{ id: body.primaryFlowIds[0], name: "Orders", folderId: null }],
    });
    expect((await platform.call("GET", "/v4/releases/1")).body).toEqual(body.release);
  });

  test("deactivates the release before it: active is true once and null elsewhere", async () => {
    const platform = await startWithDeployment();
    for (let count = 0; count < 3; count += 1) await platform.upload(RELEASES, await ordersBytes());
    expect(await listActive(platform)).toEqual([
      [3, true],
      [2, null],
      [1, null],
    ]);
  });

  test("leaves other deployments alone", async () => {
    const platform = await startWithDeployment();
    await platform.call("POST", "/v4/deployments", { name: "sales" });
    await platform.upload(RELEASES, await ordersBytes());
    await platform.upload("/v4/deployments/2/releases", await ordersBytes());
    const { body } = await platform.call("GET", "/v4/releases");
    expect((body.data as { active: boolean }[]).map(({ active }) => active)).toEqual([true, true]);
  });

  test("takes the flow's name for notes when the package has no comment", async () => {
    const platform = await startWithDeployment();
    const { body } = await platform.upload(RELEASES, await ordersBytes({ comment: "" }));
    expect(body.release.notes).toBe("Orders");
  });

  test("takes the first file part, whatever its name", async () => {
    const platform = await startWithDeployment();
    const form = toForm(await ordersBytes(), "archive");
    expect((await platform.call("POST", `${RELEASES}/`, form)).status).toBe(201);
  });

  test("applies the rules of the deployment and says what they changed", async () => {
    const platform = await startWithDeployment();
    const target = await platform.call("POST", "/v4/connections", { ...WAREHOUSE_TWIN, uuid: undefined });
    const objectRule = {
      tableName: "connections",
      onCondition: { uuid: WAREHOUSE_UUID },
      withCondition: { id: target.body.id as number },
    };
    const valueRule = { type: "s3Bucket", on: "acme-dev", with: "acme-prod" };
    await platform.call("PATCH", "/v4/deployments/1/objectImportRules", [objectRule]);
    await platform.call("PATCH", "/v4/deployments/1/valueImportRules", [valueRule]);
    const { body } = await platform.upload(RELEASES, await ordersBytes());
    expect(body.importRuleChanges.object).toMatchObject([{ rule: objectRule }]);
    expect(body.importRuleChanges.value).toMatchObject([{ rule: valueRule }]);
    const { bytes } = await download(platform, `/v4/flows/${body.primaryFlowIds[0]}/package`);
    const exported = await readPackage(bytes);
    const rules = {
      connections: [{ on: { uuid: WAREHOUSE_UUID }, with: target.body.id as number }],
      values: [valueRule],
    };
    expect(isSameContent(applyRules(ordersPackage(), rules as never), exported)).toBe(true);
  });

  test("is not touched by rules that come later", async () => {
    const platform = await startWithDeployment();
    const { body } = await platform.upload(RELEASES, await ordersBytes());
    const path = `/v4/flows/${body.primaryFlowIds[0]}/package`;
    await platform.call("PATCH", "/v4/deployments/1/valueImportRules", [
      { type: "s3Bucket", on: "acme", with: "other" },
    ]);
    const exported = await readPackage((await download(platform, path)).bytes);
    const none = applyRules(ordersPackage(), { connections: [], values: [] });
    expect(isSameContent(none, exported)).toBe(true);
  });
});

describe("a refused import", () => {
  const truncated = async () => (await ordersBytes()).slice(0, -200);
  test.each([
    [
      "no ZIP",
      async () => new TextEncoder().encode("no zip at all, only text"),
      "InvalidPackage",
      "not-a-zip",
    ],
    ["an empty file", async () => new Uint8Array(), "InvalidPackage", "empty"],
    ["a truncated ZIP", truncated, "InvalidPackage", "truncated"],
  ])("%s", async (_case, makeBytes, name, code) => {
    const platform = await startWithDeployment();
    const { status, body } = await platform.upload(RELEASES, await makeBytes());
    expect([status, body.exception.name, body.exception.details.code]).toEqual([400, name, code]);
    await expectNothing(platform);
  });

  test("a package of a newer product", async () => {
    const platform = await startWithDeployment({ productVersion: "9.2.0" });
    const { status, body } = await platform.upload(
      RELEASES,
      await ordersBytes({ productVersion: "9.10.1+5.abc" }),
    );
    expect([status, body.exception.name]).toEqual([400, "PackageVersionNotSupported"]);
    expect(body.exception.details).toEqual({ packageVersion: "9.10.1+5.abc", platformVersion: "9.2.0" });
    await expectNothing(platform);
  });

  test("a package from before 6.8, when the platform is told to", async () => {
    const bytes = await ordersBytes({ productVersion: "6.4.1+251.2019" });
    const strict = await startWithDeployment({ refuseBefore68: true });
    expect((await strict.upload(RELEASES, bytes)).body.exception.name).toBe("PackageVersionNotSupported");
    const lenient = await startWithDeployment();
    expect((await lenient.upload(RELEASES, bytes)).status).toBe(201);
  });

  test("a connection with neither rule nor local twin", async () => {
    const platform = await startTestPlatform();
    await platform.call("POST", "/v4/deployments", { name: "orders" });
    const { status, body } = await platform.upload(RELEASES, await ordersBytes());
    expect([status, body.exception.name]).toEqual([400, "ConnectionMappingMissing"]);
    expect(body.exception.details).toMatchObject([{ uuid: WAREHOUSE_UUID }]);
    await expectNothing(platform);
  });

  test("a rule whose connection was deleted since", async () => {
    const platform = await startWithDeployment();
    await platform.call("PATCH", "/v4/deployments/1/objectImportRules", [
      { tableName: "connections", onCondition: { uuid: WAREHOUSE_UUID }, withCondition: { id: 1 } },
    ]);
    await platform.call("DELETE", "/v4/connections/1");
    const { status, body } = await platform.upload(RELEASES, await ordersBytes());
    expect([status, body.exception.name]).toEqual([400, "ValidationFailed"]);
    expect(body.exception.details).toContain("connection 1, which does not exist");
    await expectNothing(platform);
  });

  test("JSON, or a form without a file", async () => {
    const platform = await startWithDeployment();
    const json = await platform.call("POST", RELEASES, { name: "x" });
    expect([json.status, json.body.exception.name]).toEqual([415, "UnsupportedMediaTypeException"]);
    const form = new FormData();
    form.set("data", "only text");
    const empty = await platform.call("POST", RELEASES, form);
    expect([empty.status, empty.body.exception.name]).toEqual([400, "InvalidPackage"]);
  });

  test("a package above the size limit", async () => {
    const platform = await startWithDeployment({ maxPackageBytes: 500 });
    const { status, body } = await platform.upload(RELEASES, await ordersBytes());
    expect([status, body.exception.name]).toEqual([413, "PayloadTooLargeException"]);
    await expectNothing(platform);
  });

  test("an unknown deployment", async () => {
    const platform = await startWithDeployment();
    expect((await platform.upload("/v4/deployments/9/releases", await ordersBytes())).status).toBe(404);
  });

  test("leaves the release before it active", async () => {
    const platform = await startWithDeployment();
    await platform.upload(RELEASES, await ordersBytes());
    await platform.call("DELETE", "/v4/connections/1");
    expect((await platform.upload(RELEASES, await ordersBytes())).status).toBe(400);
    expect(await listActive(platform)).toEqual([[1, true]]);
  });

  async function expectNothing(platform: TestPlatform) {
    expect((await platform.call("GET", "/v4/releases/count")).body).toEqual({ count: 0 });
    expect((await platform.call("GET", "/v4/flows/count")).body).toEqual({ count: 0 });
  }
});

describe("a dry run", () => {
  test("answers what the import would and keeps nothing", async () => {
    const platform = await startWithDeployment();
    const dry = await platform.upload(`${RELEASES}/dryRun`, await ordersBytes());
    expect(dry.status).toBe(200);
    expect(dry.body.release).toBeUndefined();
    expect((await platform.call("GET", "/v4/releases/count")).body).toEqual({ count: 0 });
    expect((await platform.call("GET", "/v4/flows/count")).body).toEqual({ count: 0 });
    expect(readdirSync(join(platform.directory, "blobs"))).toEqual([]);
    const real = await platform.upload(RELEASES, await ordersBytes());
    expect(dry.body.primaryFlowIds).toEqual(real.body.primaryFlowIds);
  });

  test("answers the errors that the import would", async () => {
    const platform = await startTestPlatform();
    await platform.call("POST", "/v4/deployments", { name: "orders" });
    const { status, body } = await platform.upload(`${RELEASES}/dryRun`, await ordersBytes());
    expect([status, body.exception.name]).toEqual([400, "ConnectionMappingMissing"]);
  });
});

describe("a release", () => {
  test("is activated in the place of the other one", async () => {
    const platform = await startWithDeployment();
    for (let count = 0; count < 2; count += 1) await platform.upload(RELEASES, await ordersBytes());
    const changed = await platform.call("PATCH", "/v4/releases/1", { active: true });
    expect([changed.status, changed.body]).toEqual([
      200,
      { id: 1, updater: { id: 1 }, updatedAt: expect.any(String) as string },
    ]);
    expect(await listActive(platform)).toEqual([
      [2, null],
      [1, true],
    ]);
    await platform.call("PATCH", "/v4/releases/1", { active: true });
    expect(await listActive(platform)).toEqual([
      [2, null],
      [1, true],
    ]);
  });

  test.each([[false], [null]])("is deactivated by active: %s", async (active) => {
    const platform = await startWithDeployment();
    await platform.upload(RELEASES, await ordersBytes());
    expect((await platform.call("PATCH", "/v4/releases/1", { active })).status).toBe(200);
    expect(await listActive(platform)).toEqual([[1, null]]);
  });

  test("keeps its activity when only its notes change", async () => {
    const platform = await startWithDeployment();
    await platform.upload(RELEASES, await ordersBytes());
    await platform.call("PATCH", "/v4/releases/1", { notes: "1.0.0 [sluice]" });
    expect((await platform.call("GET", "/v4/releases/1")).body).toMatchObject({
      notes: "1.0.0 [sluice]",
      active: true,
    });
  });

  test.each([[{}], [{ active: "yes" }], [{ packageUuid: "x" }]])("refuses the change %j", async (change) => {
    const platform = await startWithDeployment();
    await platform.upload(RELEASES, await ordersBytes());
    const { status, body } = await platform.call("PATCH", "/v4/releases/1", change);
    expect([status, body.exception.name]).toEqual([400, "ApiValidationFailed"]);
  });

  test("gives back its package, byte for byte, also after a restart", async () => {
    const platform = await startWithDeployment();
    const bytes = await ordersBytes();
    await platform.upload(RELEASES, bytes);
    await platform.close();
    const again = await startTestPlatform({ data: platform.directory });
    const { response, bytes: answered } = await download(again, "/v4/releases/1/package");
    expect(response.headers.get("content-type")).toBe("application/zip");
    expect(createHash("sha256").update(answered).digest("hex")).toBe(
      createHash("sha256").update(bytes).digest("hex"),
    );
  });

  test("goes with its flows; the deployment then has none active", async () => {
    const platform = await startWithDeployment();
    for (let count = 0; count < 2; count += 1) await platform.upload(RELEASES, await ordersBytes());
    expect((await platform.call("DELETE", "/v4/releases/2")).status).toBe(204);
    expect(await listActive(platform)).toEqual([[1, null]]);
    expect((await platform.call("GET", "/v4/flows/count")).body).toEqual({ count: 1 });
    for (const path of ["/v4/releases/2", "/v4/releases/2/package"]) {
      const { status, body } = await platform.call("GET", path);
      expect([status, body.exception.name]).toEqual([410, "DataDeletedException"]);
    }
    expect((await platform.call("GET", "/v4/releases/2?includeDeleted=true")).body).toMatchObject({
      id: 2,
      active: null,
    });
    expect((await platform.call("PATCH", "/v4/releases/2", { active: true })).status).toBe(410);
  });

  test("shows its flows and its deployment when asked", async () => {
    const platform = await startWithDeployment();
    const { body } = await platform.upload(RELEASES, await ordersBytes());
    expect((await platform.call("GET", "/v4/releases/1?embed=flows,deployment&fields=active")).body).toEqual({
      id: 1,
      active: true,
      flows: { data: [{ id: body.primaryFlowIds[0], name: "Orders", isPrimary: true }] },
      deployment: { id: 1, name: "orders" },
    });
  });

  test("is not seen from another environment", async () => {
    const platform = await startWithDeployment();
    await platform.upload(RELEASES, await ordersBytes());
    for (const method of ["GET", "DELETE"]) {
      expect((await platform.call(method, "/v4/releases/1", undefined, "prod")).status).toBe(404);
    }
  });
});

test("of many activations at once, one release is active at the end", async () => {
  const platform = await startWithDeployment();
  for (let count = 0; count < 5; count += 1) await platform.upload(RELEASES, await ordersBytes());
  const answers = await Promise.all(
    Array.from({ length: 25 }, (_, index) =>
      platform.call("PATCH", `/v4/releases/${(index % 5) + 1}`, { active: true }),
    ),
  );
  expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 25 }, () => 200));
  expect((await listActive(platform)).filter(([, active]) => active)).toHaveLength(1);
});
