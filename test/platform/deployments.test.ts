import { expect, test } from "vitest";
import { createOrdersDeployment, ordersBytes } from "./orders-package.js";
import { startTestPlatform } from "./platform-fixture.js";

test("a new deployment has no releases", async () => {
  const platform = await startTestPlatform();
  const created = await platform.call("POST", "/v4/deployments", { name: "orders" });
  expect(created.status).toBe(201);
  expect(created.body).toEqual({
    id: 1,
    name: "orders",
    createdAt: expect.any(String) as string,
    updatedAt: created.body.createdAt,
    numReleases: 0,
    latestRelease: null,
    creator: { id: 1 },
    updater: { id: 1 },
  });
  expect((await platform.call("GET", "/v4/deployments/1")).body).toEqual(created.body);
  expect((await platform.call("GET", "/v4/deployments")).body).toEqual({ data: [created.body] });
});

test("the list shows the number of releases and the newest one, active or not", async () => {
  const platform = await startTestPlatform();
  const id = await createOrdersDeployment(platform);
  const first = await platform.upload(`/v4/deployments/${id}/releases`, await ordersBytes());
  const second = await platform.upload(`/v4/deployments/${id}/releases`, await ordersBytes());
  await platform.call("PATCH", `/v4/releases/${first.body.release.id}`, { active: true });
  const { body } = await platform.call("GET", "/v4/deployments");
  expect(body.data).toMatchObject([
    { numReleases: 2, latestRelease: { id: second.body.release.id, active: null, deployment: { id } } },
  ]);
});

test("embed=releases answers the releases in an envelope, newest first, with limit and offset", async () => {
  const platform = await startTestPlatform();
  const id = await createOrdersDeployment(platform);
  for (let count = 0; count < 3; count += 1)
    await platform.upload(`/v4/deployments/${id}/releases`, await ordersBytes());
  const idsOf = async (query: string) =>
    (
      (await platform.call("GET", `/v4/deployments/${id}?${query}`)).body.releases.data as { id: number }[]
    ).map((release) => release.id);
  expect(await idsOf("embed=releases")).toEqual([3, 2, 1]);
  expect(await idsOf("embed=releases&limit=1&offset=1")).toEqual([2]);
  expect(await idsOf("embed=releases(sort=id,limit=2)")).toEqual([1, 2]);
});

test("a rename answers little and is there afterwards", async () => {
  const platform = await startTestPlatform();
  await platform.call("POST", "/v4/deployments", { name: "orders" });
  const renamed = await platform.call("PATCH", "/v4/deployments/1", { name: "sales" });
  expect([renamed.status, renamed.body]).toEqual([
    200,
    { id: 1, updater: { id: 1 }, updatedAt: expect.any(String) as string },
  ]);
  expect((await platform.call("GET", "/v4/deployments/1")).body.name).toBe("sales");
});

test("a deleted deployment is 410, out of lists, and there with includeDeleted", async () => {
  const platform = await startTestPlatform();
  await platform.call("POST", "/v4/deployments", { name: "orders" });
  expect((await platform.call("DELETE", "/v4/deployments/1")).status).toBe(204);
  for (const [method, path] of [
    ["GET", "/v4/deployments/1"],
    ["PATCH", "/v4/deployments/1"],
    ["DELETE", "/v4/deployments/1"],
    ["GET", "/v4/deployments/1/releases"],
    ["GET", "/v4/deployments/1/valueImportRules"],
  ] as const) {
    const { status, body } = await platform.call(
      method,
      path,
      method === "PATCH" ? { name: "x" } : undefined,
    );
    expect([status, body.exception.name], `${method} ${path}`).toEqual([410, "DataDeletedException"]);
  }
  expect((await platform.call("GET", "/v4/deployments")).body.data).toEqual([]);
  expect((await platform.call("GET", "/v4/deployments?includeDeleted=true")).body.data).toMatchObject([
    { id: 1 },
  ]);
  expect((await platform.call("GET", "/v4/deployments/1?includeDeleted=true")).body).toMatchObject({
    name: "orders",
    deletedAt: expect.any(String) as string,
  });
});

test("deleting a deployment takes its releases, their flows and its schedules along", async () => {
  const platform = await startTestPlatform();
  const id = await createOrdersDeployment(platform);
  const { body } = await platform.upload(`/v4/deployments/${id}/releases`, await ordersBytes());
  await platform.call("POST", "/v4/deploymentSchedules", {
    name: "nightly",
    deployment: { id },
    triggers: [{ timeBased: { daily: { hourOfDay: 1, minuteOfHour: 0 } } }],
  });
  await platform.call("DELETE", `/v4/deployments/${id}`);
  expect((await platform.call("GET", `/v4/releases/${body.release.id}`)).status).toBe(410);
  expect((await platform.call("GET", `/v4/releases?deploymentId=${id}`)).body.data).toEqual([]);
  expect((await platform.call("GET", "/v4/flows/count")).body).toEqual({ count: 0 });
  expect((await platform.call("GET", "/v4/importedDatasets/count")).body).toEqual({ count: 0 });
  expect((await platform.call("GET", "/v4/deploymentSchedules")).body.data).toEqual([]);
});

test("two deployments may have one name, unless the platform is told otherwise", async () => {
  const lenient = await startTestPlatform();
  await lenient.call("POST", "/v4/deployments", { name: "orders" });
  expect((await lenient.call("POST", "/v4/deployments", { name: "orders" })).status).toBe(201);

  const strict = await startTestPlatform({ settings: { uniqueDeploymentNames: true } });
  await strict.call("POST", "/v4/deployments", { name: "orders" });
  await strict.call("POST", "/v4/deployments", { name: "sales" });
  const again = await strict.call("POST", "/v4/deployments", { name: "orders" });
  expect([again.status, again.body.exception.name]).toEqual([409, "ConflictException"]);
  expect((await strict.call("PATCH", "/v4/deployments/2", { name: "orders" })).status).toBe(409);
  expect((await strict.call("PATCH", "/v4/deployments/2", { name: "sales" })).status).toBe(200);
});

test("an unknown deployment is 404", async () => {
  const platform = await startTestPlatform();
  for (const path of [
    "/v4/deployments/7",
    "/v4/deployments/7/releases",
    "/v4/deployments/7/objectImportRules",
  ]) {
    const { status, body } = await platform.call("GET", path);
    expect([status, body.exception.name], path).toEqual([404, "DataNotFoundException"]);
  }
});

test("a run starts with the release that is active, and says so when none is", async () => {
  const platform = await startTestPlatform();
  const id = await createOrdersDeployment(platform);
  const without = await platform.call("POST", `/v4/deployments/${id}/run`);
  expect([without.status, without.body.exception.name]).toEqual([400, "NoActiveRelease"]);
  await platform.upload(`/v4/deployments/${id}/releases`, await ordersBytes());
  const run = await platform.call("POST", `/v4/deployments/${id}/run`, {
    runParameters: { overrides: { data: [{ key: "region", value: "02" }] } },
  });
  expect([run.status, run.body.data.length]).toEqual([201, 1]);
  const { body: flowRuns } = await platform.call("GET", "/v4/flowRuns");
  expect(flowRuns.data).toMatchObject([{ deployment: { id }, release: { id: 1 } }]);
});
