import { expect, test, vi } from "vitest";
import type { Fault, FaultRule, PlatformOptions } from "../../platform/index.js";
import { createServer } from "../../platform/server.js";
import { DEFAULT_SETTINGS } from "../../platform/settings.js";
import type { Platform } from "../../platform/platform.js";
import { makeDirectory, startTestPlatform, TOKEN } from "./platform-fixture.js";
import { request, runPlatformCommand, startPlatformProcess } from "./platform-process.js";
import { sendRaw, type RawAnswer } from "./raw-client.js";

const LIST = { method: "GET", route: "/v4/deployments" };
const CREATE = { method: "POST", route: "/v4/deployments" };

async function startFaulty(options: Partial<PlatformOptions> = {}) {
  const platform = await startTestPlatform({
    ...options,
    settings: { faults: true, recordRequests: true, ...options.settings },
  });
  const { faults } = platform;
  if (faults === null) throw new Error("the platform has no fault control");
  const send = (method: string, path: string, body?: unknown): Promise<RawAnswer> =>
    sendRaw(platform.port, { method, path: `/dev${path}`, token: TOKEN, body });
  return {
    platform,
    faults,
    send,
    list: () => send("GET", "/v4/deployments"),
    create: (name = "orders") => send("POST", "/v4/deployments", { name }),
    names: async () =>
      (await platform.call("GET", "/v4/deployments?limit=100")).body.data.map(
        ({ name }: { name: string }) => name,
      ) as string[],
  };
}

const strike = async (rule: Omit<FaultRule, "fault">, fault: Fault) => {
  const started = await startFaulty();
  started.faults.add({ ...rule, fault });
  return started;
};

test("without the setting there is no route, no control and no hook", async () => {
  const platform = await startTestPlatform();
  expect(platform.faults).toBeNull();
  for (const method of ["GET", "POST", "DELETE"]) {
    const { status, body } = await platform.call(
      method,
      "/v4/faults",
      method === "POST" ? { fault: {} } : undefined,
    );
    expect(status).toBe(404);
    expect(body.exception.name).toBe("RouteNotFoundException");
  }
  const { paths } = (await platform.call("GET", "/v4/open-api-spec")).body;
  expect(Object.keys(paths).filter((path) => path.includes("fault"))).toEqual([]);
  const bare = { settings: DEFAULT_SETTINGS, environments: new Map(), faults: null } as unknown as Platform;
  const app = createServer(bare, false, []);
  await app.ready();
  expect(app.printRoutes({ includeHooks: true })).not.toMatch(/strike/);
  await app.close();
});

test("a status takes the place of carrying the request out, with the headers that are asked for", async () => {
  const { create, names } = await strike(CREATE, { kind: "status", status: 503, retryAfter: 7 });
  const answer = await create();
  expect(answer).toMatchObject({ status: 503, ending: "open" });
  expect(answer.headers["retry-after"]).toBe("7");
  expect(answer.headers["x-retry-after"]).toBeUndefined();
  expect(answer.headers["x-trifacta-request-id"]).toBeTruthy();
  expect(JSON.parse(answer.body).exception.name).toBe("InjectedFault");
  expect(await names()).toEqual([]);
});

test("a status after the write answers so although it is done", async () => {
  const { create, names } = await strike(CREATE, {
    kind: "status",
    status: 502,
    when: "after",
    xRetryAfter: "0.5",
  });
  const answer = await create();
  expect(answer.status).toBe(502);
  expect(answer.headers["x-retry-after"]).toBe("0.5");
  expect(await names()).toEqual(["orders"]);
});

test("a page of HTML can be answered with 200", async () => {
  const page = "<html>Please sign in</html>";
  const { list } = await strike(LIST, { kind: "status", status: 200, contentType: "text/html", body: page });
  const answer = await list();
  expect(answer).toMatchObject({ status: 200, body: page });
  expect(answer.headers["content-type"]).toBe("text/html");
});

