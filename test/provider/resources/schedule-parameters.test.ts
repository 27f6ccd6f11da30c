import { describe, expect, it } from "vitest";
import { UNKNOWN } from "../../../provider/framework/unknown.js";
import { ordersFlow } from "../../platform/jobs/job-fixture.js";
import { importByHand, makeDeployment } from "../by-hand.js";
import { errorOf } from "../client/scripted-server.js";
import { startOperation } from "../lifecycle-of.js";
import { startProviderTest, writesOf } from "../provider-test.js";
import type { ProviderTest, Values } from "../provider-test.js";

const PACKAGE = "/v4/releases/{id}/package";

const packageWith = (...names: string[]) =>
  ordersFlow({ parameters: Object.fromEntries(names.map((name) => [name, "01"])) });

interface Prepared {
  readonly test: ProviderTest;
  readonly deploymentId: string;
  /** Inputs of the schedule that gives values to these parameters. */
  readonly scheduled: (...names: string[]) => Values;
  /** Inputs of the release of a package that has these parameters. */
  readonly released: (names: readonly string[], more?: Values) => Promise<Values>;
}

async function prepare(settings: Parameters<typeof startProviderTest>[0] = {}): Promise<Prepared> {
  const test = await startProviderTest(settings);
  const deploymentId = await makeDeployment(test);
  return {
    test,
    deploymentId,
    scheduled: (...names) => ({
      deploymentId,
      name: "nightly",
      triggers: [{ daily: { hourOfDay: 2, minuteOfHour: 30 } }],
      parameters: Object.fromEntries(names.map((name) => [name, "02"])),
    }),
    released: async (names, more = {}) => ({
      deploymentId,
      package: await test.packageFile(`${["with", ...names].join("-")}.zip`, packageWith(...names)),
      rules: { connections: [], values: [] },
      ...more,
    }),
  };
}

/** What a check says of inputs in an operation where a release was checked before, and which requests it took. */
async function checkAfter(
  { test }: Prepared,
  release: Values,
  schedule: Values,
  previous?: Values,
): Promise<{ failures: unknown[]; messages: string[]; requests: string[] }> {
  const operation = startOperation(test);
  await operation.of("Release").check(undefined, { owner: "shop/prod/orders", ...release });
  let failures: unknown[] = [];
  const requests = await test.requestsDuring(async () => {
    ({ failures } = await operation
      .of("Schedule")
      .check(previous, { owner: "shop/prod/nightly", ...schedule }));
  });
  return {
    failures,
    messages: operation.messages,
    requests: requests.map(({ method, path }) => `${method} ${path.split("?")[0] ?? ""}`),
  };
}

describe("parameters of a schedule that the active release does not have", () => {
  it("stop before anything is written, each at its place and with the name that is meant", async () => {
    const { test, deploymentId, scheduled } = await prepare();
    await importByHand(test, deploymentId, packageWith("region", "day"));
    const schedule = test.resource("Schedule");
    const { failures } = await schedule.check(scheduled("regoin", "day", "tax"));
    expect(failures.map(({ property }) => property)).toEqual(["parameters.regoin", "parameters.tax"]);
    expect(failures[0]?.reason).toMatch(
      /^the active release #1 of \S+ \S+ has no parameter of this name \(did you mean "region"\?\); it has day, region; where a Release of this program brings the parameter, pass that Release's `deploymentId`/,
    );
    const requests = await test.requestsDuring(() => errorOf(schedule.up(scheduled("regoin"))));
    expect(writesOf(requests)).toEqual([]);
    expect(await schedule.up(scheduled("region", "day"))).toBe("create");
  });

  it("stop an update that brings them, and not one that has them from before", async () => {
    const { test, deploymentId, scheduled } = await prepare();
    await importByHand(test, deploymentId, packageWith("region"));
    const schedule = test.resource("Schedule");
    await schedule.up(scheduled("region"));
    expect((await errorOf(schedule.up(scheduled("region", "dya")))).message).toContain("parameters.dya: ");
    await importByHand(test, deploymentId, packageWith("area"));
    expect(await schedule.up({ ...scheduled("region", "area"), name: "renamed" })).toBe("update");
  });

  it("cost one download, and none when nothing is said anew or nothing at all", async () => {
    const { test, deploymentId, scheduled } = await prepare();
    await importByHand(test, deploymentId, packageWith("region"));
    const schedule = test.resource("Schedule");
    const askedFor = async (inputs: Values) =>
      (await test.requestsDuring(() => schedule.check(inputs))).map(({ path }) => path.split("?")[0]);
    expect(await askedFor(scheduled())).not.toContain("/v4/releases/1/package");
    const asked = await askedFor(scheduled("region"));
    expect(asked.filter((path) => path === "/v4/releases/1/package")).toHaveLength(1);
    await schedule.up(scheduled("region"));
    expect(await askedFor(scheduled("region"))).toEqual(["/v4/open-api-spec"]);
  });

  it("are not told of where no release is active, or where the deployment is yet to be made", async () => {
    const { test, scheduled } = await prepare();
    const schedule = test.resource("Schedule");
    const unmade = { ...scheduled("regoin"), deploymentId: UNKNOWN };
    expect((await schedule.check(unmade)).failures).toEqual([]);
    expect((await schedule.check(scheduled("regoin"))).failures).toEqual([]);
    expect((await schedule.check({ ...scheduled(), parameters: UNKNOWN })).failures).toEqual([]);
  });

  it("stop also while their values are yet to be known", async () => {
    const { test, deploymentId, scheduled } = await prepare();
    await importByHand(test, deploymentId, packageWith("region"));
    const inputs = { ...scheduled(), parameters: { region: UNKNOWN, day: UNKNOWN } };
    const { failures } = await test.resource("Schedule").check(inputs);
    expect(failures.map(({ property }) => property)).toEqual(["parameters.day"]);
  });

  it("pass where the package is kept from the account, which is said", async () => {
    const { test, deploymentId, scheduled } = await prepare({ faults: true });
    await importByHand(test, deploymentId, packageWith("region"));
    test.platform.faults?.add({ route: PACKAGE, fault: { kind: "status", status: 403 } });
    const operation = startOperation(test);
    const { failures } = await operation
      .of("Schedule")
      .check(undefined, { owner: "shop/prod/nightly", ...scheduled("regoin") });
    expect(failures).toEqual([]);
    expect(operation.messages).toEqual([
      expect.stringMatching(
        /^warning: the names in `parameters` are not checked: this account may not read the package of the active release #1/,
      ),
    ]);
  });
});

