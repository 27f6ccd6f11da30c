import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { writePackage } from "../../flow/index.js";
import { buildPackage } from "../../flow/source.js";
import { isWithoutEngine, outputOf, sluice, startEngineTest, writesOf } from "./stack.js";
import type { EngineTest } from "./stack.js";

interface Release {
  id: number;
  notes: string;
  active: boolean | null;
}

const WAREHOUSE = "a7d6b1c0-0b52-11ef-8c55-0242ac120002";

describe.skipIf(isWithoutEngine)("promoting a package", () => {
  let test: EngineTest;

  beforeEach(async () => {
    test = await startEngineTest();
    for (const version of ["1.0.0", "1.1.0"]) {
      const source = await buildPackage(`examples/quickstart/packages/orders-${version}`);
      await writeFile(join(test.folder, `orders-${version}.zip`), await writePackage(source));
    }
  });
  afterEach(() => test.close());

  const program =
    (version: string, bucket = "acme-prod") =>
    () => {
      const warehouse = new sluice.Connection("warehouse", {
        name: "warehouse",
        vendor: "postgres",
        host: "db.example.com",
        credentials: { username: "loader", password: "canary-5e0c1f" },
      });
      const deployment = new sluice.Deployment("orders", { name: "orders" });
      const rules = new sluice.ImportRules("orders", {
        deploymentId: deployment.id,
        connections: [{ on: { uuid: WAREHOUSE }, with: warehouse.id }],
        values: [{ type: "s3Bucket", on: "acme-dev", with: bucket }],
      });
      const release = new sluice.Release("orders", {
        deploymentId: deployment.id,
        package: `orders-${version}.zip`,
        rules,
        notes: `orders ${version}`,
      });
      new sluice.Schedule("nightly", {
        deploymentId: release.deploymentId,
        name: "nightly",
        triggers: [{ daily: { hourOfDay: 2, minuteOfHour: 0 }, timezone: "Europe/Berlin" }],
      });
      return Promise.resolve({ releaseId: release.releaseId, action: release.action });
    };

  const releases = async () =>
    (await test.call<{ data: Release[] }>("GET", "/v4/releases?deploymentId=1")).data.sort(
      (a, b) => a.id - b.id,
    );

  it("deploys, does nothing the second time, upgrades, and rolls back with one PATCH", async () => {
    test.use(program("1.0.0"));
    const first = await test.stack.up();
    expect(outputOf(first.outputs, "action")).toBe("deploy: the first release from this program");
    expect(await releases()).toMatchObject([{ id: 1, active: true }]);

    const again = await test.requestsDuring(() => test.stack.up());
    expect(writesOf(again)).toEqual([]);

    test.use(program("1.1.0"));
    let preview = "";
    const previewed = await test.requestsDuring(async () => {
      preview = (await test.stack.preview({ diff: true })).stdout;
    });
    expect(writesOf(previewed)).toEqual([]);
    expect(preview).toMatch(/\+ +filter type: custom rowType: single row: customer_id == 'C-TEST'/);
    const upgraded = await test.requestsDuring(() => test.stack.up());
    expect(writesOf(upgraded)).toEqual(["POST /vN/deployments/N/releases", "PATCH /vN/releases/N"]);
    expect(await releases()).toMatchObject([{ active: null }, { active: true }]);

    test.use(program("1.0.0"));
    const rolledBack = await test.requestsDuring(() => test.stack.up());
    expect(writesOf(rolledBack)).toEqual(["PATCH /vN/releases/N"]);
    expect(await releases()).toMatchObject([{ active: true }, { active: null }]);

    expect(await test.state()).not.toContain("canary-5e0c1f");
    await test.stack.destroy();
    expect((await test.call<{ data: unknown[] }>("GET", "/v4/deployments")).data).toEqual([]);
  });
});
