import { describe, expect, it, onTestFinished } from "vitest";
import type { FlowPackage } from "../../../flow/index.js";
import { startPlatformProxy } from "../../engine/platform-proxy.js";
import type { PlatformProxy, ProxiedRequest } from "../../engine/platform-proxy.js";
import { smallPackage, WAREHOUSE_UUID, withFlow } from "../../flow/small-package.js";
import { importByHand, makeConnection, makeDeployment } from "../by-hand.js";
import { errorOf, exception } from "../client/scripted-server.js";
import { startProviderTest, writesOf } from "../provider-test.js";
import type { ManagedResource, ProviderTest, Values } from "../provider-test.js";

const VALUES = [{ type: "s3Bucket", on: "acme-dev", with: "acme-prod" }];

interface Prepared {
  test: ProviderTest;
  proxy: PlatformProxy;
  /** The release, which reaches the platform through the proxy. */
  release: ManagedResource;
  given: Values;
}

/** A deployment under rules that map a bucket and the package's connection. */
async function prepare(): Promise<Prepared> {
  const test = await startProviderTest();
  const deploymentId = await makeDeployment(test);
  const connection = await makeConnection(test, "warehouse");
  const rules = { connections: [{ on: { uuid: WAREHOUSE_UUID }, with: connection }], values: VALUES };
  await test.resource("ImportRules", "orders").up({ deploymentId, ...rules });
  const proxy = await startPlatformProxy(test.platform.endpoint("prod"));
  onTestFinished(() => proxy.close());
  const release = test.resource("Release", "orders", "shop/prod", {
    "sluice:endpoint": proxy.endpoint,
    "sluice:timeoutSeconds": "3",
    "sluice:retries": "0",
  });
  const path = await test.packageFile("orders.zip", smallPackage());
  return { test, proxy, release, given: { deploymentId, package: path, rules, notes: "orders" } };
}

const isImport = ({ method, path }: ProxiedRequest) => method === "POST" && path.endsWith("/releases");
const isNotes = ({ method, path }: ProxiedRequest) => method === "PATCH" && path.includes("/releases/");

async function releases(
  test: ProviderTest,
): Promise<{ id: number; notes: string; active: boolean | null }[]> {
  const { data } = await test.call<{ data: { id: number; notes: string; active: boolean | null }[] }>(
    "GET",
    "/v4/releases",
  );
  return data.sort((a, b) => a.id - b.id);
}

function renamed(source: FlowPackage): FlowPackage {
  return withFlow(source, () => ({ description: "something else was exported" }));
}

const IMPORT = ["POST /v4/deployments/N/releases", "PATCH /v4/releases/N"];

