import { describe, expect, it } from "vitest";
import { buildPackage } from "../../../flow/source.js";
import { makeConnection, makeDeployment } from "../by-hand.js";
import { startProviderTest, writesOf } from "../provider-test.js";
import type { ManagedResource, ProviderTest, Values } from "../provider-test.js";

const WAREHOUSE = "a7d6b1c0-0b52-11ef-8c55-0242ac120002";

interface Prepared {
  test: ProviderTest;
  release: ManagedResource;
  v1: Values;
  v2: Values;
}

async function prepare(configuration: Values = {}): Promise<Prepared> {
  const test = await startProviderTest({}, configuration);
  const deploymentId = await makeDeployment(test);
  await makeConnection(test, "warehouse", WAREHOUSE);
  const version = async (number: string) => ({
    deploymentId,
    package: await test.packageFile(
      `orders-${number}.zip`,
      await buildPackage(`examples/quickstart/packages/orders-${number}`),
    ),
  });
  return {
    test,
    release: test.resource("Release", "orders"),
    v1: await version("1.0.0"),
    v2: await version("1.1.0"),
  };
}

/** Renames a recipe of the live flow and points its output elsewhere, as somebody at the platform would. */
async function editByHand(test: ProviderTest): Promise<void> {
  const { data } = await test.call<{ data: { id: number; path: string }[] }>("GET", "/v4/writeSettings");
  const [file] = data;
  await test.call("PATCH", `/v4/writeSettings/${file?.id}`, { path: "s3://acme-prod/elsewhere.csv" });
}

const findingsOf = (checked: { inputs: Values }) => (checked.inputs.findings ?? []) as string[];

describe("edits made by hand in the live flow", () => {
  it("are reported before the change that loses them, with what was edited", async () => {
    const { test, release, v1, v2 } = await prepare();
    await release.up(v1);
    await editByHand(test);
    let checked = await release.check(v2);
    const requests = await test.requestsDuring(async () => {
      checked = await release.check(v2);
    });
    expect(writesOf(requests)).toEqual([]);
    expect(checked.failures).toEqual([]);
    expect(findingsOf(checked)).toEqual([
      expect.stringMatching(
        /^edited-in-place: release #1 .*output "Daily revenue \(manual\)" of flow "Orders"/,
      ),
    ]);
  });

  it("refuse the change when the program says so, and are silent when it does not care", async () => {
    const { test, release, v1, v2 } = await prepare();
    await release.up(v1);
    await editByHand(test);
    const refused = await release.check({ ...v2, editedInPlace: "refuse" });
    expect(refused.failures).toEqual([
      { property: "package", reason: expect.stringContaining("edited-in-place: release #1") as string },
    ]);
    await expect(release.up({ ...v2, editedInPlace: "refuse" })).rejects.toThrow("edited-in-place");
    expect(findingsOf(await release.check({ ...v2, editedInPlace: "ignore" }))).toEqual([]);
    await expect(release.up({ ...v2, editedInPlace: "ignore" })).resolves.toBe("update");
  });

  it("are not reported where nothing was edited, nor looked for where nothing changes", async () => {
    const { test, release, v1, v2 } = await prepare();
    await release.up(v1);
    expect(findingsOf(await release.check(v2))).toEqual([]);
    const requests = await test.requestsDuring(() => release.check(v1));
    expect(requests.filter((request) => request.path.includes("/package"))).toEqual([]);
  });
});

