import { expect, test } from "vitest";
import { startTestPlatform, type TestPlatform } from "./platform-fixture.js";

const WAREHOUSE = {
  name: "warehouse",
  vendor: "postgres",
  vendorName: "postgres",
  type: "jdbc",
  host: "db.example.com",
  port: 5432,
  params: { database: "orders" },
  credentialType: "basic",
  credentials: [{ username: "loader", password: "canary-secret" }],
};

test("a created connection is answered whole, without its password", async () => {
  const platform = await startTestPlatform();
  const created = await platform.call("POST", "/v4/connections", WAREHOUSE);
  expect(created.status).toBe(201);
  expect(created.body).toEqual({
    id: 1,
    uuid: expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/) as string,
    name: "warehouse",
    description: null,
    vendor: "postgres",
    vendorName: "postgres",
    type: "jdbc",
    host: "db.example.com",
    port: 5432,
    bucket: null,
    ssl: null,
    isGlobal: false,
    credentialType: "basic",
    advancedCredentialType: null,
    credentialsShared: false,
    disableTypeInference: false,
    params: { database: "orders" },
    connectParams: {
      database: "orders",
      vendor: "postgres",
      vendorName: "postgres",
      host: "db.example.com",
      port: "5432",
    },
    endpoints: null,
    credentials: [{ username: "loader" }],
    createdAt: expect.any(String) as string,
    updatedAt: expect.any(String) as string,
    creator: { id: 1 },
    updater: { id: 1 },
    workspace: { id: 1 },
  });
  expect((await platform.call("GET", "/v4/connections/1")).body).toEqual(created.body);
});

test("a change leaves what it does not name, and answers little", async () => {
  const platform = await startTestPlatform();
  const { body: before } = await platform.call("POST", "/v4/connections", WAREHOUSE);
  const changed = await platform.call("PATCH", "/v4/connections/1", { port: "5433", description: "new" });
  expect(changed.status).toBe(200);
  expect(changed.body).toEqual({ id: 1, updater: { id: 1 }, updatedAt: expect.any(String) as string });
  const { body: after } = await platform.call("GET", "/v4/connections/1");
  expect(after).toEqual({
    ...before,
    port: 5433,
    description: "new",
    connectParams: { ...before.connectParams, port: "5433" },
    updatedAt: changed.body.updatedAt,
  });
});

test("credentials can be replaced and taken away; the status says whether they are there", async () => {
  const platform = await startTestPlatform();
  await platform.call("POST", "/v4/connections", WAREHOUSE);
  expect((await platform.call("GET", "/v4/connections/1/status")).body).toEqual({ result: "SUCCESS" });
  await platform.call("PATCH", "/v4/connections/1", { credentials: [{ username: "other", password: "p" }] });
  expect((await platform.call("GET", "/v4/connections/1")).body.credentials).toEqual([{ username: "other" }]);
  await platform.call("PATCH", "/v4/connections/1", { credentials: [] });
  expect((await platform.call("GET", "/v4/connections/1")).body.credentials).toEqual([]);
  expect((await platform.call("GET", "/v4/connections/1/status")).body.result).toBe("FAILURE");
});

test("a global connection cannot become private again", async () => {
  const platform = await startTestPlatform();
  await platform.call("POST", "/v4/connections", { ...WAREHOUSE, isGlobal: true });
  const refused = await platform.call("PATCH", "/v4/connections/1", { isGlobal: false, name: "other" });
  expect(refused.status).toBe(400);
  expect(refused.body.exception.name).toBe("ValidationFailed");
  expect((await platform.call("GET", "/v4/connections/1")).body).toMatchObject({
    isGlobal: true,
    name: "warehouse",
  });
});

test("a given uuid is kept, and a second connection with it is refused", async () => {
  const platform = await startTestPlatform();
  const uuid = "2d7c1650-7daa-11e9-b9eb-0fd11bed75ab";
  const created = await platform.call("POST", "/v4/connections", { ...WAREHOUSE, uuid });
  expect(created.body.uuid).toBe(uuid);
  const again = await platform.call("POST", "/v4/connections", { ...WAREHOUSE, uuid });
  expect([again.status, again.body.exception.name]).toEqual([409, "ConflictException"]);
  expect((await platform.call("POST", "/v4/connections", { ...WAREHOUSE, uuid }, "prod")).status).toBe(201);
});

test.each([
  ["a member that is no part of a connection", { hostname: "x" }, "hostname"],
  ["a type that does not exist", { type: "odbc" }, "must be equal to one of the allowed values"],
  ["a credential type that does not exist", { credentialType: "handshake" }, "allowed values"],
  ["a port out of range", { port: 70_000 }, "must be <= 65535"],
  ["an empty name", { name: "" }, "must NOT have fewer than 1 characters"],
])("%s is refused", async (_case, change, message) => {
  const platform = await startTestPlatform();
  const { status, body } = await platform.call("POST", "/v4/connections", { ...WAREHOUSE, ...change });
  expect(status).toBe(400);
  expect(JSON.stringify(body.exception.details)).toContain(message);
  expect((await platform.call("GET", "/v4/connections/count")).body).toEqual({ count: 0 });
});

