import { describe, expect, it, onTestFinished } from "vitest";
import { buildPackage } from "../../../flow/source.js";
import { startPlatformProxy } from "../../engine/platform-proxy.js";
import { importByHand, makeConnection, makeDeployment } from "../by-hand.js";
import { errorOf } from "../client/scripted-server.js";
import { importInto, startOperation } from "../lifecycle-of.js";
import { startProviderTest, writesOf } from "../provider-test.js";
import type { ManagedResource, ProviderTest, Values } from "../provider-test.js";

/** The connection that the example packages name. */
const WAREHOUSE = "a7d6b1c0-0b52-11ef-8c55-0242ac120002";
const VALUES = [{ type: "s3Bucket", on: "acme-dev", with: "acme-prod" }];

interface Prepared {
  test: ProviderTest;
  deploymentId: string;
  /** The resource, before it knows anything. */
  release: ManagedResource;
  v1: Values;
  v2: Values;
}

/** A deployment that runs what somebody imported by hand, under rules that somebody set by hand. */
async function prepare(): Promise<Prepared> {
  const test = await startProviderTest();
  const deploymentId = await makeDeployment(test);
  await makeConnection(test, "warehouse", WAREHOUSE);
  await test.call("PATCH", `/v4/deployments/${deploymentId}/valueImportRules`, VALUES);
  await importByHand(test, deploymentId, await orders("1.0.0"));
  const version = async (number: string) => ({
    deploymentId,
    package: await test.packageFile(`orders-${number}.zip`, await orders(number)),
    rules: { values: VALUES },
    notes: "Orders",
  });
  const [v1, v2] = [await version("1.0.0"), await version("1.1.0")];
  return { test, deploymentId, release: test.resource("Release", "orders"), v1, v2 };
}

function orders(version: string) {
  return buildPackage(`examples/quickstart/packages/orders-${version}`);
}

interface Release {
  id: number;
  notes: string;
  active: boolean | null;
}

async function releases(test: ProviderTest): Promise<Release[]> {
  const { data } = await test.call<{ data: Release[] }>("GET", "/v4/releases?limit=100");
  return data.sort((a, b) => a.id - b.id);
}

async function picture(test: ProviderTest): Promise<string> {
  return (await releases(test)).map(({ id, active }) => `${id}${active === true ? "*" : ""}`).join(" ");
}

async function writes(test: ProviderTest, action: () => Promise<unknown>): Promise<string[]> {
  return writesOf(await test.requestsDuring(action));
}

/** The notes of a release as the platform had them at its import. */
async function takeNotes({ test, v1, v2 }: Prepared): Promise<void> {
  const notes = (await releases(test))[0]?.notes;
  Object.assign(v1, { notes });
  Object.assign(v2, { notes });
}

