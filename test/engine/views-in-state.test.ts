import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { killEngine, killPlugin } from "./kill-engine.js";
import { startPlatformProxy } from "./platform-proxy.js";
import type { PlatformProxy, ProxiedRequest } from "./platform-proxy.js";
import { damageOf, resourcesIn, viewsIn } from "./snapshot.js";
import { isWithoutEngine } from "./stack.js";
import type { EngineTest } from "./stack.js";
import { startViewedTest, viewedProgram } from "./viewed-orders.js";

const VIEWS = [
  "Flow orders/Orders",
  "Output orders/Orders/Daily revenue (manual)",
  "Recipe orders/Orders/Clean orders",
  "Recipe orders/Orders/Daily revenue",
  "Recipe orders/Orders/orders.csv",
];
const isImport = ({ method, path }: ProxiedRequest) =>
  method === "POST" && /\/deployments\/\d+\/releases$/.test(path);
const isNotes = ({ method, path }: ProxiedRequest) => method === "PATCH" && /\/releases\/\d+$/.test(path);

// One life of one stack, on an engine that reads state back in before each step: each test goes on where the one before it ended.
describe.skipIf(isWithoutEngine)("views in the stack's state leave it whole", () => {
  let test: EngineTest;
  let proxy: PlatformProxy;

  beforeAll(async () => {
    test = await startViewedTest("state");
    proxy = await startPlatformProxy(test.platform.endpoint("prod"));
    await test.stack.setConfig("sluice:endpoint", { value: proxy.endpoint });
  });
  afterAll(async () => {
    await proxy.close();
    await test.close();
  });

  const urnOf = async (type: string, name: string) =>
    (await resourcesIn(test)).find(
      (resource) => resource.type === `sluice:index:${type}` && resource.urn.endsWith(`::${name}`),
    )?.urn ?? "";

  /** State is as it should be, and holds these views. */
  async function expectWhole(views: readonly string[]): Promise<void> {
    expect(await damageOf(test)).toEqual([]);
    expect(await viewsIn(test)).toEqual(views);
  }

  async function stepsOf(name: string): Promise<unknown> {
    const urn = await urnOf("Recipe", name);
    return (await resourcesIn(test)).find((resource) => resource.urn === urn)?.inputs?.steps;
  }

  /** Runs `up` and does something between the arrival of the import and its answer; `up` then fails. */
  async function upInterruptedBy(interrupt: () => Promise<unknown>): Promise<string> {
    proxy.interfere((request) => (isImport(request) ? { kind: "hold-answer" } : undefined));
    const held = proxy.held();
    const failed = test.failureOf(() => test.stack.up());
    await Promise.race([held, failed.then((message) => Promise.reject(new Error(message)))]);
    await interrupt();
    const message = await failed;
    proxy.interfere(undefined);
    return message;
  }

  it("when the first import fails", async () => {
    test.use(viewedProgram());
    proxy.interfere((request) => (isImport(request) ? { kind: "answer", status: 500 } : undefined));
    expect(await test.failureOf(() => test.stack.up())).toMatch(/creating Release "orders".*500/);
    await expectWhole([]);
    expect(await urnOf("Release", "orders")).toBe("");
  });

  it("when the release is imported and nothing more: it is in state, its views are not", async () => {
    proxy.interfere((request) => (isNotes(request) ? { kind: "answer", status: 500 } : undefined));
    expect(await test.failureOf(() => test.stack.up())).toMatch(/was imported, but not finished/);
    proxy.interfere(undefined);
    await expectWhole([]);
    expect(await urnOf("Release", "orders")).not.toBe("");
  });

  it("when the next update finishes it: they come", async () => {
    const { stdout } = await test.stack.up({ color: "never" });
    expect(stdout).toMatch(/\+ +sluice:index:Recipe +orders\/Orders\/Clean orders +creating/);
    await expectWhole(VIEWS);
  });

  it("when nothing changes", async () => {
    const views = async () => (await resourcesIn(test)).filter(({ viewOf }) => viewOf !== undefined);
    const before = await views();
    expect((await test.stack.up()).summary.resourceChanges).toEqual({ same: 9 });
    expect(await views()).toEqual(before);
    await expectWhole(VIEWS);
  });

  it("when the plugin is killed during an update", async () => {
    test.use(viewedProgram({ version: "1.1.0" }));
    const message = await upInterruptedBy(async () => expect(await killPlugin()).toBeGreaterThan(0));
    expect(message).toContain("error reading from server");
    await expectWhole(VIEWS);
  });

  it("when the engine is killed during an update", async () => {
    test.use(viewedProgram({ version: "1.1.0", release: { notes: "another import" } }));
    await test.call("DELETE", "/v4/releases/2");
    await upInterruptedBy(killEngine);
    await test.unlock();
    await expectWhole(VIEWS);
  });

  it("when the update is repeated: what changed is updated", async () => {
    const { stdout } = await test.stack.up({ color: "never" });
    expect(stdout).toMatch(
      /~ +sluice:index:Recipe +orders\/Orders\/Clean orders +updating .*\[diff: ~steps\]/,
    );
    await expectWhole(VIEWS);
    expect(await stepsOf("orders/Orders/Clean orders")).toContain("ROUND(quantity * price, 2)");
  });

  it("when an update is for something else, or for the release alone", async () => {
    test.use(viewedProgram({ version: "1.0.0" }));
    await test.stack.up({ target: [await urnOf("Deployment", "other")] });
    await expectWhole(VIEWS);
    expect(await stepsOf("orders/Orders/Clean orders")).toContain("ROUND(quantity * price, 2)");
    await test.stack.up({ target: [await urnOf("Release", "orders")] });
    await expectWhole(VIEWS);
    expect(await stepsOf("orders/Orders/Clean orders")).not.toContain("ROUND");
  });

  it("when the release is replaced, in another deployment", async () => {
    test.use(viewedProgram({ deployment: "other" }));
    const { stdout } = await test.stack.preview({ color: "never" });
    expect(stdout).toMatch(/sluice:index:Release +orders +replace/);
    await test.stack.up();
    await expectWhole(VIEWS);
  });

  it("when its deployment is replaced", async () => {
    await test.stack.up({ replace: [await urnOf("Deployment", "other")] });
    await expectWhole(VIEWS);
  });

  it("when the release is taken out of state, and taken over again", async () => {
    await test.pulumi("state", "delete", await urnOf("Release", "orders"), "--target-dependents", "--yes");
    await expectWhole([]);
    await test.stack.up();
    await expectWhole(VIEWS);
  });

  it("when the release is taken out of state and imported: they come with the next change", async () => {
    await test.pulumi("state", "delete", await urnOf("Release", "orders"), "--target-dependents", "--yes");
    test.use(viewedProgram({ deployment: "other", options: { import: "other" } }));
    await test.stack.up();
    await expectWhole([]);
    test.use(viewedProgram({ deployment: "other", version: "1.1.0" }));
    await test.stack.up();
    await expectWhole(VIEWS);
  });

  it("when the setting goes to `preview`: the refresh after the next update takes them out", async () => {
    await test.stack.setConfig("sluice:views", { value: "preview" });
    await test.stack.up();
    await test.stack.refresh();
    await expectWhole([]);
  });

  it("when the setting comes back: they come with the next change", async () => {
    await test.stack.setConfig("sluice:views", { value: "state" });
    test.use(viewedProgram({ deployment: "other" }));
    await test.stack.up();
    await expectWhole(VIEWS);
  });

  it("when refresh finds that the release is gone", async () => {
    const { data } = await test.call<{ data: { id: number }[] }>("GET", "/v4/deployments");
    for (const { id } of data) await test.call("DELETE", `/v4/deployments/${id}`);
    await test.stack.refresh();
    await expectWhole([]);
    await test.stack.up();
    await expectWhole(VIEWS);
  });

  it("when everything is destroyed that was gone already", async () => {
    const { data } = await test.call<{ data: { id: number }[] }>("GET", "/v4/deployments");
    for (const { id } of data) await test.call("DELETE", `/v4/deployments/${id}`);
    await test.stack.destroy();
    expect(await resourcesIn(test)).toEqual([]);
  });
});
