import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { writeFile } from "node:fs/promises";
import * as pulumi from "@pulumi/pulumi";
import type * as Plugin from "pulumi-sluice/plugin";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { writePackage } from "../../flow/index.js";
import { buildPackage } from "../../flow/source.js";
import { isWithoutEngine, outputOf, startEngineTest, TOKEN, writesOf } from "./stack.js";
import type { EngineTest } from "./stack.js";

const sluice = createRequire(__filename)("pulumi-sluice/plugin") as typeof Plugin;

async function writePackages(test: EngineTest): Promise<void> {
  for (const version of ["1.0.0", "1.1.0"]) {
    const source = await buildPackage(`examples/quickstart/packages/orders-${version}`);
    await writeFile(join(test.folder, `orders-${version}.zip`), await writePackage(source));
  }
}

describe.skipIf(isWithoutEngine)("functions before a real engine", () => {
  let test: EngineTest;

  beforeAll(async () => {
    test = await startEngineTest({ plugin: resolve("bin"), config: {} });
    await writePackages(test);
  }, 60_000);
  afterAll(() => test.close());

  it("read and compare packages in a stack that configures no platform", async () => {
    test.use(() => {
      const changes = sluice.comparePackagesOutput({ before: "orders-1.0.0.zip", after: "orders-1.1.0.zip" });
      const { contents } = sluice.inspectPackageOutput({
        package: new pulumi.asset.FileAsset("orders-1.1.0.zip"),
      });
      const { sql } = sluice.renderSqlOutput({ package: "orders-1.1.0.zip", recipe: "Daily revenue" });
      return Promise.resolve({ summary: changes.summary, text: changes.text, flows: contents.flows, sql });
    });
    const { outputs } = await test.stack.up();
    expect(outputOf(outputs, "summary")).toMatch(/^\d+ changes: /);
    expect(outputOf(outputs, "text")).toContain("flow Orders");
    expect(outputOf(outputs, "flows")).toHaveProperty("Orders");
    expect(outputOf(outputs, "sql")).toContain('"Daily revenue 2 groupby" AS (');
  });

  it("fail with the input's name and the reason, also without a platform to ask", async () => {
    test.use(() => Promise.resolve({ a: sluice.inspectPackageOutput({ package: "none.zip" }).flows }));
    const unreadable = await test.failureOf(() => test.stack.preview());
    expect(unreadable).toMatch(/sluice:index:inspectPackage.* failed: .*none\.zip.*\(package\)/s);
    test.use(() => Promise.resolve({ a: sluice.getDeploymentOutput({ name: "orders" }).id }));
    const nowhere = await test.failureOf(() => test.stack.preview());
    expect(nowhere).toContain("no platform is named: run `pulumi config set sluice:endpoint");
  });

  it("ask the platform, wait for what a preview does not know, and keep secret what came from a secret", async () => {
    await test.stack.setAllConfig({
      "sluice:endpoint": { value: test.platform.endpoint("prod") },
      "sluice:token": { value: TOKEN, secret: true },
    });
    await test.call("POST", "/v4/deployments", { name: "payments" });
    test.use(() => {
      const orders = new sluice.Deployment("orders", { name: "orders" });
      return Promise.resolve({
        known: sluice.getDeploymentOutput({ name: "payments" }).releaseCount,
        hidden: sluice.getDeploymentOutput({ name: pulumi.secret("payments") }).name,
        later: sluice.getReleasesOutput({ deploymentId: orders.id }).releases,
        refusal: sluice.previewImportOutput({ deploymentId: orders.id, package: "orders-1.0.0.zip" }).reason,
      });
    });
    const preview = await test.requestsDuring(() => test.stack.preview());
    expect(writesOf(preview)).toEqual([]);
    expect(preview.filter(({ path }) => path.includes("payments") || path.includes("releases"))).not.toEqual(
      [],
    );

    const { outputs } = await test.stack.up();
    expect(outputOf(outputs, "known")).toBe(0);
    expect(outputs.hidden).toEqual({ value: "payments", secret: true });
    expect(outputOf(outputs, "later")).toEqual([]);
    expect(outputOf(outputs, "refusal")).toContain("ConnectionMappingMissing");
  });
});