describe("a release that was imported by hand", () => {
  it("comes into state as a program states it: the program then changes nothing", async () => {
    const prepared = await prepare();
    const { test, release, v1 } = prepared;
    await takeNotes(prepared);
    expect(await writes(test, () => importInto(test, release, "orders"))).toEqual([]);
    expect(release.id).toBe(v1.deploymentId);
    expect(release.state).toMatchObject({ releaseId: "1", primaryFlowId: "1", active: true });
    expect(release.state).not.toHaveProperty("package");
    expect(release.inputs.action).toMatch(/^import: release #1 of \d{4}-\d\d-\d\d \d\d:\d\d as it is$/);
    expect(JSON.stringify(release.inputs.contents)).toContain("acme-prod");
    expect(await release.up(v1)).toBe("same");
    expect(release.inputs.action).toMatch(/^import: release #1 /);
  });

  it("is rolled back to with one activation, after another package was deployed over it", async () => {
    const prepared = await prepare();
    const { test, release, v1, v2 } = prepared;
    await takeNotes(prepared);
    await importInto(test, release, "orders");
    expect((await release.check(v2)).inputs.action).toBe(
      "deploy: a package that was not imported here before",
    );
    expect(await writes(test, () => release.up(v2))).toEqual([
      "PATCH /v4/releases/N",
      "POST /v4/deployments/N/releases",
      "PATCH /v4/releases/N",
    ]);
    expect((await releases(test)).map(({ notes }) => notes)).toEqual([
      expect.stringMatching(/ \[sluice v1 content=\w+ rules=\w+ flow=1 by=shop\/prod\/orders\]$/),
      expect.stringMatching(/by=shop\/prod\/orders\]$/),
    ]);
    expect(await picture(test)).toBe("1 2*");
    expect((await release.check(v1)).inputs.action).toMatch(/^rollback to release #1 of /);
    expect(await writes(test, () => release.up(v1))).toEqual(["PATCH /v4/releases/N"]);
    expect(await picture(test)).toBe("1* 2");
  });

  it("gets its marker with the first change of its notes, in the same request", async () => {
    const { test, release, v1 } = await prepare();
    await importInto(test, release, "orders");
    expect(await writes(test, () => release.up({ ...v1, notes: "ours now" }))).toEqual([
      "PATCH /v4/releases/N",
    ]);
    expect((await releases(test))[0]?.notes).toMatch(/^ours now \[sluice v1 .*by=shop\/prod\/orders\]$/);
    expect(release.state).toMatchObject({ releaseId: "1", primaryFlowId: "1", notes: "ours now" });
  });

  it("is imported anew when the program states other rules than those in force", async () => {
    const { test, release, v1, deploymentId } = await prepare();
    await importInto(test, release, "orders");
    const rules = { values: [{ ...VALUES[0], with: "acme-production" }] };
    await test.call("PATCH", `/v4/deployments/${deploymentId}/valueImportRules`, rules.values);
    expect((await release.check({ ...v1, rules })).inputs.action).toBe(
      "re-import: the rules changed, and the platform applies rules only to later imports",
    );
    await release.up({ ...v1, rules });
    expect(await picture(test)).toBe("1 2*");
  });

  it("is the program's to destroy, and so is its deployment then", async () => {
    const { test, release, deploymentId } = await prepare();
    const deployment = test.resource("Deployment", "orders");
    await importInto(test, deployment, "orders");
    await importInto(test, release, deploymentId);
    await release.destroy();
    await deployment.destroy();
    expect(await test.call("GET", "/v4/deployments")).toEqual({ data: [] });
  });

  it("does not make the releases beside it the program's: its deployment is not destroyed with those", async () => {
    const { test, release, deploymentId } = await prepare();
    await importByHand(test, deploymentId, await orders("1.1.0"));
    const deployment = test.resource("Deployment", "orders");
    await importInto(test, deployment, "orders");
    await importInto(test, release, "orders");
    await release.destroy();
    expect((await errorOf(deployment.destroy())).message).toContain("did not import (#1)");
    expect(await picture(test)).toBe("1");
  });

  it("is destroyed with what the program deployed after it", async () => {
    const { test, release, v2 } = await prepare();
    await importInto(test, release, "orders");
    await release.up(v2);
    await release.destroy();
    expect(await picture(test)).toBe("");
  });
});

describe("a release that another program imported", () => {
  async function prepareTakeover() {
    const prepared = await prepare();
    const { test, v1, v2 } = prepared;
    const former = test.resource("Release", "orders", "shop/old");
    await former.up({ ...v1, adopt: true });
    await former.up(v2);
    await importInto(test, prepared.release, "orders");
    return prepared;
  }

  it("is taken over by the import: no change, and then deploys and rollbacks under the new name", async () => {
    const { test, release, v1, v2 } = await prepareTakeover();
    expect(release.inputs.formerOwners).toEqual(["shop/old/orders"]);
    expect(await writes(test, () => release.up(v2))).toEqual([]);
    expect(await writes(test, () => release.up({ ...v2, notes: "renamed" }))).toEqual([
      "PATCH /v4/releases/N",
    ]);
    const marked = (await releases(test)).find(({ active }) => active === true);
    expect(marked?.notes).toMatch(/^renamed \[.* by=shop\/prod\/orders\]$/);
    const before = (await releases(test)).length;
    expect(await writes(test, () => release.up({ ...v1, notes: "back" }))).toEqual(["PATCH /v4/releases/N"]);
    expect(await releases(test)).toHaveLength(before);
  });

  it("says so when it was imported under other rules than are in force", async () => {
    const { test, deploymentId } = await prepareTakeover();
    await test.call("PATCH", `/v4/deployments/${deploymentId}/valueImportRules`, [
      { ...VALUES[0], with: "elsewhere" },
    ]);
    const messages = await importInto(test, test.resource("Release", "third"), "orders");
    expect(messages).toEqual([
      expect.stringMatching(
        /^warning: release #\d of \S+ \S+ was imported under other rules than the deployment has now; /,
      ),
    ]);
  });
});

it("a renamed resource goes on with its releases, also when an update without a change came between", async () => {
  const { test, release, v1, v2 } = await prepare();
  await release.up({ ...v1, adopt: true });
  release.owner = "shop/production/orders";
  expect(await release.up({ ...v1, adopt: true })).toBe("same");
  expect((await release.check(v2)).failures).toEqual([]);
  await release.up(v2);
  const before = await releases(test);
  expect(await writes(test, () => release.up(v1))).toEqual(["PATCH /v4/releases/N"]);
  expect(await releases(test)).toHaveLength(before.length);
});

describe("there is no release to import", () => {
  it("in a deployment without an active one: it is not listed, and by id it is said why", async () => {
    const { test, deploymentId } = await prepare();
    await test.call("PATCH", "/v4/releases/1", { active: false });
    const life = startOperation(test).of("Release");
    expect(await life.list({ owner: "a/b/c" })).toEqual([]);
    expect((await errorOf(life.import(deploymentId, { owner: "a/b/c" }))).message).toBe(
      'importing Release "c": deployment "orders" has no active release to import; activate one at the platform, or let the program deploy a package',
    );
  });

  it("where the platform keeps its package, and it is said what to do instead", async () => {
    const { test, release } = await prepare();
    const proxy = await startPlatformProxy(test.platform.endpoint("prod"));
    onTestFinished(() => proxy.close());
    proxy.interfere(({ path }) =>
      path.endsWith("/package")
        ? {
            kind: "answer",
            status: 404,
            body: JSON.stringify({ exception: { name: "RouteNotFoundException", message: "no such route" } }),
          }
        : undefined,
    );
    const error = await errorOf(importInto(test, release, "orders", { endpoint: proxy.endpoint }));
    expect(error.message).toContain("the platform does not give the package of release #1");
    expect(error.message).toContain("state the package in the program with `adopt: true` instead");
  });
});
