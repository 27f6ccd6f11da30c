import { connect } from "node:net";
import { expect, test } from "vitest";
import { ZipFile } from "yazl";
import { buffer } from "node:stream/consumers";
import { createOrdersDeployment, ordersBytes } from "../orders-package.js";
import { startTestPlatform, toForm, TOKEN, type TestPlatform } from "../platform-fixture.js";

const MIB = 1024 * 1024;

/** What comes back for a head and the first bytes of a body, until the connection ends; the rest is never sent. */
function sendStart(platform: TestPlatform, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(platform.port, "127.0.0.1");
    let received = "";
    const bound = setTimeout(() => reject(new Error(`no end in time after: ${received}`)), 20_000);
    socket.on("data", (bytes) => (received += bytes.toString("latin1")));
    socket.once("close", () => {
      clearTimeout(bound);
      resolve(received);
    });
    socket.once("error", reject);
    socket.write(text);
  });
}

const head = (path: string, length: number, type: string) =>
  `POST /dev${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${TOKEN}\r\n` +
  `Content-Type: ${type}\r\nContent-Length: ${length}\r\n\r\n`;

test("a body that says to be too large is refused before it is sent, and nobody waits for it for long", async () => {
  const platform = await startTestPlatform({
    settings: { maxBodyBytes: 1000, maxPackageBytes: 10_000, receiveMilliseconds: 300 },
  });
  const id = await createOrdersDeployment(platform);
  for (const [path, length, type] of [
    ["/v4/deployments", 1001, "application/json"],
    [`/v4/deployments/${id}/releases`, 11_001, "multipart/form-data; boundary=x"],
    ["/v4/flows/package", 1e15, "multipart/form-data; boundary=x"],
  ] as const) {
    const answer = await sendStart(platform, head(path, length, type));
    expect(answer, path).toMatch(/^HTTP\/1\.1 413 /);
    expect(answer).toContain('"name":"PayloadTooLargeException"');
  }
});

test("a body that is larger than it says is refused at its limit", async () => {
  const platform = await startTestPlatform({ settings: { maxBodyBytes: 1000, maxPackageBytes: 10_000 } });
  const id = await createOrdersDeployment(platform);
  const { status } = await platform.upload(`/v4/deployments/${id}/releases`, new Uint8Array(10_500));
  expect(status).toBe(413);
  expect((await platform.call("POST", "/v4/deployments", { name: "x".repeat(1000) })).status).toBe(413);
});

test("a client that sends its headers, or its body, drop by drop is cut off in time", async () => {
  const platform = await startTestPlatform({ settings: { receiveMilliseconds: 300 } });
  const [ofHeaders, ofBody] = await Promise.all([
    sendStart(platform, "GET /dev/v4/people HTTP/1.1\r\nHost: 127.0.0.1\r\n"),
    sendStart(platform, `${head("/v4/deployments", 100, "application/json")}{`),
  ]);
  expect(ofHeaders).toMatch(/^HTTP\/1\.1 408 Request Timeout\r\n/);
  expect(ofBody).toMatch(/^HTTP\/1\.1 408 Request Timeout\r\n/);
  expect(ofHeaders).toContain("took too long to arrive");
  expect((await platform.call("GET", "/v4/people")).status).toBe(200);
});

test("headers beyond 16 KiB are refused", async () => {
  const platform = await startTestPlatform();
  const answer = await sendStart(
    platform,
    `GET /dev/v4/people HTTP/1.1\r\nHost: 127.0.0.1\r\nX: ${"x".repeat(20_000)}\r\n\r\n`,
  );
  expect(answer).toMatch(/^HTTP\/1\.1 431 /);
});

test.each([
  ["lists", "[", "]"],
  ["objects", '{"a":', "}"],
])("a body of %s in each other is refused, and the platform goes on", async (_what, open, close) => {
  const platform = await startTestPlatform({ settings: { recordRequests: true } });
  const nested = (levels: number) => `{"name":"a","params":${open.repeat(levels)}1${close.repeat(levels)}}`;
  const headers = { authorization: `Bearer ${TOKEN}`, "content-type": "application/json" };
  const deep = await platform.callAs(headers, "POST", "/v4/connections", nested(100_000));
  expect([deep.status, deep.body.exception.details]).toEqual([
    400,
    "lists and objects may be nested 200 deep",
  ]);
  const quoted = await platform.call("POST", "/v4/deployments", { name: '"[[{'.repeat(60) });
  expect(quoted.status).toBe(201);
});

test("packages that unpack to more than they should are refused, and take no memory for it", async () => {
  const platform = await startTestPlatform();
  const id = await createOrdersDeployment(platform);
  const zeros = Buffer.alloc(200 * MIB);
  const bombs = {
    "one entry": await zipOf([["flow.json", zeros]]),
    "many entries": await zipOf(
      Array.from({ length: 2000 }, (_, index) => [`part-${index}.json`, Buffer.from("{}")]),
    ),
    "an archive in the archive": await zipOf([["flow.json", await zipOf([["flow.json", zeros]])]]),
    "a size that is a lie": lying(await zipOf([["flow.json", zeros]])),
    "deep JSON": await zipOf([
      ["flow.json", Buffer.from(`${"[".repeat(2_000_000)}${"]".repeat(2_000_000)}`)],
    ]),
  };
  const before = process.memoryUsage.rss();
  let most = before;
  const watch = setInterval(() => (most = Math.max(most, process.memoryUsage.rss())), 5);
  for (let round = 0; round < 3; round += 1)
    for (const [name, bytes] of Object.entries(bombs)) {
      const { status, body } = await platform.upload(`/v4/deployments/${id}/releases`, bytes);
      expect([name, status, body.exception.name]).toEqual([name, 400, "InvalidPackage"]);
    }
  clearInterval(watch);
  expect((most - before) / MIB).toBeLessThan(150);
  expect((await platform.upload(`/v4/deployments/${id}/releases`, await ordersBytes())).status).toBe(201);
});

async function zipOf(entries: readonly (readonly [string, Buffer])[]): Promise<Buffer> {
  const file = new ZipFile();
  for (const [name, content] of entries) file.addBuffer(content, name, { compress: true });
  file.end();
  return buffer(file.outputStream);
}

/** The same archive with small sizes in its headers. */
function lying(archive: Buffer): Buffer {
  const copy = Buffer.from(archive);
  for (let at = copy.indexOf("PK\u0001\u0002"); at >= 0; at = copy.indexOf("PK\u0001\u0002", at + 1))
    copy.writeUInt32LE(1000, at + 24);
  return copy;
}

test("a form is taken as one, whatever is in its parts", async () => {
  const platform = await startTestPlatform();
  const form = toForm(new Uint8Array(10));
  for (let index = 0; index < 30; index += 1) form.set(`field-${index}`, "x");
  expect((await platform.call("POST", "/v4/flows/package", form)).status).toBe(413);
});
