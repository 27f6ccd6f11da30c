import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { createWarehouse, exportFlow, importFlows, startWithSmallFlow } from "./flow-fixture.js";
import { smallPackage, withFlow } from "../flow/small-package.js";
import { startTestPlatform } from "./platform-fixture.js";

const PATH = "/v4/webhookFlowTasks";
const WEBHOOK = {
  name: "tell the team",
  url: "https://hooks.example.com/run",
  method: "post",
  triggerEvent: "onJobFailure",
  triggerObject: "any",
  headers: { authorization: "Bearer canary-header" },
  secretKey: "canary-key",
};

test("a webhook is created, read and deleted; its headers and key are never answered", async () => {
  const { platform, flowId } = await startWithSmallFlow();
  const created = await platform.call("POST", PATH, { flowId, ...WEBHOOK });
  expect(created.status).toBe(201);
  expect(created.body).toMatchObject({ flowId, name: "tell the team", sslVerification: true });
  const read = await platform.call("GET", `${PATH}/${created.body.id}`);
  expect(read.body).toEqual(created.body);
  const embedded = await platform.call("GET", `/v4/flows/${flowId}?embed=webhookFlowTasks`);
  expect(embedded.body.webhookFlowTasks.data).toEqual([created.body]);
  expect(JSON.stringify([created.body, embedded.body])).not.toContain("canary");
  expect((await platform.call("DELETE", `${PATH}/${created.body.id}`)).status).toBe(204);
  expect((await platform.call("GET", `${PATH}/${created.body.id}`)).status).toBe(404);
});

test("a webhook goes out with its flow as the product exports it, credentials and all", async () => {
  const { platform, flowId, nodeId } = await startWithSmallFlow();
  const webhook = { ...WEBHOOK, triggerObject: "some", flowNodeIds: [nodeId] };
  await platform.call("POST", PATH, { flowId, ...webhook });
  expect((await exportFlow(platform, flowId)).flows[0]?.webhooks).toMatchObject([
    { headers: WEBHOOK.headers, secretKey: WEBHOOK.secretKey, nodeIds: [nodeId] },
  ]);
});

test("the credentials of created and imported webhooks are in no file, log or request record", async () => {
  const log = new PassThrough();
  const lines: string[] = [];
  log.on("data", (line) => lines.push(String(line)));
  const platform = await startTestPlatform({ log, settings: { recordRequests: true } });
  await createWarehouse(platform);
  const { body } = await importFlows(
    platform,
    withFlow(smallPackage(), () => ({
      webhooks: [
        {
          id: 95,
          name: "imported",
          url: "https://hooks.example.com/imported",
          method: "post",
          triggerEvent: "onJobFailure",
          triggerObject: "any",
          body: null,
          headers: { authorization: "Bearer canary-imported" },
          secretKey: "canary-imported-key",
          verifiesTls: true,
          retries: false,
          nodeIds: [],
        },
      ],
    })),
  );
  await platform.call("POST", PATH, { flowId: body.primaryFlowIds[0], ...WEBHOOK });
  await platform.close();
  const files = readdirSync(platform.directory, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  expect(files.length).toBeGreaterThan(1);
  for (const file of files) {
    expect(readFileSync(join(file.parentPath, file.name)).includes("canary"), file.name).toBe(false);
  }
  expect(lines.length).toBeGreaterThan(0);
  expect(lines.join("")).not.toContain("canary");
  expect(platform.requests.length).toBeGreaterThan(0);
  expect(JSON.stringify(platform.requests)).not.toContain("canary");
});

test.each([
  ["no web address", { url: "ftp://example.com" }, "ApiValidationFailed"],
  ["some recipes but none named", { triggerObject: "some" }, "ValidationFailed"],
  ["a recipe of no such flow", { triggerObject: "some", flowNodeIds: [999] }, "ValidationFailed"],
])("a webhook with %s is refused", async (_what, wrong, name) => {
  const { platform, flowId } = await startWithSmallFlow();
  const { status, body } = await platform.call("POST", PATH, { flowId, ...WEBHOOK, ...wrong });
  expect([status, body.exception.name]).toEqual([400, name]);
});

test("there is no list of webhooks", async () => {
  const { platform } = await startWithSmallFlow();
  const { status, body } = await platform.call("GET", PATH);
  expect([status, body.exception.name]).toEqual([404, "RouteNotFoundException"]);
});
