import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { killEngine } from "./kill-engine.js";
import { ordersProgram, releasesOf, writeOrdersPackages } from "./orders.js";
import { startPlatformProxy } from "./platform-proxy.js";
import type { PlatformProxy, ProxiedRequest } from "./platform-proxy.js";
import { isWithoutEngine, outputOf, sluice, startEngineTest, TOKEN, writesOf } from "./stack.js";
import type { EngineTest } from "./stack.js";

// One life of one stack: each test goes on where the one before it ended.
describe.skipIf(isWithoutEngine)(
  "an engine that is killed after the platform acted, before it heard of it",
  () => {
    let test: EngineTest;
    let proxy: PlatformProxy;

    beforeAll(async () => {
      test = await startEngineTest({ config: {} });
      proxy = await startPlatformProxy(test.platform.endpoint("prod"));
      const { envVars } = test.stack.workspace;
      test.stack.workspace.envVars = { ...envVars, SLUICE_ENDPOINT: proxy.endpoint, SLUICE_TOKEN: TOKEN };
      await writeOrdersPackages(test);
    });
    afterAll(async () => {
      await proxy.close();
      await test.close();
    });

    /** Runs `up` and kills everything between the arrival of this request and its answer. */
    async function killDuring(isFatal: (request: ProxiedRequest) => boolean): Promise<void> {
      proxy.interfere((request) => (isFatal(request) ? { kind: "hold-answer" } : undefined));
      const held = proxy.held();
      const failed = test.failureOf(() => test.stack.up());
      await Promise.race([
        held,
        failed.then((message) => {
          throw new Error(`the update ended before it could be killed: ${message}`);
        }),
      ]);
      await killEngine();
      await failed;
      proxy.interfere(undefined);
      await test.unlock();
    }
    const posts = (path: RegExp) => (request: ProxiedRequest) =>
      request.method === "POST" && path.test(request.path);
    const isImport = posts(/\/deployments\/\d+\/releases$/);
    const taken = { connection: { adopt: true }, deployment: { adopt: true } };
    const importsArrived = () => test.platform.requests.filter(isImport).length;

    it("is told how to go on when it was making a connection or a deployment", async () => {
      const only = (make: () => unknown) => () => {
        make();
        return Promise.resolve();
      };
      test.use(only(() => new sluice.Connection("warehouse", { name: "warehouse", vendor: "postgres" })));
      await killDuring(posts(/\/v4\/connections$/));
      expect(await test.failureOf(() => test.stack.preview())).toMatch(
        /a connection named "warehouse" already exists \(id 1\), where this update would make one: .*an update of this stack broke off, or .*; set `adopt: true` to take it over/,
      );
      test.use(only(() => new sluice.Deployment("orders", { name: "orders" })));
      await killDuring(posts(/\/v4\/deployments$/));
      expect(await test.failureOf(() => test.stack.preview())).toMatch(
        /a deployment named "orders" already exists \(id 1\), where this update would make one/,
      );
    });

    it("imports nothing twice when the first release was being made", async () => {
      test.use(ordersProgram(taken));
      await killDuring(isImport);
      expect(await releasesOf(test)).toMatchObject([
        { id: 1, active: true, notes: expect.not.stringContaining("[sluice") as string },
      ]);
      expect(importsArrived()).toBe(1);

      const { outputs } = await test.stack.up();
      expect(importsArrived()).toBe(1);
      const [release, ...more] = await releasesOf(test);
      expect(more).toEqual([]);
      expect(release?.notes).toContain("orders 1.0.0 [sluice v1 ");
      expect(outputOf(outputs, "releaseId")).toBe("1");
      expect(writesOf(await test.requestsDuring(() => test.stack.up()))).toEqual([]);
      expect((await test.stack.refresh()).summary.resourceChanges).toEqual({ same: 6 });
    });

    it("imports nothing twice when the next version was being deployed, and can still roll back", async () => {
      test.use(ordersProgram({ ...taken, version: "1.1.0" }));
      await killDuring(isImport);
      expect(importsArrived()).toBe(2);

      const finished = await test.requestsDuring(() => test.stack.up());
      expect(writesOf(finished)).toEqual(["PATCH /vN/releases/N"]);
      expect(importsArrived()).toBe(2);
      expect(await releasesOf(test)).toMatchObject([{ active: null }, { id: 2, active: true }]);
      expect((await test.stack.refresh()).summary.resourceChanges).toEqual({ same: 6 });

      test.use(ordersProgram({ ...taken, version: "1.0.0" }));
      const back = await test.requestsDuring(() => test.stack.up());
      expect(writesOf(back)).toEqual(["PATCH /vN/releases/N"]);
      expect(await releasesOf(test)).toMatchObject([{ active: true }, { active: null }]);
    });

    it("needs nothing at all when it was activating a release", async () => {
      test.use(ordersProgram({ ...taken, version: "1.1.0" }));
      await killDuring(({ method, path }) => method === "PATCH" && path.includes("/v4/releases/"));
      const { outputs } = await test.stack.up();
      expect(outputOf(outputs, "releaseId")).toBe("2");
      expect(importsArrived()).toBe(2);
      expect(await releasesOf(test)).toMatchObject([{ active: null }, { active: true }]);
      expect((await test.stack.refresh()).summary.resourceChanges).toEqual({ same: 6 });
    });
  },
);