test.each(["before", "after"] as const)("a delay %s holds the answer back", async (when) => {
  const { create, names } = await strike(CREATE, { kind: "delay", milliseconds: 120, when });
  const answer = await create();
  expect(answer.status).toBe(201);
  expect(answer.milliseconds).toBeGreaterThanOrEqual(120);
  expect(await names()).toEqual(["orders"]);
});

test("a delayed write is carried out although its sender is gone, and a delay ends with the platform", async () => {
  const { platform, faults, names } = await startFaulty();
  faults.add({ ...CREATE, times: 1, fault: { kind: "delay", milliseconds: 100 } });
  const sender = new AbortController();
  const sent = fetch(`${platform.endpoint("dev")}/v4/deployments`, {
    method: "POST",
    headers: { authorization: `Bearer ${TOKEN}`, "content-type": "application/json" },
    body: JSON.stringify({ name: "late" }),
    signal: sender.signal,
  });
  await vi.waitFor(() => expect(faults.list()[0]?.struck).toBe(1));
  sender.abort();
  await expect(sent).rejects.toThrow();
  expect(await names()).toEqual([]);
  await vi.waitFor(async () => expect(await names()).toEqual(["late"]));
  faults.add({ ...LIST, fault: { kind: "delay", milliseconds: 60_000 } });
  const held = platform.call("GET", "/v4/deployments");
  await vi.waitFor(() => expect(faults.list()[1]?.struck).toBe(1));
  const before = performance.now();
  await Promise.all([platform.close(), held.catch(() => undefined)]);
  expect(performance.now() - before).toBeLessThan(5000);
});

test("a slow body comes whole, in pieces with pauses", async () => {
  const { list } = await strike(LIST, { kind: "slow-body", bytes: 3, milliseconds: 20 });
  const answer = await list();
  expect(answer).toMatchObject({ status: 200, body: '{"data":[]}', ending: "open" });
  expect(answer.headers["content-length"]).toBe("11");
  expect(answer.milliseconds).toBeGreaterThanOrEqual(4 * 20);
  expect(answer.pieces).toBeGreaterThanOrEqual(4);
});

test("a connection cut at the request: nothing done, nothing answered", async () => {
  const { platform, create, names } = await strike(CREATE, { kind: "cut", at: "request" });
  expect(await create()).toMatchObject({ status: 0, ending: "reset" });
  expect(platform.requests).toMatchObject([{ method: "POST", path: "/v4/deployments", status: 0 }]);
  expect(await names()).toEqual([]);
});

test("a connection cut at the answer: done, and nothing answered", async () => {
  const { platform, create, names } = await strike(CREATE, { kind: "cut", at: "answer" });
  expect(await create()).toMatchObject({ status: 0, ending: "reset" });
  expect(platform.requests).toMatchObject([{ method: "POST", path: "/v4/deployments", status: 201 }]);
  expect(await names()).toEqual(["orders"]);
});

test("a connection cut after the head: status and length, and no byte of the body", async () => {
  const { create, names } = await strike(CREATE, { kind: "cut", at: "head" });
  const answer = await create();
  expect(answer).toMatchObject({ status: 201, body: "", ending: "reset" });
  expect(Number(answer.headers["content-length"])).toBeGreaterThan(10);
  expect(await names()).toEqual(["orders"]);
});

test("a connection cut in the body: so many bytes of it, half when not said", async () => {
  const { faults, list } = await strike(LIST, { kind: "cut", at: "body", bytes: 4 });
  const answer = await list();
  expect(answer).toMatchObject({ status: 200, body: '{"da', ending: "reset" });
  expect(answer.headers["content-length"]).toBe("11");
  faults.add({ ...LIST, fault: { kind: "cut", at: "body" } });
  expect(await list()).toMatchObject({ body: '{"dat', ending: "reset" });
});

