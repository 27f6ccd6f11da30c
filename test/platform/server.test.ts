import { connect } from "node:net";
import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { startTestPlatform, TOKEN, type TestPlatform } from "./platform-fixture.js";

test("every answer carries a request id, also errors", async () => {
  const platform = await startTestPlatform();
  const answers = [await platform.call("GET", "/v4/deployments"), await platform.call("GET", "/v4/nothing")];
  const ids = answers.map((answer) => answer.headers.get("x-trifacta-request-id"));
  expect(new Set(ids).size).toBe(2);
  for (const id of ids) expect(id).toMatch(/^[0-9a-f-]{36}$/);
});

test("a path with a trailing slash is the same path", async () => {
  const platform = await startTestPlatform();
  expect((await platform.call("GET", "/v4/deployments/?limit=1")).body).toEqual({ data: [] });
});

test("an unknown path or method is a 404 in the envelope", async () => {
  const platform = await startTestPlatform();
  for (const [method, path] of [
    ["GET", "/v4/nothing"],
    ["PUT", "/v4/deployments"],
    ["GET", "/v4/deployments/1/run"],
  ] as const) {
    const { status, body } = await platform.call(method, path);
    expect(status).toBe(404);
    expect(body).toEqual({
      exception: {
        name: "RouteNotFoundException",
        message: `There is no route ${method} ${path}`,
        details: null,
      },
    });
  }
});

test("an unknown environment is a 404 that says how paths begin", async () => {
  const platform = await startTestPlatform();
  const response = await fetch(`${platform.url}/staging/v4/deployments`);
  expect(response.status).toBe(404);
  expect(await response.json()).toMatchObject({
    exception: {
      name: "RouteNotFoundException",
      message: expect.stringContaining("/<environment>/v4/") as string,
    },
  });
});

test("environments do not see each other's objects", async () => {
  const platform = await startTestPlatform();
  const { body } = await platform.call("POST", "/v4/deployments", { name: "orders" }, "prod");
  expect((await platform.call("GET", "/v4/deployments")).body.data).toEqual([]);
  expect((await platform.call("GET", `/v4/deployments/${body.id}`)).status).toBe(404);
  expect((await platform.call("GET", `/v4/deployments/${body.id}`, undefined, "prod")).status).toBe(200);
});

test.each([
  ["no header", {}],
  ["a wrong token", { authorization: "Bearer wrong-token" }],
  ["a wrong scheme", { authorization: `Token ${TOKEN}` }],
  ["an empty token", { authorization: "Bearer " }],
  ["a wrong password", { authorization: `Basic ${btoa("admin@sluice.local:wrong")}` }],
  ["an unknown address", { authorization: `Basic ${btoa(`nobody@sluice.local:${TOKEN}`)}` }],
])("%s is refused with 401", async (_case, headers) => {
  const platform = await startTestPlatform();
  const { status, body } = await platform.callAs(headers, "GET", "/v4/deployments");
  expect(status).toBe(401);
  expect(body.exception.name).toBe("UnauthorizedException");
});

test("the default person may send the token as Basic password", async () => {
  const platform = await startTestPlatform();
  const headers = { authorization: `Basic ${btoa(`admin@sluice.local:${TOKEN}`)}` };
  expect((await platform.callAs(headers, "GET", "/v4/people/current")).body.email).toBe("admin@sluice.local");
});

test("a body that does not match the schema is a 400 that lists every place", async () => {
  const platform = await startTestPlatform();
  const { status, body } = await platform.call("POST", "/v4/deployments", { nmae: "orders" });
  expect(status).toBe(400);
  expect(body.exception).toEqual({
    name: "ApiValidationFailed",
    message: "The request does not match the API schema",
    details: ["body must have required property 'name'", 'body must NOT have additional properties: "nmae"'],
  });
});

