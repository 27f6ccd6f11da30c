import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ordersProgram, WAREHOUSE, writeOrdersPackages } from "./orders.js";
import type { OrdersChanges } from "./orders.js";
import { isWithoutEngine, startEngineTest, TOKEN, writesOf } from "./stack.js";
import type { EngineTest } from "./stack.js";

describe.skipIf(isWithoutEngine)("a program that declares what cannot be", () => {
  let test: EngineTest;

  beforeAll(async () => {
    test = await startEngineTest();
    await writeOrdersPackages(test);
    test.use(ordersProgram());
    await test.stack.up();
  });
  afterAll(() => test.close());

  /** What a person reads; no request but reading ones may go out, though `up` here goes without a preview. */
  async function refusalOf(changes: OrdersChanges): Promise<string> {
    test.use(ordersProgram(changes));
    let message = "";
    const requests = await test.requestsDuring(async () => {
      message = await test.failureOf(() => test.stack.up());
    });
    expect(writesOf(requests)).toEqual([]);
    return message;
  }

  it("names every problem of its rules at once: an invalid pattern, an unknown type, an unknown member", async () => {
    const values = [
      { type: "fileLocation", on: "/(dev/", with: "prod" },
      { type: "s3bucket", on: "acme-dev", with: "acme-prod" },
    ] as never;
    const types = await refusalOf({ rules: { values } });
    expect(types).toContain("ImportRules resource 'orders'");
    expect(types).toContain("property values[1].type");
    expect(types).toContain('(did you mean "s3Bucket"?)');

    const pattern = await refusalOf({
      rules: { values: [{ type: "fileLocation", on: "/(dev/", with: "prod" }] },
    });
    expect(pattern).toMatch(/property values\[0\]\.on value \{.*\} has a problem: .*missing closing \)/);
  });

  it("maps a connection to one that does not exist", async () => {
    const message = await refusalOf({ rules: { connections: [{ on: { uuid: WAREHOUSE }, with: "4711" }] } });
    expect(message).toMatch(
      /property connections\[0\]\.with value \{.*\} has a problem: there is no connection 4711 at http:\/\/127\.0\.0\.1:\d+\/prod that this account can see; if it was deleted by hand, run `pulumi refresh` first/,
    );
  });

  it("schedules for a day that never comes, or in a time zone that is none", async () => {
    const never = await refusalOf({ schedule: { triggers: [{ cron: "0 0 2 30 2 ?" }] } });
    expect(never).toContain("Schedule resource 'nightly'");
    expect(never).toMatch(/property triggers\[0\]\.cron value \{.*\} has a problem: never fires/);
    const zone = await refusalOf({
      schedule: { triggers: [{ hourly: { minuteOfHour: 5 }, timezone: "Europe/Berlln" }] },
    });
    expect(zone).toMatch(
      /property triggers\[0\]\.timezone value \{.*\} has a problem: is not a time zone of the IANA database, such as Europe\/Berlin/,
    );
    const five = await refusalOf({ schedule: { triggers: [{ cron: "0 2 * * *" }] } });
    expect(five).toContain('has 5 fields; the platform reads Quartz format with seconds: "0 0 2 * * *"');
  });

  it("misspells a property", async () => {
    expect(await refusalOf({ release: { keepRelease: 3 } as never })).toMatch(
      /property keepRelease value \{3\} has a problem: there is no such property \(did you mean "keepReleases"\?\)/,
    );
  });

  it("breaks a rule for a secret property, whose value is not printed", async () => {
    const message = await refusalOf({ connection: { credentials: { password: 4711001 as never } } });
    expect(message).toContain("credentials.password: ");
    expect(message).not.toContain("4711001");
    const unset = { fromEnv: "A_VARIABLE_THAT_IS_NOT_SET" };
    expect(await refusalOf({ connection: { credentials: { password: unset } } })).toContain(
      "credentials: the environment variable A_VARIABLE_THAT_IS_NOT_SET is not set",
    );
  });

  it("is run with a setting that does not exist, or with one of the wrong form", async () => {
    const endpoint = { value: test.platform.endpoint("prod") };
    await test.stack.setAllConfig({
      "sluice:endpont": endpoint,
      "sluice:timeoutSeconds": { value: "soon" },
    });
    const message = await refusalOf({ schedule: { name: "weekly" } });
    expect(message).toContain('sluice:endpont is not a setting (did you mean "endpoint"?)');
    expect(message).toContain("sluice:timeoutSeconds: ");
    await test.stack.removeAllConfig(["sluice:endpont", "sluice:timeoutSeconds"]);
    await test.stack.setConfig("sluice:token", { value: TOKEN, secret: true });
  });
});