test("a connection cut at the end: the whole answer before", async () => {
  const { list } = await strike(LIST, { kind: "cut", at: "end" });
  expect(await list()).toMatchObject({ status: 200, body: '{"data":[]}', ending: "reset" });
});

test("truncated JSON with the right length is a whole answer on an open connection", async () => {
  const { list } = await strike(LIST, { kind: "truncated", bytes: 8 });
  const answer = await list();
  expect(answer).toMatchObject({ status: 200, body: '{"data":', ending: "open" });
  expect(answer.headers["content-length"]).toBe("8");
});

test("truncated JSON with the wrong length ends with the connection", async () => {
  const { list } = await strike(LIST, { kind: "truncated", bytes: 8, contentLength: "wrong" });
  const answer = await list();
  expect(answer).toMatchObject({ status: 200, body: '{"data":', ending: "closed" });
  expect(answer.headers["content-length"]).toBe("11");
});

test("a stale read answers as it was before the last write, also where nobody had read before", async () => {
  const { faults, create, list, send } = await startFaulty();
  await create("first");
  const [rule] = [faults.add({ times: 3, fault: { kind: "stale" } })];
  // No write since the rule: nothing is stale yet.
  expect(JSON.parse((await list()).body).data).toHaveLength(1);
  expect(faults.list()).toMatchObject([{ id: rule.id, seen: 1, struck: 0 }]);
  const { id } = JSON.parse((await create("second")).body);
  expect(await send("GET", `/v4/deployments/${id}`)).toMatchObject({ status: 404 });
  expect(JSON.parse((await list()).body).data).toMatchObject([{ name: "first" }]);
  await send("PATCH", `/v4/deployments/${id}`, { name: "renamed" });
  expect(JSON.parse((await send("GET", `/v4/deployments/${id}`)).body).name).toBe("second");
  expect(JSON.parse((await send("GET", `/v4/deployments/${id}`)).body).name).toBe("renamed");
});

test("a write that was refused makes nothing stale", async () => {
  const { faults, create, list, send } = await startFaulty();
  await create("first");
  faults.add({ times: null, fault: { kind: "stale" } });
  await create("second");
  expect((await send("POST", "/v4/deployments", {})).status).toBe(400);
  expect(JSON.parse((await list()).body).data).toHaveLength(1);
});

test("stale is what was before the last write of the same environment, with a rule that was there then", async () => {
  const { platform, faults, create, list } = await startFaulty();
  const { id } = faults.add({ times: null, fault: { kind: "stale" } });
  await create("first");
  faults.remove(id);
  await create("second");
  faults.add({ times: null, fault: { kind: "stale" } });
  // What is known from before the first is two writes old.
  expect(JSON.parse((await list()).body).data).toHaveLength(2);
  await create("third");
  await platform.call("POST", "/v4/deployments", { name: "elsewhere" }, "prod");
  expect(JSON.parse((await list()).body).data).toHaveLength(2);
});

test("a rate limit refuses what a person asks beyond it, and says how long to wait", async () => {
  const { platform, faults, list } = await strike({}, { kind: "rate-limit", requests: 2, seconds: 60 });
  const { body: person } = await platform.call("POST", "/v4/people", {
    email: "ann@example.com",
    password: "long enough",
  });
  expect((await list()).status).toBe(200);
  const refused = await list();
  expect(refused.status).toBe(429);
  expect(Number(refused.headers["x-retry-after"])).toBeGreaterThan(50);
  expect(JSON.parse(refused.body).exception.name).toBe("TooManyRequestsException");
  const basic = `Basic ${Buffer.from(`${person.email}:long enough`).toString("base64")}`;
  expect((await platform.callAs({ authorization: basic }, "GET", "/v4/deployments")).status).toBe(200);
  expect(faults.list()).toMatchObject([{ seen: 4, struck: 1, times: null }]);
});

