import { resolve } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { ordersProgram, releasesOf, writeOrdersPackages } from "./orders.js";
import { pluginOrdersProgram } from "./orders-on-plugin.js";
import { damageOf } from "./snapshot.js";
import { isWithoutEngine, startEngineTest, writesOf } from "./stack.js";
import type { EngineTest } from "./stack.js";

const HOSTS = [
  { host: "dynamic", types: "pulumi-nodejs:dynamic/sluice", programOf: ordersProgram, options: {} },
  {
    host: "plugin",
    types: "sluice:index",
    programOf: pluginOrdersProgram,
    options: { plugin: resolve("bin") },
  },
];

const IMPORT = ["POST /vN/deployments/N/releases", "PATCH /vN/releases/N"];

describe.skipIf(isWithoutEngine)("a part of a stack", () => {
  let test: EngineTest;
  afterEach(() => test.close());

  it.each(HOSTS)(
    "is updated, refreshed, replaced and destroyed alone on the $host host, and each thing is written once",
    async ({ types, programOf, options }) => {
      test = await startEngineTest(options);
      await writeOrdersPackages(test);
      const urn = (type: string) => `urn:pulumi:prod::engine-test::${types}:${type}::orders`;
      const [release, deployment] = [urn("Release"), urn("Deployment")];
      const writes = async (action: () => Promise<unknown>) =>
        writesOf(await test.requestsDuring(action)).sort();

      test.use(programOf());
      const allButRelease = { exclude: [release], excludeDependents: true };
      expect(await writes(() => test.stack.up(allButRelease))).toEqual([
        "PATCH /vN/deployments/N/objectImportRules",
        "PATCH /vN/deployments/N/valueImportRules",
        "POST /vN/connections",
        "POST /vN/deployments",
      ]);
      expect(await writes(() => test.stack.up())).toEqual([...IMPORT, "POST /vN/deploymentSchedules"].sort());

      test.use(programOf({ version: "1.1.0", connection: { description: "moved" } }));
      expect(await writes(() => test.stack.up({ target: [release] }))).toEqual([...IMPORT].sort());
      expect(await writes(() => test.stack.up())).toEqual(["PATCH /vN/connections/N"]);

      let refusal = "";
      const refused = async () => {
        refusal = await test.failureOf(() => test.stack.up({ replace: [deployment] }));
      };
      expect(await writes(refused)).toEqual([]);
      expect(refusal).toMatch(
        /a deployment named "orders" already exists \(id 1\), where this update would make one: .*`--replace` asks for a second one/,
      );

      await test.call("PATCH", "/v4/releases/1", { active: true });
      const state = await test.state();
      expect(await writes(() => test.stack.previewRefresh())).toEqual([]);
      expect(await test.state()).toBe(state);
      expect(await writes(() => test.stack.up({ refresh: true }))).toEqual(["PATCH /vN/releases/N"]);
      expect(await releasesOf(test)).toMatchObject([{ active: null }, { active: true }]);

      // With the deployment alone the engine does not find the provider of a release that it wants to read before it deletes it.
      await test.stack.destroy({ target: [deployment, release], targetDependents: true });
      expect(await test.call("GET", "/v4/deployments")).toMatchObject({ data: [] });
      expect(await test.call("GET", "/v4/connections")).toMatchObject({ data: [{ name: "warehouse" }] });
      expect(await damageOf(test)).toEqual([]);
      expect((await test.stack.preview()).changeSummary).toMatchObject({ same: 2 });
    },
  );
});
