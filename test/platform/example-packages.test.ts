import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { isSameContent } from "../../flow/digest.js";
import { readPackage } from "../../flow/read.js";
import { applyRules } from "../../flow/rules.js";
import { buildPackage } from "../../flow/source.js";
import { writePackage } from "../../flow/write.js";
import { startTestPlatform, TOKEN } from "./platform-fixture.js";

const EXAMPLES = join(__dirname, "../../examples");

describe("an example package built from its source", () => {
  test.each([
    "quickstart/packages/orders-1.0.0",
    "quickstart/packages/orders-1.1.0",
    "two-environments/packages/customer-value-1.0.0",
    "two-environments/packages/customer-value-1.1.0",
  ])("%s comes out of a release of the platform as it went in", async (folder) => {
    const platform = await startTestPlatform();
    const pkg = await buildPackage(join(EXAMPLES, folder));
    for (const { uuid, name, vendor, type, credentialType } of pkg.connections) {
      const connection = { uuid, name, vendor, vendorName: vendor, type, credentialType };
      const address = { params: {}, host: "db.example.com", port: 5432 };
      expect((await platform.call("POST", "/v4/connections", { ...connection, ...address })).status).toBe(
        201,
      );
    }
    const deployment = await platform.call("POST", "/v4/deployments", { name: "examples" });
    const form = new FormData();
    form.set("data", new Blob([Buffer.from(await writePackage(pkg))]), "package.zip");
    const { id } = deployment.body as { id: number };

    const release = await platform.call("POST", `/v4/deployments/${String(id)}/releases`, form);

    expect(release.status).toBe(201);
    const { primaryFlowIds } = release.body as { primaryFlowIds: number[] };
    const exported = await fetch(
      `${platform.endpoint("dev")}/v4/flows/${String(primaryFlowIds[0])}/package`,
      {
        headers: { authorization: `Bearer ${TOKEN}` },
      },
    );
    const back = await readPackage(new Uint8Array(await exported.arrayBuffer()));
    expect(isSameContent(applyRules(pkg, { connections: [], values: [] }), back)).toBe(true);
  });
});