test("a rate limit's window ends", async () => {
  const { faults, list } = await strike(LIST, { kind: "rate-limit", requests: 1, seconds: 0.3 });
  expect((await list()).status).toBe(200);
  expect((await list()).status).toBe(429);
  await vi.waitFor(async () => expect((await list()).status).toBe(200));
  expect(faults.list()[0]?.struck).toBeGreaterThan(0);
});

test("a crash is refused in a process of others, unless it is said how", async () => {
  const { faults } = await startFaulty();
  expect(() => faults.add({ fault: { kind: "crash" } })).toThrow("shares its process with others");
  const crash = vi.fn();
  const { faults: other, create, names } = await startFaulty({ crash });
  other.add({ ...CREATE, fault: { kind: "crash" } });
  expect(await create()).toMatchObject({ status: 0, ending: "reset" });
  expect(crash).toHaveBeenCalledOnce();
  expect(await names()).toEqual([]);
});

test.each([
  ["before", [] as string[]],
  ["after", ["second"]],
] as const)("a crash %s the write ends the process like a kill -9", async (when, kept) => {
  const directory = makeDirectory();
  const running = await startPlatformProcess(directory, {}, ["--faults"]);
  const rule = { ...CREATE, skip: 1, fault: { kind: "crash", when } };
  expect((await request(running.endpoint, "POST", "/v4/faults", rule)).status).toBe(201);
  await request(running.endpoint, "POST", "/v4/deployments", { name: "first" });
  await expect(request(running.endpoint, "POST", "/v4/deployments", { name: "second" })).rejects.toThrow();
  expect(await running.ended).toEqual({ code: null, signal: "SIGKILL" });
  const again = await startPlatformProcess(directory);
  const { body } = await request(again.endpoint, "GET", "/v4/deployments");
  expect(body.data.map(({ name }: { name: string }) => name).sort()).toEqual(["first", ...kept].sort());
});

test("rules are posted, listed with what they did, and deleted", async () => {
  const { platform, list } = await startFaulty();
  const rule = { ...LIST, skip: 1, times: 2, fault: { kind: "status", status: 500 } };
  const { status, body } = await platform.call("POST", "/v4/faults", rule);
  expect(status).toBe(201);
  expect(body).toEqual({ ...rule, id: body.id, environment: "dev", seen: 0, struck: 0 });
  const statuses = [];
  for (let count = 0; count < 5; count += 1) statuses.push((await list()).status);
  expect(statuses).toEqual([200, 500, 500, 200, 200]);
  expect((await platform.call("GET", "/v4/faults")).body).toEqual({
    data: [{ ...body, seen: 3, struck: 2 }],
  });
  expect((await platform.call("DELETE", `/v4/faults/${body.id}`)).status).toBe(204);
  expect((await platform.call("DELETE", `/v4/faults/${body.id}`)).status).toBe(404);
  await platform.call("POST", "/v4/faults", rule);
  expect((await platform.call("DELETE", "/v4/faults")).status).toBe(204);
  expect((await platform.call("GET", "/v4/faults")).body).toEqual({ data: [] });
});

test("a rule strikes its own environment, method and route only, and never the control", async () => {
  const { platform, faults, list } = await startFaulty();
  faults.add({ environment: "prod", times: null, fault: { kind: "status", status: 500 } });
  expect((await list()).status).toBe(200);
  expect((await platform.call("GET", "/v4/deployments", undefined, "prod")).status).toBe(500);
  expect((await platform.call("GET", "/v4/faults", undefined, "prod")).status).toBe(200);
  expect((await platform.call("GET", "/v4/faults")).body.data).toEqual([]);
  faults.add({
    method: "GET",
    route: "/v4/deployments/{id}",
    times: null,
    fault: { kind: "status", status: 500 },
  });
  expect((await list()).status).toBe(200);
  expect((await platform.call("PATCH", "/v4/deployments/9", { name: "a" })).status).toBe(404);
  expect((await platform.call("GET", "/v4/deployments/9")).status).toBe(500);
});