test.each(["vendor", "vendorName", "type", "credentialType", "name", "params"])(
  "%s is required",
  async (name) => {
    const platform = await startTestPlatform();
    const { [name as keyof typeof WAREHOUSE]: _left, ...rest } = WAREHOUSE;
    const { body } = await platform.call("POST", "/v4/connections", rest);
    expect(body.exception.details).toEqual([`body must have required property '${name}'`]);
  },
);

test("a dry run tests and creates nothing", async () => {
  const platform = await startTestPlatform();
  const tried = await platform.call("POST", "/v4/connections/dryRun", WAREHOUSE);
  expect([tried.status, tried.body]).toEqual([200, { result: "SUCCESS" }]);
  expect((await platform.call("GET", "/v4/connections/count")).body).toEqual({ count: 0 });
});

test("a deleted connection is gone", async () => {
  const platform = await startTestPlatform();
  await platform.call("POST", "/v4/connections", WAREHOUSE);
  const deleted = await platform.call("DELETE", "/v4/connections/1");
  expect([deleted.status, deleted.body]).toEqual([204, null]);
  for (const method of ["GET", "DELETE"]) {
    const { status, body } = await platform.call(method, "/v4/connections/1");
    expect([status, body.exception.name]).toEqual([404, "DataNotFoundException"]);
  }
});

test("a connection is seen by its creator, by administrators, when global, and when shared", async () => {
  const platform = await startTestPlatform();
  const ana = await makePerson(platform, "ana@example.com");
  await platform.call("POST", "/v4/connections", { ...WAREHOUSE, name: "private" });
  await platform.call("POST", "/v4/connections", { ...WAREHOUSE, name: "global", isGlobal: true });
  await platform.call("POST", "/v4/connections", { ...WAREHOUSE, name: "shared" });
  await platform.callAs(ana.headers, "POST", "/v4/connections", { ...WAREHOUSE, name: "hers" });
  const shared = await platform.call("POST", "/v4/connections/3/permissions", {
    data: [{ person: { id: String(ana.id) }, role: "readOnly", policyTag: "connection_viewer" }],
  });
  expect(shared.status).toBe(201);
  expect(shared.body.data).toMatchObject([
    { role: "readOnly", person: { id: ana.id }, connection: { id: 3 } },
  ]);
  const names = async (headers: Record<string, string>) =>
    ((await platform.callAs(headers, "GET", "/v4/connections?sort=id")).body.data as { name: string }[]).map(
      ({ name }) => name,
    );
  expect(await names(ana.headers)).toEqual(["global", "shared", "hers"]);
  expect((await platform.call("GET", "/v4/connections/count")).body).toEqual({ count: 4 });
  expect((await platform.callAs(ana.headers, "GET", "/v4/connections/1")).status).toBe(404);
  expect((await platform.callAs(ana.headers, "PATCH", "/v4/connections/3", { name: "x" })).status).toBe(403);
  expect((await platform.call("GET", "/v4/connections/3/permissions")).body.data).toMatchObject([
    { id: 1, connectionpermission: { connectionId: 3, personId: 1, role: "owner" } },
    { id: ana.id, connectionpermission: { connectionId: 3, personId: ana.id, role: "readOnly" } },
  ]);
  expect((await platform.call("DELETE", `/v4/connections/3/permissions/${ana.id}`)).status).toBe(204);
  expect(await names(ana.headers)).toEqual(["global", "hers"]);
});

test("sharing with a person that does not exist changes nothing", async () => {
  const platform = await startTestPlatform();
  await platform.call("POST", "/v4/connections", WAREHOUSE);
  const { status, body } = await platform.call("POST", "/v4/connections/1/permissions", {
    data: [{ person: { id: 77 }, role: "readOnly" }],
  });
  expect(status).toBe(400);
  expect(body.exception.details).toEqual(["data[0].person.id: person 77 does not exist in this environment"]);
});

async function makePerson(platform: TestPlatform, email: string) {
  const { body } = await platform.call("POST", "/v4/people", { email, password: "a-long-password" });
  return { id: body.id as number, headers: { authorization: `Basic ${btoa(`${email}:a-long-password`)}` } };
}

test("a list of connections embeds the permissions of each as their own route answers them", async () => {
  const platform = await startTestPlatform();
  const ana = await makePerson(platform, "ana@example.com");
  await platform.call("POST", "/v4/connections", { ...WAREHOUSE, name: "shared" });
  await platform.call("POST", "/v4/connections", { ...WAREHOUSE, name: "private" });
  await platform.call("POST", "/v4/connections/1/permissions", {
    data: [{ person: { id: ana.id }, role: "readOnly", policyTag: "connection_viewer" }],
  });
  const { body } = await platform.call("GET", "/v4/connections?sort=id&fields=name&embed=permissions");
  const own = async (id: number) => (await platform.call("GET", `/v4/connections/${id}/permissions`)).body;
  expect(body.data).toEqual([
    { id: 1, name: "shared", permissions: await own(1) },
    { id: 2, name: "private", permissions: await own(2) },
  ]);
  expect(body.data[0].permissions.data).toHaveLength(2);
  expect(body.data[1].permissions.data).toHaveLength(1);
});
