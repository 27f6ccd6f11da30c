import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { buildPackage } from "../../../flow/source.js";
import { UNKNOWN } from "../../../provider/framework/unknown.js";
import { importByHand, makeConnection, makeDeployment } from "../by-hand.js";
import { errorOf } from "../client/scripted-server.js";
import { startProviderTest, writesOf } from "../provider-test.js";
import type { ManagedResource, ProviderTest, Values } from "../provider-test.js";

/** The connection that the example packages name. */
const WAREHOUSE = "a7d6b1c0-0b52-11ef-8c55-0242ac120002";
const IMPORT = ["POST /v4/deployments/N/releases", "PATCH /v4/releases/N"];
const ACTIVATION = ["PATCH /v4/releases/N"];

interface Release {
  id: number;
  notes: string;
  active: boolean | null;
}

interface Prepared {
  test: ProviderTest;
  release: ManagedResource;
  deploymentId: string;
  v1: Values;
  v2: Values;
}

/** A deployment, a local twin of the packages' connection, and both versions of the example. */
async function prepare(settings: Parameters<typeof startProviderTest>[0] = {}): Promise<Prepared> {
  const test = await startProviderTest(settings);
  const deploymentId = await makeDeployment(test);
  await makeConnection(test, "warehouse", WAREHOUSE);
  const version = async (number: string) => ({
    deploymentId,
    package: await test.packageFile(`orders-${number}.zip`, await orders(number)),
    notes: `orders ${number}`,
  });
  const [v1, v2] = [await version("1.0.0"), await version("1.1.0")];
  return { test, release: test.resource("Release", "orders"), deploymentId, v1, v2 };
}

function orders(version: string) {
  return buildPackage(`examples/quickstart/packages/orders-${version}`);
}

async function releases(test: ProviderTest): Promise<Release[]> {
  const { data } = await test.call<{ data: Release[] }>("GET", "/v4/releases?limit=100");
  return data.sort((a, b) => a.id - b.id);
}

/** Ids of all releases, the active one with a star. */
async function picture(test: ProviderTest): Promise<string> {
  return (await releases(test)).map(({ id, active }) => `${id}${active === true ? "*" : ""}`).join(" ");
}

async function writes(test: ProviderTest, action: () => Promise<unknown>): Promise<string[]> {
  return writesOf(await test.requestsDuring(action));
}