test("the first rule that is due strikes, and those behind it do not count that request", async () => {
  const { faults, list } = await startFaulty();
  faults.add({ ...LIST, times: 2, fault: { kind: "status", status: 500 } });
  faults.add({ ...LIST, times: 1, fault: { kind: "status", status: 502 } });
  const statuses = [];
  for (let count = 0; count < 4; count += 1) statuses.push((await list()).status);
  expect(statuses).toEqual([500, 500, 502, 200]);
  expect(faults.list()).toMatchObject([
    { seen: 2, struck: 2 },
    { seen: 1, struck: 1 },
  ]);
});

test("who is no administrator may not touch the control, and who has no access uses no rule up", async () => {
  const { platform, faults } = await startFaulty();
  const { body: person } = await platform.call("POST", "/v4/people", {
    email: "ann@example.com",
    password: "long enough",
  });
  const ann = {
    authorization: `Basic ${Buffer.from(`${person.email}:long enough`).toString("base64")}`,
  };
  const rule = { fault: { kind: "status", status: 500 } };
  for (const [method, path, body] of [
    ["GET", "/v4/faults"],
    ["POST", "/v4/faults", rule],
    ["DELETE", "/v4/faults"],
    ["DELETE", "/v4/faults/1"],
  ] as const)
    expect((await platform.callAs(ann, method, path, body)).status, `${method} ${path}`).toBe(403);
  faults.add({ fault: { kind: "cut", at: "request" } });
  const stranger = { authorization: "Bearer nothing" };
  expect((await platform.callAs(stranger, "GET", "/v4/deployments")).status).toBe(401);
  expect(faults.list()).toMatchObject([{ seen: 0, struck: 0 }]);
});

test.each([
  [{ route: "/v4/deploymets" }, 'there is no /v4/deploymets (did you mean "/v4/deployments"?)'],
  [{ route: "/v4/releases/{id}", method: "POST" }, "/v4/releases/{id} takes GET, PATCH, DELETE, not POST"],
  [{ method: "POST", fault: { kind: "stale" } }, "only a GET can be stale, not a POST"],
  [{ environment: "prd" }, 'this platform has no "prd" (did you mean "prod"?)'],
  [{ fault: { kind: "status" } }, "rule/fault must have required property 'status'"],
  [{ fault: { kind: "cut", at: "dawn" } }, "rule/fault/at must be equal to one of the allowed values"],
  [
    { fault: { kind: "status", status: 500, retryAfter: "1\r\nx: y" } },
    "rule/fault/retryAfter must match pattern",
  ],
  [{ times: 0 }, "rule/times must be >= 1"],
  [{ tims: 3 }, 'rule must NOT have additional properties: "tims"'],
])("a rule with %j is refused", async (wrong, message) => {
  const { faults } = await startFaulty();
  const rule = { fault: { kind: "status", status: 500 }, ...wrong } as FaultRule;
  expect(() => faults.add(rule)).toThrow(message);
  expect(faults.list()).toEqual([]);
});

test("the document of the API describes the control when it is on", async () => {
  const { platform } = await startFaulty();
  const { paths } = (await platform.call("GET", "/v4/open-api-spec")).body;
  expect(Object.keys(paths["/v4/faults"]).sort()).toEqual(["delete", "get", "post"]);
  expect(paths["/v4/faults"].post["x-sluice-extension"]).toBe(true);
  const { fault } = paths["/v4/faults"].post.requestBody.content["application/json"].schema.properties;
  const kinds = fault.oneOf.map(
    (one: { properties: { kind: { const: string } } }) => one.properties.kind.const,
  );
  expect(kinds).toContain("slow-body");
});

test("the command line offers it as --faults", async () => {
  const { printed, ended } = runPlatformCommand(["start", "--help"]);
  await ended;
  expect(printed.out).toContain("--faults");
});
