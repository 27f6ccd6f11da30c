import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { releasesOf, writeOrdersPackages } from "./orders.js";
import { ORDERS_ON_HOSTS } from "./orders-on-plugin.js";
import { isWithoutEngine, startEngineTest, TOKEN, writesOf } from "./stack.js";
import type { EngineTest } from "./stack.js";

describe.skipIf(isWithoutEngine)("a saved plan", () => {
  let test: EngineTest;
  afterEach(() => test.close());

  it.each(ORDERS_ON_HOSTS)(
    "of a first deployment, an update and a rollback holds no secret and is carried out as reviewed on the $host host",
    async ({ programOf, options }) => {
      test = await startEngineTest(options);
      await writeOrdersPackages(test);
      const plan = join(test.folder, "plan.json");
      const review = async (version: "1.0.0" | "1.1.0") => {
        test.use(programOf({ version }));
        expect(writesOf(await test.requestsDuring(() => test.stack.preview({ plan })))).toEqual([]);
        const text = await readFile(plan, "utf8");
        for (const secret of ["first-password", TOKEN]) expect(text).not.toContain(secret);
      };
      const carryOut = async () => writesOf(await test.requestsDuring(() => test.stack.up({ plan })));

      await review("1.0.0");
      expect((await carryOut()).sort()).toEqual([
        "PATCH /vN/deployments/N/objectImportRules",
        "PATCH /vN/deployments/N/valueImportRules",
        "PATCH /vN/releases/N",
        "POST /vN/connections",
        "POST /vN/deploymentSchedules",
        "POST /vN/deployments",
        "POST /vN/deployments/N/releases",
      ]);
      await review("1.1.0");
      expect(await carryOut()).toEqual(["POST /vN/deployments/N/releases", "PATCH /vN/releases/N"]);
      await review("1.0.0");
      expect(await carryOut()).toEqual(["PATCH /vN/releases/N"]);
      expect(await releasesOf(test)).toMatchObject([{ active: true }, { active: null }]);

      // What was reviewed was a roll-forward. By now it would be an import.
      await review("1.1.0");
      await test.call("DELETE", "/v4/releases/2");
      let refusal = "";
      const writes = await test.requestsDuring(async () => {
        refusal = await test.failureOf(() => test.stack.up({ plan }));
      });
      expect(refusal).toMatch(/Release::orders violates plan: properties changed: .*action/);
      expect(writesOf(writes)).toEqual([]);
    },
  );
});
