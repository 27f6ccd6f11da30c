import { readFile, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sluice as runSluice } from "../cli/command-line.js";
import { pluginOrdersProgram } from "./orders-on-plugin.js";
import { ordersProgram, releasesOf, writeOrdersPackages } from "./orders.js";
import { isWithoutEngine, startEngineTest, TOKEN, writesOf } from "./stack.js";
import type { EngineTest } from "./stack.js";

const rotated = { credentials: { username: "loader", password: "second-password" } };

// One life of one stack: each test goes on where the one before it ended.
describe.skipIf(isWithoutEngine)("a stack that moves to the plugin host", () => {
  let test: EngineTest;

  beforeAll(async () => {
    test = await startEngineTest({ plugin: resolve("bin") });
    await writeOrdersPackages(test);
    const isPath = true;
    const dev = "sluice:environments.dev";
    await test.stack.setConfig(`${dev}.endpoint`, { value: test.platform.endpoint("dev") }, isPath);
    await test.stack.setConfig(`${dev}.token`, { value: TOKEN, secret: true }, isPath);
    test.use(ordersProgram({ version: "1.0.0" }));
    await test.stack.up();
  });
  afterAll(() => test.close());

  /** Exports the stack, moves the export, and imports it. */
  async function move(...options: string[]): Promise<string> {
    const [from, to] = [join(test.root, "export.json"), join(test.root, "import.json")];
    await test.pulumi("stack", "export", "--file", from);
    const { code, out, error } = await runSluice("migrate-state", ...options, from);
    expect([code, error]).toEqual([0, expect.stringMatching(/^moved 5 resources to the \w+ host/)]);
    await writeFile(to, out);
    await test.pulumi("stack", "import", "--file", to);
    return readFile(to, "utf8");
  }
  const changes = async (
    action: () => Promise<{ changeSummary?: unknown; summary?: { resourceChanges?: unknown } }>,
  ) => {
    const { changeSummary, summary } = await action();
    return changeSummary ?? summary?.resourceChanges;
  };

  it("is moved without a request, and with its secrets as they were encrypted", async () => {
    let state = "";
    const requests = await test.requestsDuring(async () => {
      state = await move();
    });
    expect(requests).toEqual([]);
    expect(state).not.toContain("pulumi-nodejs");
    expect(state).not.toContain("first-password");
    expect(state).toContain('"ciphertext"');
  });

  it("has nothing to change there: not in a preview, a refresh or an update", async () => {
    test.use(pluginOrdersProgram());
    const requests = await test.requestsDuring(async () => {
      expect(await changes(() => test.stack.preview())).toEqual({ same: 6 });
      expect(await changes(() => test.stack.refresh())).toEqual({ same: 6 });
      expect(await changes(() => test.stack.up())).toEqual({ same: 6 });
    });
    expect(writesOf(requests)).toEqual([]);
  });

  it("deploys, rotates a password and goes back as it would have on the dynamic host", async () => {
    test.use(pluginOrdersProgram({ version: "1.1.0", connection: rotated }));
    const deploy = await test.requestsDuring(() => test.stack.up());
    expect(writesOf(deploy).sort()).toEqual([
      "PATCH /vN/connections/N",
      "PATCH /vN/releases/N",
      "POST /vN/deployments/N/releases",
    ]);
    test.use(pluginOrdersProgram({ connection: rotated }));
    expect(writesOf(await test.requestsDuring(() => test.stack.up()))).toEqual(["PATCH /vN/releases/N"]);
    expect(await releasesOf(test)).toMatchObject([{ active: true }, { active: null }]);
  });

  it("may be moved back", async () => {
    expect(await test.requestsDuring(() => move("--to", "dynamic"))).toEqual([]);
    test.use(ordersProgram({ version: "1.0.0", connection: rotated }));
    expect(await changes(() => test.stack.preview())).toMatchObject({ same: 6 });
    expect(await changes(() => test.stack.refresh())).toEqual({ same: 6 });
    expect(writesOf(await test.requestsDuring(() => test.stack.up()))).toEqual([]);
  });

  it("is destroyed on the host where it ended", async () => {
    await move();
    await test.stack.destroy();
    expect(await test.call("GET", "/v4/deployments")).toMatchObject({ data: [] });
    expect(await test.call("GET", "/v4/connections")).toMatchObject({ data: [] });
  });
});
