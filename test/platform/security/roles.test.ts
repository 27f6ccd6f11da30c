import { expect, test } from "vitest";
import { ordersBytes, WAREHOUSE_TWIN } from "../orders-package.js";
import { startTestPlatform, type Answer, type TestPlatform } from "../platform-fixture.js";

const PASSWORD = "a-long-password";

/** Calls of a person with these rights. */
async function personOf(platform: TestPlatform, name: string, rights: object) {
  const email = `${name}@example.com`;
  const made = await platform.call("POST", "/v4/people", { email, password: PASSWORD, ...rights });
  const headers = { authorization: `Basic ${btoa(`${email}:${PASSWORD}`)}` };
  return {
    id: made.body.id as number,
    call: (method: string, path: string, body?: unknown) => platform.callAs(headers, method, path, body),
  };
}

/** What a read-only person may change. */
const OWN_TOKENS = "/v4/apiAccessTokens";

/** Every route there is, as the platform tells it. */
async function routesOf(platform: TestPlatform): Promise<{ method: string; path: string }[]> {
  const { paths } = (await platform.call("GET", "/v4/open-api-spec")).body as {
    paths: Record<string, Record<string, unknown>>;
  };
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => ({ method: method.toUpperCase(), path })),
  );
}

const refusal = ({ status, body }: Answer) => [status, body?.exception?.name];
const REFUSED = [403, "AccessControlException"];
test("a read-only person reads, and changes nothing but their own tokens", async () => {
  const platform = await startTestPlatform();
  await platform.call("POST", "/v4/deployments", { name: "orders" });
  const reader = await personOf(platform, "reader", { isReadOnly: true });
  expect((await reader.call("GET", "/v4/people/current")).body).toMatchObject({
    isReadOnly: true,
    isAdmin: false,
  });
  expect((await reader.call("GET", "/v4/deployments/1")).status).toBe(200);
  for (const [method, path, body] of [
    ["POST", "/v4/deployments", { name: "another" }],
    ["PATCH", "/v4/deployments/1", { name: "another" }],
    ["DELETE", "/v4/deployments/1", undefined],
    ["PATCH", "/v4/deployments/1/valueImportRules", []],
    ["POST", "/v4/connections", WAREHOUSE_TWIN],
    ["POST", "/v4/deploymentSchedules", {}],
    ["POST", "/v4/jobGroups", {}],
    ["POST", "/v4/deployments/1/run", {}],
  ] as const)
    expect(refusal(await reader.call(method, path, body)), `${method} ${path}`).toEqual(REFUSED);
  const token = await reader.call("POST", "/v4/apiAccessTokens", { lifetimeSeconds: 60 });
  expect(token.status).toBe(201);
  const bearer = { authorization: `Bearer ${token.body.tokenValue}` };
  expect(refusal(await platform.callAs(bearer, "POST", "/v4/deployments", { name: "x" }))).toEqual(REFUSED);
  expect((await platform.call("GET", "/v4/deployments")).body.data).toHaveLength(1);
});

test("a read-only person is refused by every route that changes something", async () => {
  const platform = await startTestPlatform();
  const reader = await personOf(platform, "reader", { isReadOnly: true });
  const routes = await routesOf(platform);
  const writing = routes.filter(({ method, path }) => method !== "GET" && !path.startsWith(OWN_TOKENS));
  expect(writing.length).toBeGreaterThan(50);
  for (const { method, path } of writing)
    expect(refusal(await reader.call(method, path.replaceAll(/\{\w+\}/g, "1"))), `${method} ${path}`).toEqual(
      REFUSED,
    );
});

test("a person without the deployment role does not get at deployments, releases and their schedules", async () => {
  const platform = await startTestPlatform();
  await platform.call("POST", "/v4/deployments", { name: "orders" });
  const builder = await personOf(platform, "builder", { isDeployer: false });
  for (const [method, path] of [
    ["GET", "/v4/deployments"],
    ["GET", "/v4/deployments/count"],
    ["GET", "/v4/deployments/1"],
    ["POST", "/v4/deployments"],
    ["GET", "/v4/deployments/1/releases"],
    ["GET", "/v4/releases/1"],
    ["GET", "/v4/releases/1/package"],
    ["GET", "/v4/deploymentSchedules"],
  ] as const)
    expect(refusal(await builder.call(method, path)), `${method} ${path}`).toEqual(REFUSED);
  expect((await builder.call("POST", "/v4/connections", WAREHOUSE_TWIN)).status).toBe(201);
  const deployer = await personOf(platform, "deployer", {});
  expect((await deployer.call("GET", "/v4/people/current")).body).toMatchObject({ isDeployer: true });
});

test("a person without the deployment role is refused by every route of deployments", async () => {
  const platform = await startTestPlatform();
  const builder = await personOf(platform, "builder", { isDeployer: false });
  const routes = (await routesOf(platform)).filter(({ path }) => /deployment|release/i.test(path));
  expect(routes.length).toBeGreaterThan(20);
  for (const { method, path } of routes)
    expect(
      refusal(await builder.call(method, path.replaceAll(/\{\w+\}/g, "1"))),
      `${method} ${path}`,
    ).toEqual(REFUSED);
});