describe("an import whose answer was lost", () => {
  it("is found by its content on the next run: one PATCH, no second release", async () => {
    const { test, proxy, release, given } = await prepare();
    proxy.interfere((request) => (isImport(request) ? { kind: "hold-answer" } : undefined));
    const error = await errorOf(release.up(given));
    expect(error.message).toContain("no answer within 3 s (sluice:timeoutSeconds)");
    expect(release.id).toBe("");
    proxy.interfere(undefined);
    const requests = await test.requestsDuring(() => release.up(given));
    expect(writesOf(requests)).toEqual(["PATCH /v4/releases/N"]);
    expect(await releases(test)).toMatchObject([{ id: 1, active: true }]);
    expect(release.state).toMatchObject({ releaseId: "1", primaryFlowId: "1" });
    expect(await release.up(given)).toBe("same");
  });

  it("is found in the same way when another release is active by now", async () => {
    const { test, release, given } = await prepare();
    await importByHand(test, "1", smallPackage());
    await importByHand(test, "1", renamed(smallPackage()));
    const requests = await test.requestsDuring(() => release.up(given));
    expect(writesOf(requests)).toEqual(["PATCH /v4/releases/N"]);
    expect(await releases(test)).toMatchObject([{ active: true }, { active: null }]);
  });

  it("is not believed of the same export with other content", async () => {
    const { test, release, given } = await prepare();
    await importByHand(test, "1", renamed(smallPackage()));
    const requests = await test.requestsDuring(() => release.up(given));
    expect(writesOf(requests)).toEqual(IMPORT);
    expect((await releases(test))[0]?.notes).not.toContain("sluice");
  });

  it("is not believed of the same export under other rules", async () => {
    const { test, release, given } = await prepare();
    await test.call("PATCH", "/v4/deployments/1/valueImportRules", [{ ...VALUES[0], with: "elsewhere" }]);
    await importByHand(test, "1", smallPackage());
    await test.call("PATCH", "/v4/deployments/1/valueImportRules", VALUES);
    expect(writesOf(await test.requestsDuring(() => release.up(given)))).toEqual(IMPORT);
  });

  it("is not believed of the same export with another connection", async () => {
    const { test, release, given } = await prepare();
    const other = Number(await makeConnection(test, "other"));
    const rule = (id: number) => [
      { tableName: "connections", onCondition: { uuid: WAREHOUSE_UUID }, withCondition: { id } },
    ];
    await test.call("PATCH", "/v4/deployments/1/objectImportRules", rule(other));
    await importByHand(test, "1", smallPackage());
    await test.call("PATCH", "/v4/deployments/1/objectImportRules", rule(1));
    expect(writesOf(await test.requestsDuring(() => release.up(given)))).toEqual(IMPORT);
  });

  it.each([
    [
      "does not tell a release's flows",
      (path: string) => path.includes("embed=flows"),
      400,
      "ValidationFailed",
    ],
    [
      "does not let this account export",
      (path: string) => path.endsWith("/package"),
      403,
      "AccessControlException",
    ],
  ])("is imported again on a platform that %s: none is trusted", async (_name, isAsked, status, name) => {
    const { test, proxy, release, given } = await prepare();
    await importByHand(test, "1", smallPackage());
    proxy.interfere(({ path }) =>
      isAsked(path) ? { kind: "answer", status, body: JSON.stringify(exception(name, "no")) } : undefined,
    );
    expect(writesOf(await test.requestsDuring(() => release.up(given)))).toEqual(IMPORT);
  });
});

describe("an import that could not be marked", () => {
  it("stays in state, and the next run marks it without a second import", async () => {
    const { test, proxy, release, given } = await prepare();
    proxy.interfere((request) =>
      isNotes(request) ? { kind: "answer", status: 503, body: "<html>" } : undefined,
    );
    const error = await errorOf(release.up(given));
    expect(error).toMatchObject({ name: "NotReadyError" });
    expect(error.message).toContain("release 1 was imported, but not finished");
    expect(release.state).toMatchObject({ releaseId: "1", notes: "orders" });
    // What the platform tells of the flow is not needed: state knows it.
    proxy.interfere(({ path }) =>
      path.includes("embed=flows") ? { kind: "answer", status: 500, body: "" } : undefined,
    );
    const requests = await test.requestsDuring(() => release.up(given));
    expect(writesOf(requests)).toEqual(["PATCH /v4/releases/N"]);
    expect(await releases(test)).toMatchObject([{ id: 1, active: true }]);
    expect((await releases(test))[0]?.notes).toMatch(
      /^orders \[sluice v1 .* flow=1 by=shop\/prod\/orders\]$/,
    );
  });

  it("and whose mark was only not confirmed is there once", async () => {
    const { test, proxy, release, given } = await prepare();
    proxy.interfere((request) => (isNotes(request) ? { kind: "hold-answer" } : undefined));
    await errorOf(release.up(given));
    proxy.interfere(undefined);
    expect(writesOf(await test.requestsDuring(() => release.up(given)))).toEqual([]);
    expect(await releases(test)).toHaveLength(1);
  });
});

describe("an activation whose answer was lost", () => {
  it("is not repeated when it happened", async () => {
    const { test, proxy, release, given } = await prepare();
    const first = given;
    const second = { ...given, package: await test.packageFile("next.zip", renamed(smallPackage())) };
    await release.up(first);
    await release.up(second);
    proxy.interfere((request) => (isNotes(request) ? { kind: "hold-answer" } : undefined));
    await errorOf(release.up(first));
    proxy.interfere(undefined);
    expect(writesOf(await test.requestsDuring(() => release.up(first)))).toEqual([]);
    expect(await releases(test)).toMatchObject([{ active: true }, { active: null }]);
    expect(release.state).toMatchObject({ releaseId: "1" });
  });
});
