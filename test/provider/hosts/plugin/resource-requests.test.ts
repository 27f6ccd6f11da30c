import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { buildPackage } from "../../../../flow/source.js";
import { makeConnection, makeDeployment } from "../../by-hand.js";
import { startProviderTest, writesOf } from "../../provider-test.js";
import type { ProviderTest } from "../../provider-test.js";
import { ASSET, KIND, secretOf, withoutSecrets } from "./engine-form.js";
import { PluginHost } from "./plugin-host.js";

/** Must be found in no answer. */
const CANARY = "canary-91d2e0";

let host: PluginHost;
beforeAll(async () => {
  host = await PluginHost.start();
});
afterAll(() => host.close());

describe("secrets", () => {
  async function start(): Promise<ProviderTest> {
    host.answers = [];
    return startProviderTest({}, { "sluice:retries": "0" }, host);
  }
  const expectNothingInClear = () =>
    expect(JSON.stringify(withoutSecrets(host.answers))).not.toContain(CANARY);

  it("that fail a check are named in the reason only, as the engine prints the value of a property", async () => {
    const test = await start();
    const { failures } = await test.resource("Connection").check({
      name: "a",
      vendor: "postgres",
      credentials: { username: { is: CANARY } },
      port: secretOf(CANARY),
    });
    expect(new Set(failures.map(({ property }) => property))).toEqual(new Set([""]));
    expect(new Set(failures.map(({ reason }) => reason.split(":")[0]))).toEqual(
      new Set(["credentials.username.is", "credentials.username.fromEnv", "port"]),
    );
    expect(JSON.stringify(failures)).not.toContain(CANARY);
  });

  it("of a program's own choosing stay out of messages that speak of their values", async () => {
    const test = await start();
    await makeConnection(test, CANARY);
    const connection = { name: secretOf(CANARY), vendor: "postgres" };
    await expect(test.resource("Connection").up(connection)).rejects.toThrow(
      /a connection named "\[secret\]" already exists/,
    );
    const deploymentId = await makeDeployment(test);
    const connections = [{ on: { uuid: "a" }, with: secretOf("47110815") }];
    const { failures } = await test.resource("ImportRules").check({ deploymentId, connections });
    expect(failures[0]?.reason).toContain("there is no connection [secret] at http");
    expectNothingInClear();
  });

  it("in a list stay secret when the list is changed by hand", async () => {
    const test = await start();
    const deploymentId = await makeDeployment(test);
    const rule = (on: string, target: unknown) => ({ type: "s3Bucket", on, with: target });
    const rules = test.resource("ImportRules");
    await rules.up({ deploymentId, values: [rule("a", "in clear"), rule("b", secretOf(CANARY))] });
    await test.call("PATCH", `/v4/deployments/${deploymentId}/valueImportRules`, [
      rule("b", CANARY),
      rule("a", "in clear"),
    ]);
    await rules.refresh();
    expectNothingInClear();
    expect(JSON.stringify([rules.state, rules.inputs])).toContain(CANARY);
  });

  it("make everything secret that is worked out of them", async () => {
    const test = await start();
    const given = { name: "a", vendor: "postgres", params: { database: secretOf(CANARY) } };
    const connection = test.resource("Connection");
    await connection.preview(given);
    await connection.up(given);
    expect(connection.state.params).toEqual({ database: secretOf(CANARY) });
    expect(await connection.diff({ ...given, params: { database: secretOf("other") } })).toMatchObject({
      changes: true,
      places: ["params"],
    });
    expectNothingInClear();
  });
});

describe("a package that is an asset", () => {
  const assetOf = async (path: string) => ({
    [KIND]: ASSET,
    hash: createHash("sha256")
      .update(await readFile(path))
      .digest("hex"),
    path,
  });

  it("is imported, is no change under another name, and is known by its hash alone", async () => {
    const test = await startProviderTest({}, {}, host);
    const deploymentId = await makeDeployment(test);
    await makeConnection(test, "warehouse", "a7d6b1c0-0b52-11ef-8c55-0242ac120002");
    const build = async (version: string, name: string) =>
      assetOf(
        await test.packageFile(name, await buildPackage(`examples/quickstart/packages/orders-${version}`)),
      );
    const [first, renamed, second] = [
      await build("1.0.0", "a.zip"),
      await build("1.0.0", "b.zip"),
      await build("1.1.0", "c.zip"),
    ];
    const release = test.resource("Release");
    const upWith = (asset: unknown) => release.up({ deploymentId, package: asset });
    expect(await upWith(first)).toBe("create");
    expect(release.state.package).toEqual(first);
    expect(await release.refresh()).toBe(true);
    expect(release.state.package).toEqual(first);
    expect(await upWith(renamed)).toBe("same");
    expect(await release.diff({ deploymentId, package: second })).toMatchObject({ changes: true });
    expect(await upWith(second)).toBe("update");
    expect(writesOf(await test.requestsDuring(() => upWith(first)))).toEqual(["PATCH /v4/releases/N"]);
    await release.destroy();
  });

  it("of any other kind is refused, saying what a package may be", async () => {
    const test = await startProviderTest({}, {}, host);
    const given = { deploymentId: "1", package: { [KIND]: ASSET, hash: "aa", text: "orders" } };
    const { failures } = await test.resource("Release").check(given);
    expect(failures).toMatchObject([
      { reason: expect.stringContaining("only a file asset can be a package") as string },
    ]);
  });
});

describe("state", () => {
  it("of a newer version is refused in every call, before anything is asked of the platform", async () => {
    const test = await startProviderTest({}, {}, host);
    const resource = test.resource("Deployment");
    await resource.up({ name: "orders" });
    const newer = { ...resource.state, stateVersion: 99 };
    const { id, inputs } = resource;
    const provider = await resource.provider();
    const refusals: Promise<unknown>[] = [];
    const requests = await test.requestsDuring(async () => {
      refusals.push(
        provider.diff(id, newer, inputs, inputs),
        provider.read(id, newer, inputs),
        provider.update(id, newer, inputs, inputs),
        provider.delete(id, newer),
      );
      await Promise.allSettled(refusals);
    });
    for (const refusal of refusals) await expect(refusal).rejects.toThrow(/newer .*Sluice/i);
    expect(requests).toEqual([]);
  });
});