describe("promoting", () => {
  it("imports a new package, activates an old one again with one PATCH, forward too", async () => {
    const { test, release, v1, v2 } = await prepare();
    expect(await writes(test, () => release.up(v1))).toEqual(IMPORT);
    expect(release.inputs.action).toBe("deploy: the first release from this program");
    expect(await writes(test, () => release.up(v2))).toEqual(IMPORT);
    expect(release.inputs.action).toBe("deploy: a package that was not imported here before");
    expect(await picture(test)).toBe("1 2*");
    expect(await writes(test, () => release.up(v1))).toEqual(ACTIVATION);
    expect(release.inputs.action).toMatch(/^rollback to release #1 of \d{4}-\d\d-\d\d \d\d:\d\d$/);
    expect(await picture(test)).toBe("1* 2");
    expect(await writes(test, () => release.up(v2))).toEqual(ACTIVATION);
    expect(release.inputs.action).toMatch(/^roll-forward to release #2 of /);
    expect(release.state).toMatchObject({ releaseId: "2" });
    expect(await picture(test)).toBe("1 2*");
  });

  it("takes the same content under another file name, or exported again, for the same", async () => {
    const { test, release, v1 } = await prepare();
    await release.up(v1);
    const again = await orders("1.0.0");
    const metadata = { ...again.metadata, uuid: "00000000-0b52-11ef-9a3e-0242ac120002", exportedAt: null };
    const copy = await test.packageFile("renamed.zip", { ...again, metadata });
    expect(await release.up({ ...v1, package: copy })).toBe("same");
  });

  it("needs no state: another machine finds what is there by the marker", async () => {
    const { test, release, v1, v2 } = await prepare();
    await release.up(v1);
    await release.up(v2);
    release.forget();
    expect(await writes(test, () => release.up(v2))).toEqual([]);
    expect(release.state).toMatchObject({ releaseId: "2" });
    release.forget();
    expect(await writes(test, () => release.up(v1))).toEqual(ACTIVATION);
    expect(await picture(test)).toBe("1* 2");
  });

  it("changes notes with one PATCH, and they come back as they were", async () => {
    const { test, release, v1 } = await prepare();
    await release.up(v1);
    expect(await writes(test, () => release.up({ ...v1, notes: "better words [1]" }))).toEqual(ACTIVATION);
    expect((await releases(test))[0]?.notes).toMatch(
      /^better words \[1\] \[sluice v1 content=.*by=shop\/prod\/orders\]$/,
    );
    await release.refresh();
    expect(release.state.notes).toBe("better words [1]");
  });

  it("goes on under a new name of the resource or the stack", async () => {
    const { test, release, v1, v2 } = await prepare();
    await release.up(v1);
    release.owner = "shop/production/orders";
    expect(await release.up({ ...v1, notes: "renamed" })).toBe("update");
    expect(await writes(test, () => release.up(v2))).toEqual(IMPORT);
    expect(await writes(test, () => release.up(v1))).toEqual(ACTIVATION);
    expect(await picture(test)).toBe("1* 2");
  });
});

describe("rules", () => {
  const values = [{ type: "s3Bucket", on: "acme-dev", with: "acme-prod" }];

  it("that are no rules are refused with what to pass", async () => {
    const { release, v1 } = await prepare();
    const { failures } = await release.check({ ...v1, rules: "7" });
    expect(failures).toEqual([
      {
        property: "rules",
        reason:
          "must be an object with `connections` and `values`; of an ImportRules resource `rules` pass `{ connections: rules.connections, values: rules.values }`",
      },
    ]);
    expect((await release.check({ ...v1, rules: { wrong: 1 } })).failures).toEqual([
      { property: "rules.wrong", reason: "there is no such property" },
    ]);
  });

  it("that changed import the package again, and going back to them activates the earlier import", async () => {
    const { test, release, v1, deploymentId } = await prepare();
    const rules = test.resource("ImportRules");
    await release.up({ ...v1, rules: {} });
    await rules.up({ deploymentId, values });
    expect(await writes(test, () => release.up({ ...v1, rules: { values } }))).toEqual(IMPORT);
    expect(release.inputs.action).toBe(
      "re-import: the rules changed, and the platform applies rules only to later imports",
    );
    await rules.up({ deploymentId, values: [] });
    expect(await writes(test, () => release.up({ ...v1, rules: {} }))).toEqual(ACTIVATION);
    expect(await picture(test)).toBe("1* 2");
  });

  it("that the deployment holds and the program does not state stop the import", async () => {
    const { test, release, v1, deploymentId } = await prepare();
    await test.resource("ImportRules").up({ deploymentId, values });
    const done = await writes(test, async () => {
      const error = await errorOf(release.up(v1));
      expect(error).toMatchObject({ name: "Conflict" });
      expect(error.message).toContain("holds other import rules than this release states");
      expect(error.message).toContain("to have none, give the ImportRules resource empty lists");
    });
    expect(done).toEqual([]);
  });

  it("that change nothing are no difference", async () => {
    const { test, release, v1, deploymentId } = await prepare();
    const same = [{ type: "s3Bucket", on: "acme-dev", with: "acme-dev" }];
    await test.resource("ImportRules").up({ deploymentId, values: same });
    await release.up({ ...v1, rules: { values: same } });
    expect(await picture(test)).toBe("1*");
  });

  it("that are wrong fail in the check with their place", async () => {
    const { release, v1 } = await prepare();
    const { failures } = await release.check({
      ...v1,
      rules: { values: [{ type: "fileLocation", on: "/(/", with: "a" }] },
    });
    expect(failures.map(({ property }) => property)).toEqual(["rules.values[0].on"]);
  });
});

describe("a release that is not to run", () => {
  it("is imported beside the active one, which runs on", async () => {
    const { test, release, v1, v2 } = await prepare();
    await release.up(v1);
    const staged = { ...v2, active: false };
    await release.up(staged);
    expect(release.inputs.action).toBe("deploy: a package that was not imported here before; not activated");
    expect(await picture(test)).toBe("1* 2");
    await release.refresh();
    expect(await release.up(staged)).toBe("same");
    expect(await writes(test, () => release.up(v2))).toEqual(ACTIVATION);
    expect(release.inputs.action).toMatch(/^activate release #2 of [-\d]+ [:\d]+$/);
    expect(await picture(test)).toBe("1 2*");
  });

  it("leaves none active when it is the first", async () => {
    const { test, release, v1 } = await prepare();
    await release.up({ ...v1, active: false });
    expect(await picture(test)).toBe("1");
  });

  it("that was active is deactivated", async () => {
    const { test, release, v1 } = await prepare();
    await release.up(v1);
    expect(await writes(test, () => release.up({ ...v1, active: false }))).toEqual(ACTIVATION);
    expect(release.inputs.action).toBe("deactivate");
    expect(await picture(test)).toBe("1");
  });

  it("leaves flow schedules with the active one on a platform that schedules flows", async () => {
    const { test, release, v1, v2, deploymentId } = await prepare({ deploymentSchedules: false });
    await release.up(v1);
    const flow = Number(release.state.primaryFlowId);
    const nightly = { deploymentId, name: "nightly", triggers: [{ hourly: { minuteOfHour: 5 } }] };
    await test.resource("Schedule").up(nightly);
    await release.up({ ...v2, active: false });
    const { data } = await test.call<{ data: Values[] }>("GET", "/v4/schedules");
    expect(data).toMatchObject([{ tasks: [{ runFlow: { flowId: flow } }] }]);
  });
});

describe("what is removed", () => {
  it("with keepReleases, the oldest go; never the active one nor the one before it", async () => {
    const { test, release, v1, v2, deploymentId } = await prepare();
    const rules = test.resource("ImportRules");
    await release.up({ ...v1, keepReleases: 2 });
    await release.up({ ...v2, keepReleases: 2 });
    expect(await picture(test)).toBe("1 2*");
    const values = [{ type: "s3Bucket", on: "acme-dev", with: "three" }];
    await rules.up({ deploymentId, values });
    await release.up({ ...v2, rules: { values }, keepReleases: 2 });
    expect(await picture(test)).toBe("2 3*");
    await rules.up({ deploymentId, values: [] });
    await release.up({ ...v2, keepReleases: 2 });
    expect(await picture(test)).toBe("2* 3");
    const others = [{ type: "s3Bucket", on: "acme-dev", with: "four" }];
    await rules.up({ deploymentId, values: others });
    await release.up({ ...v1, rules: { values: others }, keepReleases: 2 });
    expect(await picture(test)).toBe("2 4*");
  });

  it("by destroy is what the program imported, and nothing of anybody else", async () => {
    const { test, release, v1, v2, deploymentId } = await prepare();
    const ours = await orders("1.1.0");
    const metadata = { ...ours.metadata, uuid: "11111111-0b52-11ef-9a3e-0242ac120002" };
    await importByHand(test, deploymentId, { ...ours, metadata });
    await release.up(v1);
    await release.up(v2);
    await importByHand(test, deploymentId, { ...ours, metadata });
    expect(await picture(test)).toBe("1 2 3 4*");
    await release.destroy();
    expect(await picture(test)).toBe("1 4*");
  });
});

describe("two programs on one deployment", () => {
  it("are refused, with the other's name, before anything is written, and adopt takes over", async () => {
    const { test, release, v1, v2 } = await prepare();
    await release.up(v1);
    const second = test.resource("Release", "orders", "shop/staging");
    const done = await writes(test, async () => {
      const error = await errorOf(second.up(v2));
      expect(error.message).toContain("the active release #1 of deployment 1 belongs to shop/prod/orders");
      expect(error.message).toContain("set `adopt: true` to take over");
    });
    expect(done).toEqual([]);
    await second.up({ ...v2, adopt: true });
    expect(await picture(test)).toBe("1 2*");
    expect((await errorOf(release.up({ ...v1, notes: "back" }))).message).toContain(
      "belongs to shop/staging/orders",
    );
  });
});

describe("changes by hand", () => {
  it("that activate another release show with its name, and are taken back", async () => {
    const { test, release, v1, v2 } = await prepare();
    await release.up(v1);
    await release.up(v2);
    await test.call("PATCH", "/v4/releases/1", { active: true });
    await release.refresh();
    expect(release.state.active).toBe(false);
    expect(release.state.action).toMatch(/^release #1 of .* was activated outside this program$/);
    const { inputs } = await release.check(v2);
    expect(inputs.action).toMatch(/^activate release #2 of .* again: release #1 of .* outside this program$/);
    expect(await writes(test, () => release.up(v2))).toEqual(ACTIVATION);
    expect(await picture(test)).toBe("1 2*");
  });

  it("that delete the release are seen, and one import brings it back", async () => {
    const { test, release, v1 } = await prepare();
    await release.up(v1);
    await test.call("DELETE", "/v4/releases/1");
    expect(await release.refresh()).toBe(false);
    expect(await writes(test, () => release.up(v1))).toEqual(IMPORT);
    expect(await picture(test)).toBe("2*");
  });

  it("that destroy the marker lose nothing: state knows the release, and no second import happens", async () => {
    const { test, release, v1 } = await prepare();
    await release.up(v1);
    await test.call("PATCH", "/v4/releases/1", { notes: "nobody's" });
    await release.refresh();
    expect(release.state.notes).toBe("nobody's");
    expect(await writes(test, () => release.up(v1))).toEqual(ACTIVATION);
    expect(await picture(test)).toBe("1*");
    expect((await releases(test))[0]?.notes).toContain("by=shop/prod/orders]");
  });

  it("that delete the deployment are seen", async () => {
    const { test, release, v1, v2 } = await prepare();
    await release.up(v1);
    await test.call("DELETE", "/v4/deployments/1");
    const error = await errorOf(release.up(v2));
    expect(error.message).toContain("run `pulumi refresh`, then `pulumi up`");
    expect(await release.refresh()).toBe(false);
  });
});

describe("a package given as an asset", () => {
  const asset = (members: Values) => ({
    "4dabf18193072939515e22adb298388d": "c44067f5952c0a294b673a41bacd8c17",
    hash: "0".repeat(64),
    ...members,
  });

  it("is the same as one given by its path", async () => {
    const { test, release, v1 } = await prepare();
    await release.up({ ...v1, package: asset({ path: v1.package }) });
    expect(await picture(test)).toBe("1*");
    expect(await release.up(v1)).toBe("same");
  });

  it("must be a file, not text or an address", async () => {
    const { release, v1 } = await prepare();
    for (const members of [{ text: "PK" }, { uri: "https://example.com/a.zip" }]) {
      const { failures } = await release.check({ ...v1, package: asset(members) });
      expect(failures.map(({ reason }) => reason).join()).toContain("only a file asset can be a package");
    }
  });
});

describe("the preview", () => {
  it("shows the steps, and where it reads and writes after the rules", async () => {
    const { release, v1, v2 } = await prepare();
    const shown = async (given: Values) => JSON.stringify((await release.check(given)).inputs.contents);
    expect(await shown(v2)).toContain("customer_id == 'C-TEST'");
    expect(await shown(v1)).not.toContain("customer_id == 'C-TEST'");
    const rules = { values: [{ type: "s3Bucket", on: "acme-dev", with: "acme-prod" }] };
    expect(await shown({ ...v1, rules })).toContain("s3://acme-prod/reports/daily_revenue.csv");
    expect(await shown({ ...v1, rules })).not.toContain("acme-dev");
  });

  it.each<[string, (v: Values) => Values]>([
    ["rules", (v) => ({ ...v, rules: UNKNOWN })],
    ["the deployment", (v) => ({ ...v, deploymentId: UNKNOWN })],
    ["the package", (v) => ({ ...v, package: UNKNOWN })],
    [
      "a replacement",
      (v) => ({ ...v, rules: { values: [{ type: "s3Bucket", on: "acme-dev", with: UNKNOWN }] } }),
    ],
    ["a target", (v) => ({ ...v, rules: { connections: [{ on: { uuid: WAREHOUSE }, with: UNKNOWN }] } })],
    ["a condition", (v) => ({ ...v, rules: { connections: [{ on: UNKNOWN, with: "1" }] } })],
    ["a whole rule", (v) => ({ ...v, rules: { connections: [UNKNOWN], values: [UNKNOWN] } })],
  ])("goes on while %s is unknown, and shows the unknown to nobody", async (_name, change) => {
    const { release, v1 } = await prepare();
    const { inputs, failures } = await release.check(change(v1));
    expect(failures).toEqual([]);
    expect(JSON.stringify(inputs.contents).replaceAll(`"${UNKNOWN}"`, "")).not.toContain(UNKNOWN);
    expect(inputs.contentDigest).toBeTypeOf("string");
  });

  it.each([
    ["is missing", "nowhere.zip", undefined],
    ["is no zip", "text.zip", "not a zip"],
    ["is empty", "empty.zip", ""],
  ])("refuses a package that %s, at its property, before anything is sent", async (_name, name, text) => {
    const { test, release, deploymentId } = await prepare();
    const path = join(test.folder, name);
    if (text !== undefined) await writeFile(path, text);
    const requests = await test.requestsDuring(async () => {
      const { failures } = await release.check({ deploymentId, package: path });
      expect(failures.map(({ property }) => property)).toEqual(["package"]);
      expect(failures[0]?.reason).toContain(name);
    });
    expect(writesOf(requests)).toEqual([]);
  });

  it("refuses a connection without a rule and without a local twin", async () => {
    const test = await startProviderTest();
    const deploymentId = await makeDeployment(test);
    const path = await test.packageFile("orders.zip", await orders("1.0.0"));
    const { failures } = await test.resource("Release").check({ deploymentId, package: path });
    expect(failures.map(({ property }) => property)).toEqual(["package"]);
    expect(failures[0]?.reason).toContain(WAREHOUSE);
  });
});