describe("findings about a release", () => {
  it("name a connection that is of another kind than the one it stands for", async () => {
    const { test, release, v1 } = await prepare();
    const { id } = await test.call<{ id: number }>("POST", "/v4/connections", {
      name: "lake",
      vendor: "snowflake",
      vendorName: "snowflake",
      type: "jdbc",
      credentialType: "noAuth",
      params: {},
    });
    const connections = [{ on: { uuid: WAREHOUSE }, with: String(id) }];
    const checked = await release.check({ ...v1, rules: { connections, values: [] } });
    expect(findingsOf(checked)).toEqual([
      expect.stringMatching(
        /^connection-vendor-differs: connection "warehouse dev" is postgres .* snowflake/,
      ),
    ]);
  });

  it("can be raised to errors, and ignored, by their code", async () => {
    const { release, v1 } = await prepare();
    const values = [{ type: "s3Bucket", on: "no-such-bucket", with: "x" }];
    const given = { ...v1, rules: { connections: [], values } };
    expect(findingsOf(await release.check(given))).toEqual([
      expect.stringMatching(/^rule-matches-nothing: /),
    ]);
    const raised = await release.check({ ...given, severities: { "rule-matches-nothing": "error" } });
    expect(raised.failures).toEqual([
      { property: "package", reason: expect.stringMatching(/^rule-matches-nothing: /) as string },
    ]);
    const ignored = await release.check({ ...given, severities: { "rule-matches-nothing": "ignore" } });
    expect([findingsOf(ignored), ignored.failures]).toEqual([[], []]);
  });

  it("refuse a code that there is none of, with the nearest that there is", async () => {
    const { release, v1 } = await prepare();
    const checked = await release.check({ ...v1, severities: { "rule-matches-nothin": "error" } });
    expect(checked.failures).toEqual([
      {
        property: "severities.rule-matches-nothin",
        reason: 'there is no finding of this code (did you mean "rule-matches-nothing"?)',
      },
    ]);
  });

  it("name what still points to the source environment, by the markers of the configuration", async () => {
    const { release, v1 } = await prepare({ "sluice:sourceMarkers": '["acme-dev"]' });
    expect(findingsOf(await release.check(v1))).toEqual([
      expect.stringMatching(
        /^source-environment-left: flow "Orders", dataset "orders.csv" .*s3:\/\/acme-dev/,
      ),
      expect.stringMatching(/^source-environment-left: .*output of "Daily revenue"/),
    ]);
    const values = [{ type: "s3Bucket", on: "acme-dev", with: "acme-prod" }];
    const mapped = await release.check({ ...v1, rules: { connections: [], values } });
    expect(findingsOf(mapped)).toEqual([]);
  });

  it("say what the release that goes had, and the coming one lacks", async () => {
    const { test, release, v1 } = await prepare();
    const source = await buildPackage("examples/two-environments/packages/customer-value-1.0.0");
    await makeConnection(test, "crm", "42b7f0de-2f64-11ef-8e0a-0242ac120002");
    await release.up({ ...v1, package: await test.packageFile("with.zip", source) });
    const findings = findingsOf(await release.check(v1)).join("\n");
    expect(findings).toMatch(/reference-removed: .*Active customers/);
  });

  it("warn of a package from before 6.8, which the product refuses", async () => {
    const { test, release, v1 } = await prepare();
    const source = await buildPackage("examples/quickstart/packages/orders-1.0.0");
    const old = { ...source, metadata: { ...source.metadata, productVersion: "6.4.1+3.20190905" } };
    const checked = await release.check({ ...v1, package: await test.packageFile("old.zip", old) });
    expect(checked.failures).toEqual([]);
    expect(findingsOf(checked)).toEqual([expect.stringMatching(/^package-before-6-8: .*6\.4\.1/)]);
  });

  it("name the first release of the operation that writes to the same place, in whatever order the others are checked", async () => {
    const { test, release, v1 } = await prepare();
    const given = [v1];
    for (const name of ["copy", "third"])
      given.push({ ...v1, deploymentId: await makeDeployment(test, name) });
    const saidIn = async (order: readonly number[]) => {
      const operation = await release.provider();
      const said: string[][] = [];
      for (const at of [...order, ...order.slice(0, 1)]) {
        const checked = await operation.check({}, { owner: `shop/prod/release ${at}`, ...given[at] });
        said.push(findingsOf(checked));
      }
      return said;
    };
    const sharedWith = (at: number): unknown[] => [
      `output-shared: s3://acme-dev/reports/daily_revenue.csv is written by shop/prod/release ${at} too; give each deployment a place of its own, with an import rule or in the flow`,
      expect.stringMatching(/^output-shared: table reports.daily_revenue of connection \S+ is written by/),
    ];
    // A release that is checked again, as one that is replaced, says what it said before.
    for (const order of [
      [0, 1, 2],
      [0, 2, 1],
      [2, 0, 1],
    ]) {
      const shared = sharedWith(order[0] ?? 0);
      expect(await saidIn(order)).toEqual([[], shared, shared, []]);
    }
  });
});
