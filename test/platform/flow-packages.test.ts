import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { contentDigest, isSameContent } from "../../flow/digest.js";
import type { ConnectionStub, FlowPackage } from "../../flow/model.js";
import { readPackage } from "../../flow/read.js";
import { applyRules } from "../../flow/rules.js";
import { HAS_REAL_PACKAGES, listRealPackages } from "../real-packages.js";
import { startTestPlatform, TOKEN, type TestPlatform } from "./platform-fixture.js";

const NO_RULES = { connections: [], values: [] };

describe.skipIf(!HAS_REAL_PACKAGES)("a real package", () => {
  test.each(listRealPackages())("$name comes out of the platform as it went in", async ({ path }) => {
    const platform = await startTestPlatform();
    const original = await readPackage(path);
    for (const stub of original.connections) await createTwin(platform, stub);

    const imported = await importPackage(platform, path);
    expect(imported.status).toBe(201);
    const exported = await exportFlow(platform, imported.body.primaryFlowIds[0] as number);

    const unprefixed = withoutPrefix(exported);
    expect(isSameContent(applyRules(original, NO_RULES), unprefixed)).toBe(true);
    if (original.connections.length === 0) expect(contentDigest(unprefixed)).toBe(contentDigest(original));
  });
});

function createTwin(platform: TestPlatform, stub: ConnectionStub) {
  return platform.call("POST", "/v4/connections", {
    uuid: stub.uuid,
    name: stub.name,
    description: stub.description,
    vendor: stub.vendor ?? "postgres",
    vendorName: stub.vendor ?? "postgres",
    type: stub.type,
    credentialType: stub.credentialType ?? "basic",
    params: {},
    host: "db.example.com",
    port: 5432,
  });
}

function importPackage(platform: TestPlatform, path: string) {
  const form = new FormData();
  form.set("data", new Blob([readFileSync(path)]), "package.zip");
  return platform.call("POST", "/v4/flows/package", form);
}

async function exportFlow(platform: TestPlatform, flowId: number): Promise<FlowPackage> {
  const response = await fetch(`${platform.endpoint("dev")}/v4/flows/${flowId}/package`, {
    headers: { authorization: `Bearer ${TOKEN}` },
  });
  expect(response.status).toBe(200);
  return readPackage(new Uint8Array(await response.arrayBuffer()));
}

function withoutPrefix(pkg: FlowPackage): FlowPackage {
  return {
    ...pkg,
    flows: pkg.flows.map((flow) => ({ ...flow, name: flow.name.replace(/^\[[0-9a-f]{8}\] /, "") })),
  };
}