describe("parameters of a schedule whose release the program states", () => {
  it("are those of the package to come, for no request more", async () => {
    const prepared = await prepare();
    const { test, deploymentId, scheduled, released } = prepared;
    await importByHand(test, deploymentId, packageWith("region"));
    const release = await released(["area"]);
    const right = await checkAfter(prepared, release, scheduled("area"));
    expect(right.failures).toEqual([]);
    expect(right.requests.filter((request) => request.endsWith("/package"))).toEqual([]);
    const wrong = await checkAfter(prepared, release, scheduled("region"));
    expect(wrong.failures).toEqual([
      {
        property: "parameters.region",
        reason: "the package of the deployment's Release has no parameter of this name; it has area",
      },
    ]);
  });

  it("are told of in the first update, once the deployment is there and before the schedule is", async () => {
    const prepared = await prepare();
    const { failures } = await checkAfter(
      prepared,
      await prepared.released(["region"]),
      prepared.scheduled("regoin"),
    );
    expect(failures).toEqual([
      {
        property: "parameters.regoin",
        reason:
          'the package of the deployment\'s Release has no parameter of this name (did you mean "region"?); it has region',
      },
    ]);
  });

  it("are those of the active release while the program's stays inactive", async () => {
    const prepared = await prepare();
    const { test, deploymentId, scheduled, released } = prepared;
    await importByHand(test, deploymentId, packageWith("region"));
    const release = await released(["area"], { active: false });
    expect((await checkAfter(prepared, release, scheduled("region"))).failures).toEqual([]);
    expect((await checkAfter(prepared, release, scheduled("area"))).failures).toHaveLength(1);
  });

  it("do not stop a rollback to a package that lacks one, and are warned of", async () => {
    const prepared = await prepare();
    const given = prepared.scheduled("region");
    const { failures, messages } = await checkAfter(prepared, await prepared.released([]), given, given);
    expect(failures).toEqual([]);
    expect(messages).toEqual([
      "warning: parameters.region: the package of the deployment's Release has no parameter of this name; it has none; runs pass the value over",
    ]);
  });

  it("stop the release when its schedule was checked before it", async () => {
    const { test, scheduled, released } = await prepare();
    const schedule = { owner: "shop/prod/nightly", ...scheduled("regoin") };
    const release = { owner: "shop/prod/orders", ...(await released(["region"])) };
    const operation = startOperation(test);
    expect((await operation.of("Schedule").check(undefined, schedule)).failures).toEqual([]);
    expect((await operation.of("Release").check(undefined, release)).failures).toEqual([
      {
        property: "package",
        reason:
          'the schedule shop/prod/nightly gives a value to "regoin", but the package has no parameter of this name (did you mean "region"?); it has region',
      },
    ]);
    const again = startOperation(test);
    await again.of("Schedule").check(schedule, schedule);
    expect((await again.of("Release").check(undefined, release)).failures).toEqual([]);
  });

  it("of another deployment do not count", async () => {
    const prepared = await prepare();
    const elsewhere = { deploymentId: await makeDeployment(prepared.test, "other") };
    const release = await prepared.released(["area"], elsewhere);
    expect((await checkAfter(prepared, release, prepared.scheduled("regoin"))).failures).toEqual([]);
  });
});
