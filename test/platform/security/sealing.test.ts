import { chmodSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { startPlatform } from "../../../platform/index.js";
import { Canaries } from "../../canaries/canaries.js";
import { WAREHOUSE_TWIN } from "../orders-package.js";
import { makeDirectory, startTestPlatform, TOKEN } from "../platform-fixture.js";

const start = (data: string) => startPlatform({ data, environments: ["dev"], token: TOKEN });

/** A data folder whose store holds something encrypted. */
async function sealedDirectory(): Promise<string> {
  const platform = await startTestPlatform();
  await platform.call("POST", "/v4/connections", {
    ...WAREHOUSE_TWIN,
    credentialType: "basic",
    credentials: [{ username: "loader", password: "secret" }],
  });
  await platform.close();
  return platform.directory;
}

test("secrets that the platform was given are in no file of it and in no line of its log", async () => {
  const canaries = new Canaries();
  const token = canaries.make("start token", { plain: true });
  const log: string[] = [];
  const platform = await startTestPlatform({
    token,
    log: { write: (line: string) => log.push(line) },
    settings: { recordRequests: true },
  });
  const headers = { authorization: `Bearer ${token}` };
  const post = (path: string, body: unknown) => platform.callAs(headers, "POST", path, body);
  const password = canaries.make("person's password", { plain: true });
  const answers = [
    await post("/v4/people", { email: "a@example.com", password }),
    await post("/v4/connections", {
      ...WAREHOUSE_TWIN,
      credentialType: "basic",
      credentials: [{ username: "loader", password: canaries.make("credentials") }],
      advancedCredentials: [{ key: canaries.make("advanced credentials") }],
    }),
    await post("/v4/flows", { name: "orders" }),
    await post("/v4/webhookFlowTasks", {
      name: "hook",
      flowId: 1,
      url: "https://example.com/hook",
      method: "post",
      triggerEvent: "onJobDone",
      triggerObject: "any",
      headers: { authorization: canaries.make("webhook header") },
      secretKey: canaries.make("webhook key"),
    }),
  ];
  expect(answers.map(({ status }) => status)).toEqual([201, 201, 201, 201]);
  const basic = { authorization: `Basic ${btoa(`a@example.com:${password}`)}` };
  answers.push(await platform.callAs(basic, "GET", "/v4/people/current"));
  answers.push(await platform.callAs(headers, "GET", "/v4/connections/1"));
  answers.push(await platform.callAs(headers, "GET", "/v4/webhookFlowTasks/1"));
  // What is refused is not told either.
  answers.push(await post("/v4/connections", { credentials: canaries.make("wrong credentials") }));
  answers.push(await post("/v4/people", { email: "b", password: canaries.make("wrong password") }));
  const wrong = canaries.make("wrong token", { plain: true });
  answers.push(await platform.callAs({ authorization: `Bearer ${wrong}` }, "GET", "/v4/flows"));
  expect(answers.slice(-3).map(({ status }) => status)).toEqual([400, 400, 401]);
  expect(canaries.findIn(JSON.stringify(answers))).toEqual([]);
  expect(canaries.findIn(log.join("") + JSON.stringify(platform.requests))).toEqual([]);
  // While it runs: what was written last is in the write-ahead log only.
  const running = await canaries.findBelow(platform.directory);
  await platform.close();
  const stopped = await canaries.findBelow(platform.directory);
  expect([...running.found, ...stopped.found]).toEqual([]);
  expect(running.searched.some((path) => path.endsWith("-wal"))).toBe(true);
});

test("nobody but its owner gets at the data folder and the key", async () => {
  const directory = await sealedDirectory();
  expect(statSync(join(directory, "store.key")).mode & 0o777).toBe(0o600);
  for (const name of readdirSync(directory))
    expect(statSync(directory).mode & 0o077 & statSync(join(directory, name)).mode, name).toBe(0);
});

test("the platform does not start with a key that is missing, another one, or open to others", async () => {
  const directory = await sealedDirectory();
  const key = join(directory, "store.key");
  const own = readFileSync(key);
  renameSync(key, `${key}.away`);
  await expect(start(directory)).rejects.toThrow(
    /store\.key is missing, and the store holds what it encrypted: put it back/,
  );
  expect(readdirSync(directory)).not.toContain("store.key");
  writeFileSync(key, randomBytes(32), { mode: 0o600 });
  await expect(start(directory)).rejects.toThrow(
    /store\.key is not the key that the store was encrypted with/,
  );
  writeFileSync(key, "short");
  await expect(start(directory)).rejects.toThrow(/store\.key is no key: it has 5 bytes in place of 32/);
  writeFileSync(key, own);
  chmodSync(key, 0o640);
  await expect(start(directory)).rejects.toThrow(
    /store\.key can be read by other users \(mode 640\): run chmod 600/,
  );
  chmodSync(key, 0o600);
  await (await start(directory)).close();
});

test("without anything encrypted a missing key is made anew", async () => {
  const directory = makeDirectory();
  await (await start(directory)).close();
  rmSync(join(directory, "store.key"));
  await (await start(directory)).close();
  expect(statSync(join(directory, "store.key")).size).toBe(32);
});