test("only administrators make people, and nobody gives themselves a role", async () => {
  const platform = await startTestPlatform();
  const person = await personOf(platform, "person", {});
  expect(refusal(await person.call("POST", "/v4/people", { email: "x@example.com", isAdmin: true }))).toEqual(
    REFUSED,
  );
  for (const method of ["PATCH", "PUT"])
    expect((await person.call(method, `/v4/people/${person.id}`, { isAdmin: true })).status).toBe(404);
});

test("only its owner exports a flow: neither an administrator nor another person does", async () => {
  const platform = await startTestPlatform();
  const owner = await personOf(platform, "owner", {});
  const other = await personOf(platform, "other", {});
  const form = new FormData();
  form.set("data", new Blob([await ordersBytes()]), "orders.zip");
  await owner.call("POST", "/v4/connections", WAREHOUSE_TWIN);
  const imported = await owner.call("POST", "/v4/flows/package", form);
  const id = (imported.body.primaryFlowIds?.[0] ?? imported.body.flows?.[0]?.id) as number;
  expect((await owner.call("GET", `/v4/flows/${id}/package/dryRun`)).status).toBe(200);
  for (const path of [`/v4/flows/${id}/package`, `/v4/flows/${id}/package/dryRun`]) {
    expect(refusal(await platform.call("GET", path)), path).toEqual(REFUSED);
    expect(refusal(await other.call("GET", path)), path).toEqual(REFUSED);
  }
});

test("who has no access cannot tell an object of somebody else from one that is not there", async () => {
  const platform = await startTestPlatform();
  const owner = await personOf(platform, "owner", {});
  const other = await personOf(platform, "other", {});
  await owner.call("POST", "/v4/connections", WAREHOUSE_TWIN);
  const folder = await owner.call("POST", "/v4/folders", { name: "mine" });
  expect(folder.status).toBe(201);
  const flow = await owner.call("POST", "/v4/flows", { name: "mine" });
  expect(flow.status).toBe(201);
  const token = await owner.call("POST", "/v4/apiAccessTokens", { lifetimeSeconds: 60 });
  const paths = [
    "/v4/connections/{id}",
    "/v4/connections/{id}/status",
    "/v4/connections/{id}/permissions",
    "/v4/flows/{id}",
    "/v4/flows/{id}/package",
    "/v4/flows/{id}/package/dryRun",
    "/v4/flows/{id}/inputs",
  ];
  const known: Record<string, unknown> = { flows: flow.body.id, connections: 1 };
  for (const path of paths) {
    const id = known[path.split("/")[2] ?? ""];
    const [there, nowhere] = await Promise.all(
      [id, 987_654].map((one) => other.call("GET", path.replace("{id}", String(one)))),
    );
    expect(there?.status, path).toBeGreaterThanOrEqual(403);
    expect(said(there, id), path).toEqual(said(nowhere, 987_654));
  }
  const tokenId = token.body.tokenInfo.tokenId as string;
  const none = "00000000-0000-4000-8000-000000000000";
  expect(said(await other.call("GET", `/v4/apiAccessTokens/${tokenId}`), tokenId)).toEqual(
    said(await other.call("GET", `/v4/apiAccessTokens/${none}`), none),
  );
});

test("on no route can somebody else's object be told from one that is not there", async () => {
  const platform = await startTestPlatform();
  const owner = await personOf(platform, "owner", {});
  const other = await personOf(platform, "other", {});
  await owner.call("POST", "/v4/connections", WAREHOUSE_TWIN);
  const form = new FormData();
  form.set("data", new Blob([await ordersBytes()]), "orders.zip");
  expect((await owner.call("POST", "/v4/flows/package", form)).status).toBe(201);
  // Deployments are everybody's who has the role; people and folders, everybody sees. Schedules are told apart on purpose.
  const own = (await routesOf(platform)).filter(
    ({ method, path }) =>
      method === "GET" &&
      path.includes("{") &&
      !/deployment|release|people|workspace|folder|schedule/i.test(path),
  );
  const found: string[] = [];
  for (const { path } of own) {
    const [there, nowhere] = ["1", "987654"].map((id) => path.replaceAll(/\{\w+\}/g, id));
    if ((await owner.call("GET", there ?? "")).status === 200) found.push(path);
    const [one, none] = [await other.call("GET", there ?? ""), await other.call("GET", nowhere ?? "")];
    expect(one.status, path).toBeGreaterThanOrEqual(400);
    expect(said(one, 1), path).toEqual(said(none, 987_654));
  }
  expect(found.length).toBeGreaterThan(8);
});

/** An answer with the id taken out of it. */
function said(answer: Answer | undefined, id: unknown): unknown {
  return [answer?.status, JSON.stringify(answer?.body).replaceAll(String(id), "ID")];
}
