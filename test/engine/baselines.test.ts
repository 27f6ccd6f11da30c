import { copyFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  BASELINE_TOKEN,
  BASELINES,
  HOST_ENVIRONMENTS,
  listBaselines,
  unpackPlatform,
} from "../baselines/baseline.js";
import type { BaselineHost } from "../baselines/baseline.js";
import { pluginOrdersProgram } from "./orders-on-plugin.js";
import { ordersProgram } from "./orders.js";
import { isWithoutEngine, startEngineTest, writesOf } from "./stack.js";
import type { EngineTest } from "./stack.js";

const PROGRAMS = { dynamic: ordersProgram, plugin: pluginOrdersProgram };
const CASES = listBaselines().flatMap((version) =>
  (["dynamic", "plugin"] as const).map((host): [BaselineHost, string] => [host, version]),
);

// One life of one stack: each test goes on where the one before it ended.
describe.skipIf(isWithoutEngine).each(CASES)(
  "a stack on the %s host as version %s left it",
  (host, version) => {
    let test: EngineTest;
    let outer: string;

    beforeAll(async () => {
      outer = await mkdtemp(join(tmpdir(), "sluice-baseline-"));
      const data = join(outer, "platform");
      await unpackPlatform(version, data);
      const stackName = host === "plugin" ? "plugin" : "prod";
      const plugin = host === "plugin" ? { plugin: resolve("bin") } : {};
      test = await startEngineTest({ config: {}, token: BASELINE_TOKEN, data, stackName, ...plugin });
      test.stack.workspace.envVars = {
        ...test.stack.workspace.envVars,
        SLUICE_ENDPOINT: test.platform.endpoint(HOST_ENVIRONMENTS[host]),
        SLUICE_TOKEN: BASELINE_TOKEN,
      };
      for (const name of ["orders-1.0.0.zip", "orders-1.1.0.zip"])
        await copyFile(join(BASELINES, version, name), join(test.folder, name));
      await test.pulumi("stack", "import", "--file", join(BASELINES, version, `state-${host}.json`));
      test.use(PROGRAMS[host]({ version: "1.1.0" }));
    });
    afterAll(async () => {
      await test.close();
      await rm(outer, { recursive: true, force: true, maxRetries: 3 });
    });

    it("has nothing to change: not in a preview, a refresh or an update", async () => {
      const requests = await test.requestsDuring(async () => {
        expect((await test.stack.preview()).changeSummary).toEqual({ same: 6 });
        expect((await test.stack.refresh()).summary.resourceChanges).toEqual({ same: 6 });
        expect((await test.stack.up()).summary.resourceChanges).toEqual({ same: 6 });
      });
      expect(writesOf(requests)).toEqual([]);
      expect(requests.length).toBeGreaterThan(0);
    });

    it("goes back to its first release by one activation, and is destroyed", async () => {
      test.use(PROGRAMS[host]({ version: "1.0.0" }));
      const back = await test.requestsDuring(() => test.stack.up());
      expect(writesOf(back)).toEqual(["PATCH /vN/releases/N"]);
      const destroyed = await test.requestsDuring(() => test.stack.destroy());
      expect(destroyed.filter(({ status }) => status >= 400)).toEqual([]);
      expect(
        writesOf(destroyed).every((write) => write.startsWith("DELETE") || write.startsWith("PATCH")),
      ).toBe(true);
    });
  },
);
