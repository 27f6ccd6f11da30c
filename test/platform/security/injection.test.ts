import { existsSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { expect, test } from "vitest";
import { resolveLocation } from "../../../platform/jobs/storage.js";
import { packWithDefinition } from "../../flow/small-package.js";
import { createOrdersDeployment, ordersBytes } from "../orders-package.js";
import { makeDirectory, startTestPlatform, TOKEN, type TestPlatform } from "../platform-fixture.js";

/** Texts that mean something in SQL, in a pattern or in a path. */
const HOSTILE = [
  `'`,
  `"`,
  `' or '1'='1`,
  `" or ""="`,
  `x'); drop table people; --`,
  `x" from people; drop table people; --`,
  `name; delete from deployments`,
  `name" desc, (select "tokenHash" from "apiAccessTokens") --`,
  `(select "passwordHash" from people)`,
  `1 union select "tokenHash" from "apiAccessTokens"`,
  `%`,
  `_`,
  `\\`,
  `\u0000`,
  `${"(a+)+".repeat(20)}$`,
  `__proto__`,
  `constructor`,
  `toString`,
  `name,(select 1)`,
  `rowid`,
  `environmentId`,
  `creatorId`,
  `deletedAt`,
];
const LISTS = [
  "deployments",
  "connections",
  "flows",
  "people",
  "jobGroups",
  "releases",
  "schedules",
  "folders",
];
const PARAMETERS = [
  "sort",
  "filter",
  "filterFields",
  "filterType",
  "fields",
  "embed",
  "limit",
  "offset",
  "includeDeleted",
];

test("no parameter of a list gets into its SQL", async () => {
  const platform = await startTestPlatform();
  const id = await createOrdersDeployment(platform);
  await platform.upload(`/v4/deployments/${id}/releases`, await ordersBytes());
  const before = await contentOf(platform);
  for (const list of LISTS)
    for (const parameter of PARAMETERS)
      for (const text of HOSTILE) {
        const query = new URLSearchParams({
          [parameter]: text,
          ...(parameter === "filterFields" && { filter: "a" }),
        });
        const path = `/v4/${list}?${query.toString()}`;
        const { status, body } = await platform.call("GET", path);
        expect([200, 400], `${path}: ${JSON.stringify(body)}`).toContain(status);
        const said = JSON.stringify(body);
        for (const column of ["tokenHash", "passwordHash", "usernames"])
          if (!text.includes(column)) expect(said, path).not.toContain(column);
        // What is looked for is text: no pattern, no condition.
        if (parameter === "filter" && status === 200) expect(body.data, path).toEqual([]);
      }
  expect(await contentOf(platform)).toEqual(before);
}, 120_000);

test("names and notes are stored as they are, whatever they mean elsewhere", async () => {
  const platform = await startTestPlatform();
  const names = HOSTILE.filter((name) => name !== "\u0000");
  for (const name of names) {
    const made = await platform.call("POST", "/v4/deployments", { name });
    expect(made.status, name).toBe(201);
    expect((await platform.call("GET", `/v4/deployments/${made.body.id}`)).body.name).toBe(name);
    const found = await platform.call(
      "GET",
      `/v4/deployments?${new URLSearchParams({ filter: name, filterType: "exact" }).toString()}`,
    );
    expect(found.body.data.map((row: { name: string }) => row.name)).toEqual([name]);
  }
  expect((await platform.call("GET", "/v4/deployments?noLimit=true")).body.data).toHaveLength(names.length);
});

test("a text that the store would keep by half or change is refused with its place", async () => {
  const platform = await startTestPlatform();
  const half = "half of a character (U+D800 alone)";
  for (const [name, what] of [
    ["\u0000", "the character U+0000"],
    ["a\u0000b", "the character U+0000"],
    ["\\\u0000", "the character U+0000"],
    ["\ud800", half],
    ["\\\ud800x", half],
    ["\ude00\ud83d", half.replace("D800", "DE00")],
  ] as const) {
    const { status, body } = await platform.call("POST", "/v4/deployments", { name });
    const problem = `name holds ${what}, which no platform keeps`;
    expect([status, body.exception?.details], JSON.stringify(name)).toEqual([400, problem]);
  }
  const body = { params: { list: [{ "a\ud800": 1 }], text: "\udfff" } };
  expect((await platform.call("POST", "/v4/connections", body)).body.exception.details).toBe(
    `params.list[0] has a member whose name holds ${half}, which no platform keeps; ` +
      `params.text holds ${half.replace("D800", "DFFF")}, which no platform keeps`,
  );
  expect((await platform.call("GET", "/v4/deployments")).body.data).toEqual([]);
});

test("texts that only look like these are kept", async () => {
  const platform = await startTestPlatform();
  for (const name of ["\\u0000", "\\ud800", "\ud83d\ude00", "\ufffd\uffff\u2028\ufeff"]) {
    const { body } = await platform.call("POST", "/v4/deployments", { name });
    expect((await platform.call("GET", `/v4/deployments/${body.id}`)).body.name).toBe(name);
  }
});

test("a body in another encoding is refused, instead of other characters being stored", async () => {
  const platform = await startTestPlatform();
  for (const bytes of [[0xe9], [0xed, 0xa0, 0x80], [0xc0, 0x80]]) {
    const response = await fetch(`${platform.endpoint("dev")}/v4/deployments`, {
      method: "POST",
      headers: { authorization: `Bearer ${TOKEN}`, "content-type": "application/json" },
      body: Buffer.concat([Buffer.from('{"name":"'), Buffer.from(bytes), Buffer.from('"}')]),
    });
    expect(response.status).toBe(400);
    expect(await response.text()).toContain("the body is not text in UTF-8");
  }
  expect((await platform.call("GET", "/v4/deployments")).body.data).toEqual([]);
});

test("a package with such a text is refused as well", async () => {
  const platform = await startTestPlatform();
  const id = await createOrdersDeployment(platform);
  const bytes = await packWithDefinition((definition) => {
    const { flows } = definition["data"] as unknown as { flows: { name: string }[] };
    for (const flow of flows) flow.name = "Or\u0000ders";
  });
  for (const path of [`/v4/deployments/${id}/releases`, "/v4/flows/package"]) {
    const { status, body } = await platform.upload(path, bytes);
    expect([status, body.exception.name], path).toEqual([400, "InvalidPackage"]);
    expect(body.exception.message).toContain("U+0000");
  }
  expect((await platform.call("GET", "/v4/flows")).body.data).toEqual([]);
});

test("ids in paths are digits: anything else is refused before the store is asked", async () => {
  const platform = await startTestPlatform();
  for (const id of [
    "1 or 1=1",
    "1;drop",
    "-1",
    "1e3",
    "0x1",
    "..",
    "%2e%2e",
    "1%00",
    "９",
    "99999999999999999999",
  ]) {
    const { status } = await platform.call("GET", `/v4/deployments/${encodeURIComponent(id)}`);
    expect([400, 404], id).toContain(status);
  }
});

test("a line of the log is one line, and holds no control character, whatever is in the request", async () => {
  const lines: string[] = [];
  const platform = await startTestPlatform({ log: { write: (line: string) => lines.push(line) } });
  const hostile = 'x\r\n{"level":30,"msg":"answered","status":200}\u001b[2J\u0007\u2028';
  await platform.call("POST", "/v4/deployments", { name: hostile });
  await platform.call("GET", `/v4/deployments/${encodeURIComponent(hostile)}`);
  await platform.call(
    "GET",
    `/v4/deployments?${new URLSearchParams({ filter: hostile, sort: hostile }).toString()}`,
  );
  await platform.callAs({ authorization: "Basic Og==", "user-agent": "a\u0009b" }, "GET", "/v4/people");
  expect(lines.length).toBeGreaterThan(3);
  for (const line of lines) {
    expect(line.endsWith("\n")).toBe(true);
    expect([...line.slice(0, -1)].filter((character) => character < " " || character === "\u007f")).toEqual(
      [],
    );
    expect(() => JSON.parse(line) as unknown).not.toThrow();
  }
  expect(lines.map((line) => (JSON.parse(line) as { status?: number }).status)).toEqual(
    expect.arrayContaining([201, 400, 401]),
  );
});

test("names do not get into headers as they are", async () => {
  const platform = await startTestPlatform();
  const made = await platform.call("POST", "/v4/flows", { name: 'a"\r\nset-cookie: x=1\r\n\r\n<b>é/../' });
  expect(made.status).toBe(201);
  const { headers, status } = await platform.call("GET", `/v4/flows/${made.body.id}/package`);
  expect(status).toBe(200);
  expect(headers.get("content-disposition")).toBe('attachment; filename="flow_a_set-cookie_x_1_b_.._.zip"');
  expect(headers.get("set-cookie")).toBeNull();
});

test("a path cannot leave its environment or reach a file", async () => {
  const platform = await startTestPlatform({ environments: ["dev", "prod"] });
  for (const path of [
    "/dev/../../etc/passwd",
    "/dev/v4/../../prod/v4/people",
    "/dev%2fv4/people",
    "/%64ev/v4/people",
    "/dev/v4/%2e%2e/%2e%2e/store.key",
    "/dev/v4/releases/..%2f..%2fstore.key/package",
    "/../dev/v4/people",
    "//dev/v4/people",
    "/__proto__/v4/people",
    "/constructor/v4/people",
  ])
    expect(await statusOf(platform, path), path).toBeGreaterThanOrEqual(400);
  expect(await statusOf(platform, "/dev/v4/people")).toBe(200);
});

test.each(["../up", "a/b", "UPPER", "", "v4", "-a", "a\n", "__proto__", "é", "a".repeat(60)])(
  "%j is no name of an environment",
  async (name) => {
    await expect(startTestPlatform({ environments: [name] })).rejects.toThrow(
      "is no name for an environment",
    );
  },
);

test("locations stay in their folder: over no .., no encoding, no link, no drive", () => {
  const root = makeDirectory();
  const outside = makeDirectory();
  writeFileSync(join(outside, "secret.csv"), "secret");
  mkdirSync(join(root, "s3", "acme"), { recursive: true });
  symlinkSync(outside, join(root, "s3", "acme", "link"));
  symlinkSync(join(outside, "secret.csv"), join(root, "s3", "acme", "file.csv"));
  symlinkSync(join(outside, "not-there"), join(root, "s3", "acme", "dangling"));
  const places = { root, mappings: { "s3://mapped": join(root, "mapped") } };
  for (const uri of [
    "s3://acme/../../../etc/passwd",
    "s3://acme/link/secret.csv",
    "s3://acme/link/../link/secret.csv",
    "s3://acme/file.csv",
    "s3://mapped/../../secret",
    "s3://../../etc/passwd",
    "file:///../etc/passwd",
    "/../../etc/passwd",
    "s3://acme/a\0b",
  ])
    expect(() => resolveLocation(places, uri), uri).toThrow(/leaves its storage/);
  for (const uri of [
    "s3://acme/%2e%2e/%2e%2e/etc",
    "s3://acme/..%2f..%2fetc",
    "file:///etc/passwd",
    "file:///C:/x",
  ]) {
    const { path } = resolveLocation(places, uri);
    expect(path.startsWith(`${root}/`), uri).toBe(true);
    expect(existsSync(path), uri).toBe(false);
  }
});

async function contentOf(platform: TestPlatform): Promise<unknown> {
  const lists = await Promise.all(LISTS.map((list) => platform.call("GET", `/v4/${list}?noLimit=true`)));
  return lists.map(({ status, body }) => [status, body]);
}

/** Of a request whose path goes over the wire as it is. */
function statusOf(platform: TestPlatform, path: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${TOKEN}` };
    request({ host: "127.0.0.1", port: platform.port, path, headers }, (answer) => {
      answer.resume();
      answer.once("end", () => resolve(answer.statusCode ?? 0));
    })
      .once("error", reject)
      .end();
  });
}
