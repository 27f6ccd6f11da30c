import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { writePackage } from "../../flow/index.js";
import type { FlowPackage } from "../../flow/index.js";
import { writeArchive } from "../../flow/archive.js";
import { packWithDefinition, smallPackage } from "../flow/small-package.js";
import { ordersProgram, releasesOf, writeOrdersPackages } from "./orders.js";
import { isWithoutEngine, startEngineTest, writesOf } from "./stack.js";
import type { EngineTest } from "./stack.js";

const MEBIBYTE = 1024 * 1024;

describe.skipIf(isWithoutEngine)("a package that cannot be released", () => {
  let test: EngineTest;

  beforeAll(async () => {
    test = await startEngineTest();
    await writeOrdersPackages(test);
    test.use(ordersProgram());
    await test.stack.up();
  });
  afterAll(() => test.close());

  /** What a person reads when the program names this file; no request but reading ones may go out. */
  async function refusalOf(name: string, content?: Uint8Array | string): Promise<string> {
    if (content !== undefined) await writeFile(join(test.folder, name), content);
    test.use(ordersProgram({ release: { package: name } }));
    let message = "";
    // `up` here goes without a preview, as pipelines do.
    const requests = await test.requestsDuring(async () => {
      message = await test.failureOf(() => test.stack.up());
    });
    expect(writesOf(requests)).toEqual([]);
    expect(message).toContain("sluice:Release resource 'orders'");
    return message;
  }

  it("is missing", async () => {
    expect(await refusalOf("orders-9.9.9.zip")).toContain(
      "package orders-9.9.9.zip: there is no file at orders-9.9.9.zip. Check the path.",
    );
  });
  it("is not a zip", async () => {
    expect(await refusalOf("page.zip", "<html>Sign in</html>")).toContain(
      "package page.zip: is not a ZIP archive. Give the file that the flow's export made.",
    );
  });
  it("is empty", async () => {
    expect(await refusalOf("empty.zip", "")).toContain(
      "package empty.zip: is empty (0 bytes). Export or download it again.",
    );
  });
  it("is truncated", async () => {
    const whole = await readFile(join(test.folder, "orders-1.0.0.zip"));
    expect(await refusalOf("half.zip", whole.subarray(0, whole.length / 2))).toContain(
      "package half.zip: the ZIP archive ends too early: its directory is missing. Export or download it again.",
    );
  });
  it("is a bomb", async () => {
    const bomb = await writeArchive([{ name: "flow.json", content: " ".repeat(64 * MEBIBYTE) }]);
    expect(bomb.length).toBeLessThan(MEBIBYTE);
    expect(await refusalOf("bomb.zip", bomb)).toMatch(/package bomb\.zip: .*more than \d+ times/);
  });
  it("is of a newer format", async () => {
    const newer = await packWithDefinition((definition) => {
      definition["kind"] = "artifact-v3";
    });
    expect(await refusalOf("newer-format.zip", newer)).toContain(
      'package newer-format.zip: is of the unknown kind "artifact-v3". Known are flow packages of product versions 6.0 to 8.6; a newer format needs a newer Sluice.',
    );
  });
  it("was exported by a product that is newer than the platform", async () => {
    const small = smallPackage();
    const newer = { ...small, metadata: { ...small.metadata, productVersion: "99.1.0" } };
    expect(await refusalOf("newer-product.zip", await writePackage(newer))).toContain(
      "the package was exported by product version 99.1.0, and the platform is 9.7.0, which does not import packages of newer versions; export it from a product that is not newer",
    );
  });
  it("has a broken edge", async () => {
    const broken = await writePackage(withBrokenEdge(smallPackage()));
    expect(await refusalOf("edge.zip", broken)).toMatch(
      /package edge\.zip: flow "Orders": edge \d+ comes from node 4711, which is not in the package\. Export the flow again\./,
    );
  });
  it("names no primary flow", async () => {
    const aimless = await packWithDefinition((definition) => {
      const metadata = definition["metadata"] as { primaryFlowIds: number[] };
      metadata.primaryFlowIds = [];
    });
    expect(await refusalOf("aimless.zip", aimless)).toContain(
      "package aimless.zip: metadata.primaryFlowIds: names no flow, so nothing says what was exported. Export the flow again.",
    );
  });
  it("is a folder", async () => {
    await mkdir(join(test.folder, "folder"));
    expect(await refusalOf("folder")).toContain(
      "package folder: folder is a folder. Give the ZIP archive itself.",
    );
  });
  it("reads a connection that has neither a rule nor a local twin", async () => {
    const message = await refusalOf("unmapped.zip", await writePackage(smallPackage()));
    expect(message).toContain(
      'connection "warehouse" (uuid 2d7c1650-7daa-11e9-b9eb-0fd11bed75ab), used by dataset "Customers", is not mapped; add it to the import rules: connections: [{on: {uuid: "2d7c1650-7daa-11e9-b9eb-0fd11bed75ab"}, with: <connection id of the target>}]',
    );
  });
  it("leaves the release before it active, whatever was tried", async () => {
    expect(await releasesOf(test)).toMatchObject([{ id: 1, active: true }]);
  });
});

function withBrokenEdge(pkg: FlowPackage): FlowPackage {
  return {
    ...pkg,
    flows: pkg.flows.map((flow) => ({
      ...flow,
      edges: flow.edges.map((edge, index) => (index === 0 ? { ...edge, from: 4711 } : edge)),
    })),
  };
}
