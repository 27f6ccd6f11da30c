import { copyFileSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Libsql from "libsql";
import { expect, onTestFinished, test } from "vitest";
import { StartError, startPlatform, type PlatformOptions } from "../../platform/index.js";
import { makeDirectory, startTestPlatform, TOKEN } from "./platform-fixture.js";

test("what was written is there after a restart, and the token still opens", async () => {
  const data = makeDirectory();
  const first = await startTestPlatform({ data });
  await first.call("POST", "/v4/deployments", { name: "orders" });
  await first.close();
  const second = await startPlatform({ data, environments: ["dev"] });
  try {
    expect(second.token).toBeNull();
    const response = await fetch(`${second.endpoint("dev")}/v4/deployments`, {
      headers: { authorization: `Bearer ${TOKEN}` },
    });
    expect(((await response.json()) as { data: { name: string }[] }).data.map(({ name }) => name)).toEqual([
      "orders",
    ]);
  } finally {
    await second.close();
  }
});

test("the database file of a platform that was closed holds everything, without the files beside it", async () => {
  const first = await startTestPlatform();
  for (const name of ["orders", "customers"]) await first.call("POST", "/v4/deployments", { name });
  await first.close();
  const copy = makeDirectory();
  copyFileSync(join(first.directory, "platform.db"), join(copy, "platform.db"));
  const second = await startTestPlatform({ data: copy });
  const { data } = (await second.call("GET", "/v4/deployments")).body as { data: { name: string }[] };
  expect(data.map(({ name }) => name).sort()).toEqual(["customers", "orders"]);
});

test("a platform closes while another program reads its database, and loses nothing by it", async () => {
  const first = await startTestPlatform();
  const reader = new Libsql(join(first.directory, "platform.db"));
  onTestFinished(() => void reader.close());
  reader.exec("begin");
  reader.prepare("select count(*) from deployments").all();
  await first.call("POST", "/v4/deployments", { name: "orders" });
  await first.close();
  reader.exec("commit");
  const second = await startTestPlatform({ data: first.directory });
  const { data } = (await second.call("GET", "/v4/deployments")).body as { data: { name: string }[] };
  expect(data.map(({ name }) => name)).toEqual(["orders"]);
});

test("a token is made on the first start when none is given, and opens a later environment, too", async () => {
  const data = makeDirectory();
  const first = await startPlatform({ data, environments: ["dev"] });
  await first.close();
  const second = await startTestPlatformWithoutToken(data, ["dev", "prod"]);
  expect(first.token).toMatch(/^[\w-]{43}$/);
  const authorization = `Bearer ${first.token ?? ""}`;
  const response = await fetch(`${second.endpoint("prod")}/v4/people/current`, {
    headers: { authorization },
  });
  expect(response.status).toBe(200);
});

test("a newly given token replaces the one before", async () => {
  const data = makeDirectory();
  await (await startTestPlatform({ data })).close();
  const platform = await startTestPlatform({ data, token: "another-token-0123" });
  expect((await platform.call("GET", "/v4/people")).status).toBe(401);
  const headers = { authorization: "Bearer another-token-0123" };
  expect((await platform.callAs(headers, "GET", "/v4/people")).status).toBe(200);
});

test("no token and no credential stands in any file of the data directory", async () => {
  const data = makeDirectory();
  const platform = await startTestPlatform({ data });
  await platform.call("POST", "/v4/connections", {
    name: "warehouse",
    vendor: "postgres",
    vendorName: "postgres",
    type: "jdbc",
    params: {},
    credentialType: "basic",
    credentials: [{ username: "u", password: "canary-secret" }],
  });
  for (const name of readdirSync(data, { recursive: true, withFileTypes: true })) {
    if (!name.isFile()) continue;
    const bytes = readFileSync(join(name.parentPath, name.name));
    expect(bytes.includes("canary-secret"), name.name).toBe(false);
    expect(bytes.includes(TOKEN), name.name).toBe(false);
  }
});

test("a data directory is used by one platform at a time, and the message names the other", async () => {
  const platform = await startTestPlatform();
  const error = await failToStart({ data: platform.directory, environments: ["dev"] });
  expect(error.code).toBe("data-locked");
  expect(error.message).toContain(
    `${platform.directory} is in use by another running platform (pid ${process.pid})`,
  );
});

test("a data directory is free again when a start fails", async () => {
  const platform = await startTestPlatform();
  const data = makeDirectory();
  expect((await failToStart({ data, environments: ["dev"], port: platform.port })).code).toBe("port-taken");
  await (await startPlatform({ data, environments: ["dev"] })).close();
});

test("a port that is taken is named", async () => {
  const platform = await startTestPlatform();
  const error = await failToStart({ data: makeDirectory(), environments: ["dev"], port: platform.port });
  expect(error.message).toBe(
    `port ${platform.port} on 127.0.0.1 is taken by another program; choose another port`,
  );
});

test("a data directory that cannot be written is named", async () => {
  const file = join(makeDirectory(), "file");
  writeFileSync(file, "");
  const error = await failToStart({ data: join(file, "below"), environments: ["dev"] });
  expect(error.code).toBe("data-not-writable");
  expect(error.message).toContain(`${file}/below cannot be written`);
});

test("a store of a newer version is refused", async () => {
  const data = makeDirectory();
  await (await startTestPlatform({ data })).close();
  const database = new Libsql(join(data, "platform.db"));
  database
    .prepare(`insert into migrations (number, name, "appliedAt") values (999, 'from the future', '')`)
    .run();
  database.close();
  const error = await failToStart({ data, environments: ["dev"] });
  expect(error.code).toBe("store-too-new");
  expect(error.message).toContain("its schema has version 999");
});

test("a file that is no database is refused and left as it is", async () => {
  const data = makeDirectory();
  writeFileSync(
    join(data, "platform.db"),
    "this is not a database, and it is long enough to be one".repeat(100),
  );
  expect((await failToStart({ data, environments: ["dev"] })).code).toBe("store-unreadable");
  expect(readFileSync(join(data, "platform.db"), "utf8")).toContain("this is not a database");
});

test.each([
  ["no environment", { environments: [] }, "at least one environment"],
  ["a wrong environment name", { environments: ["Dev Area"] }, '"Dev Area" is no name for an environment'],
  ["an environment named v4", { environments: ["v4"] }, '"v4" is no name'],
  ["a short token", { environments: ["dev"], token: "short" }, "too short"],
  ["a wrong port", { environments: ["dev"], port: 70_000 }, "port 70000 is not a number from 0 to 65535"],
])("%s is refused before anything is made", async (_case, options, message) => {
  const data = join(makeDirectory(), "new");
  const error = await failToStart({ ...options, data });
  expect(error.code).toBe("invalid-option");
  expect(error.message).toContain(message);
  expect(() => readdirSync(data)).toThrow("ENOENT");
});

test("a package whose release is gone leaves the disk at the next start", async () => {
  const data = makeDirectory();
  const platform = await startTestPlatform({ data });
  await platform.close();
  writeFileSync(join(data, "blobs", "0".repeat(64)), "left over");
  await startTestPlatform({ data });
  expect(readdirSync(join(data, "blobs"))).toEqual([]);
});

async function startTestPlatformWithoutToken(data: string, environments: string[]) {
  const platform = await startPlatform({ data, environments });
  onTestFinished(() => platform.close());
  return platform;
}

async function failToStart(options: PlatformOptions): Promise<StartError> {
  try {
    await (await startPlatform(options)).close();
  } catch (error) {
    if (error instanceof StartError) return error;
    throw error;
  }
  throw new Error("the platform started");
}
