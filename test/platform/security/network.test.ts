import { readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { createOrdersDeployment, ordersBytes, WAREHOUSE_TWIN } from "../orders-package.js";
import { startTestPlatform } from "../platform-fixture.js";

const PLATFORM = join(__dirname, "..", "..", "..", "platform");

/** What opens connections to other machines; its hosts are checked against what the platform was allowed. */
const REACHING_OUT = /^jobs\/(database-host|duckdb\/drivers\/[a-z-]+)\.ts$/;

test("nothing but the drivers of databases can open a connection", () => {
  const sources = readdirSync(PLATFORM, { recursive: true, encoding: "utf8" })
    .map((path) => path.replaceAll("\\", "/"))
    .filter((path) => path.endsWith(".ts") && !/(^|\/)(dist|node_modules)\/|\.d\.ts$/.test(path));
  const imported =
    /^import (?!type )[^;]*"(node:(https?|http2|net|tls|dgram|dns(\/promises)?|child_process)|undici|pg|pg-[a-z-]+)"/m;
  const reaching = sources.filter((path) => {
    const text = readFileSync(join(PLATFORM, path), "utf8");
    return imported.test(text) || /\bfetch\(|\bWebSocket\(/.test(text);
  });
  expect(reaching.length).toBeGreaterThan(0);
  expect(reaching.filter((path) => !REACHING_OUT.test(path))).toEqual([]);
});

test("neither a connection's host nor a webhook's address is called: not when made, tried, imported or changed", async () => {
  let calls = 0;
  const server = createServer((socket) => {
    calls += 1;
    socket.destroy();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const platform = await startTestPlatform();
  const connection = { ...WAREHOUSE_TWIN, host: "127.0.0.1", port, uuid: undefined };
  const made = await platform.call("POST", "/v4/connections", connection);
  expect(made.status).toBe(201);
  expect((await platform.call("GET", `/v4/connections/${made.body.id}/status`)).status).toBe(200);
  await platform.call("POST", "/v4/connections/dryRun", { ...connection, name: "another" });
  await platform.call("PATCH", `/v4/connections/${made.body.id}`, { host: `127.0.0.1` });
  const flow = await platform.call("POST", "/v4/flows", { name: "orders" });
  const hook = {
    name: "hook",
    flowId: flow.body.id,
    url: `http://127.0.0.1:${port}/`,
    method: "post",
    triggerEvent: "onJobDone",
    triggerObject: "any",
  };
  expect((await platform.call("POST", "/v4/webhookFlowTasks", hook)).status).toBe(201);
  expect((await platform.call("POST", "/v4/webhooks/test", hook)).status).toBe(404);
  const id = await createOrdersDeployment(platform);
  await platform.upload(`/v4/deployments/${id}/releases`, await ordersBytes());
  expect(calls).toBe(0);
});