test("a body that is no JSON is a 400, another content type a 415, a huge body a 413", async () => {
  const platform = await startTestPlatform({ settings: { maxBodyBytes: 1000 } });
  const broken = await platform.call("POST", "/v4/deployments", '{"name":');
  expect([broken.status, broken.body.exception.name]).toEqual([400, "ApiValidationFailed"]);
  const authorization = `Bearer ${TOKEN}`;
  const text = await platform.callAs(
    { authorization, "content-type": "text/plain" },
    "POST",
    "/v4/deployments",
    "x",
  );
  expect([text.status, text.body.exception.name]).toEqual([415, "UnsupportedMediaTypeException"]);
  const huge = await platform.call("POST", "/v4/deployments", { name: "x".repeat(2000) });
  expect([huge.status, huge.body.exception.name]).toEqual([413, "PayloadTooLargeException"]);
});

test("an id that is no number is a 400", async () => {
  const platform = await startTestPlatform();
  const { status, body } = await platform.call("GET", "/v4/deployments/first");
  expect([status, body.exception.name]).toEqual([400, "ApiValidationFailed"]);
});

test("bytes that are no HTTP are answered in the envelope", async () => {
  const platform = await startTestPlatform();
  const answer = await sendRaw(platform, "NONSENSE\r\n\r\n");
  expect(answer).toContain("400 Bad Request");
  expect(answer).toContain('{"exception":{"name":"ApiValidationFailed"');
});

test("above the quota the answer is 429 with the product's headers, per person", async () => {
  const platform = await startTestPlatform({ settings: { requestsPerMinute: 2 } });
  await platform.call("GET", "/v4/deployments");
  const second = await platform.call("GET", "/v4/deployments");
  expect(second.headers.get("x-rate-limit-user-limit")).toBe("2");
  expect(second.headers.get("x-rate-limit-user-remaining")).toBe("0");
  const third = await platform.call("GET", "/v4/deployments");
  expect(third.status).toBe(429);
  expect(third.body.exception.name).toBe("TooManyRequestsException");
  const wait = Number(third.headers.get("x-retry-after"));
  expect(wait).toBeGreaterThanOrEqual(1);
  expect(wait).toBeLessThanOrEqual(60);
  expect(Number(third.headers.get("x-rate-limit-user-reset"))).toBeGreaterThan(Date.now());
  expect((await platform.call("GET", "/v4/deployments", undefined, "prod")).status).toBe(200);
});

test("requests are recorded when asked for, with their bodies and without credentials", async () => {
  const platform = await startTestPlatform({ settings: { recordRequests: true } });
  await platform.call("POST", "/v4/deployments", { name: "orders" });
  await platform.call(
    "POST",
    "/v4/connections",
    { name: "x", credentials: [{ password: "canary-secret" }] },
    "prod",
  );
  expect(platform.requests.map(({ requestId: _id, ...record }) => record)).toEqual([
    { method: "POST", path: "/v4/deployments", status: 201, environment: "dev", body: { name: "orders" } },
    {
      method: "POST",
      path: "/v4/connections",
      status: 400,
      environment: "prod",
      body: { name: "x", credentials: "[redacted]" },
    },
  ]);
});

test("the log has a line per request and no secret", async () => {
  const log = new PassThrough();
  const platform = await startTestPlatform({ log });
  const { body: made } = await platform.call("POST", "/v4/apiAccessTokens", { lifetimeSeconds: -1 });
  await platform.call("POST", "/v4/connections", {
    name: "warehouse",
    vendor: "postgres",
    vendorName: "postgres",
    type: "jdbc",
    params: {},
    credentialType: "basic",
    credentials: [{ username: "u", password: "canary-secret" }],
  });
  const bad = await platform.callAs({ authorization: "Bearer canary-token" }, "GET", "/v4/people");
  await platform.close();
  const text = String(log.read());
  const lines = text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(lines.filter((line) => line["msg"] === "answered").map((line) => line["status"])).toEqual([
    201, 201, 401,
  ]);
  expect(lines.some((line) => line["requestId"] === bad.headers.get("x-trifacta-request-id"))).toBe(true);
  for (const secret of [TOKEN, made.tokenValue as string, "canary-secret", "canary-token"]) {
    expect(text).not.toContain(secret);
  }
});

function sendRaw(platform: TestPlatform, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(platform.port, "127.0.0.1", () => socket.write(text));
    let answer = "";
    socket.on("data", (bytes) => (answer += bytes.toString()));
    socket.on("end", () => resolve(answer));
    socket.on("error", reject);
  });
}
