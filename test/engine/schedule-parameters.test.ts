import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { writePackage } from "../../flow/index.js";
import { ordersFlow } from "../platform/jobs/job-fixture.js";
import { ORDERS_ON_HOSTS } from "./orders-on-plugin.js";
import { isWithoutEngine, startEngineTest, writesOf } from "./stack.js";
import type { EngineTest } from "./stack.js";

describe.skipIf(isWithoutEngine)("a misspelt parameter of a schedule", () => {
  let test: EngineTest;
  afterEach(() => test.close());

  it.each(ORDERS_ON_HOSTS)(
    "stops the first update before the schedule is made, and every later preview, on the $host host",
    async ({ programOf, options }) => {
      test = await startEngineTest(options);
      for (const name of ["region", "area"]) {
        const source = ordersFlow({ parameters: { [name]: "EU" } });
        await writeFile(join(test.folder, `${name}.zip`), await writePackage(source));
      }
      const use = (parameter: string, packageName: string) => {
        const more = {
          rules: { connections: [], values: [] },
          release: { package: `${packageName}.zip` },
          schedule: { parameters: { [parameter]: "US" } },
        };
        test.use(programOf(more));
      };
      const schedules = async () =>
        (await test.call<{ data: { runParameters: unknown }[] }>("GET", "/v4/deploymentSchedules")).data;

      use("regoin", "region");
      await test.stack.preview();
      expect(await test.failureOf(() => test.stack.up())).toMatch(
        /Schedule resource 'nightly': property parameters\.regoin value .* has a problem: the package of the deployment's Release has no parameter of this name \(did you mean "region"\?\); it has region/,
      );
      expect(await schedules()).toEqual([]);
      use("region", "region");
      await test.stack.up();

      // The parameter of the package to come is known in the preview, and that of the one that goes is not any more.
      use("aera", "area");
      let refusal = "";
      const requests = await test.requestsDuring(async () => {
        refusal = await test.failureOf(() => test.stack.preview());
      });
      expect(refusal).toContain('(did you mean "area"?); it has area');
      expect(writesOf(requests)).toEqual([]);
      use("area", "area");
      await test.stack.up();
      expect(await schedules()).toMatchObject([
        { runParameters: { overrides: { data: [{ key: "area", value: "US" }] } } },
      ]);
    },
  );
});
