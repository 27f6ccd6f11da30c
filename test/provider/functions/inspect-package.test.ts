import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { contentDigest } from "../../../flow/index.js";
import { buildPackage } from "../../../flow/source.js";
import { writePackage } from "../../../flow/write.js";
import { UNKNOWN } from "../../../provider/framework/unknown.js";
import { CANARY, packageWithSecrets } from "../../conformance/function-cases.js";
import { failuresOf, invoke, outputsOf } from "./function-test.js";

const WAREHOUSE = "a7d6b1c0-0b52-11ef-8c55-0242ac120002";
const RULES = {
  connections: [{ on: { uuid: WAREHOUSE }, with: "7" }],
  values: [{ type: "s3Bucket", on: "acme-dev", with: "acme-prod" }],
};

let folder: string;
let path: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sluice-functions-"));
  path = join(folder, "orders.zip");
  const source = await buildPackage("examples/quickstart/packages/orders-1.1.0");
  await writeFile(path, await writePackage(source));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe("inspectPackage", () => {
  it("tells what is in a package, without any platform configured", async () => {
    const source = await buildPackage("examples/quickstart/packages/orders-1.1.0");
    const found = await outputsOf("inspectPackage", { package: path });
    expect(found).toMatchObject({
      packageUuid: source.metadata.uuid,
      productVersion: source.metadata.productVersion,
      contentDigest: contentDigest(source),
      flows: [{ name: "Orders", isPrimary: true }],
      connections: [{ uuid: WAREHOUSE, name: source.connections[0]?.name }],
      contents: { flows: { Orders: { recipes: expect.any(Object) as unknown } } },
    });
    expect(found.findings).toEqual([
      expect.objectContaining({ code: "connection-not-mapped", severity: "error" }),
    ]);
  });

  it("takes a file asset as the engine hands it over", async () => {
    const asset = { "4dabf18193072939515e22adb298388d": "c44067f5952c0a294b673a41bacd8c17", path };
    expect(await outputsOf("inspectPackage", { package: asset })).toEqual(
      await outputsOf("inspectPackage", { package: path }),
    );
  });

  it("shows what the rules make of it", async () => {
    const found = await outputsOf("inspectPackage", { package: path, rules: RULES });
    expect(found.connections).toMatchObject([{ uuid: WAREHOUSE, mappedTo: "7" }]);
    expect(found.findings).not.toContainEqual(expect.objectContaining({ code: "connection-not-mapped" }));
    expect(JSON.stringify(found.contents)).toContain("acme-prod");
    expect(JSON.stringify(found.contents)).not.toContain("acme-dev");
  });

  it("tells a webhook's receiver and none of its secrets", async () => {
    const secret = join(folder, "secret.zip");
    await writeFile(secret, await writePackage(packageWithSecrets()));
    const found = JSON.stringify(await outputsOf("inspectPackage", { package: secret }));
    expect(found).toContain("hooks.example.com");
    expect(found).not.toContain(CANARY);
  });

  it("reports the configured markers of the source environment", async () => {
    const codes = async (configuration: Record<string, unknown>) => {
      const { findings } = await outputsOf("inspectPackage", { package: path }, configuration);
      return (findings as { code: string }[]).map(({ code }) => code);
    };
    expect(await codes({})).not.toContain("source-environment-left");
    expect(await codes({ "sluice:sourceMarkers": ["acme-dev"] })).toContain("source-environment-left");
  });

  it("refuses what is no package, naming the input and the reason", async () => {
    expect(await failuresOf("inspectPackage", { package: join(folder, "none.zip") })).toEqual([
      { property: "package", reason: expect.stringContaining("none.zip") as string },
    ]);
    const text = join(folder, "text.zip");
    await writeFile(text, "no archive");
    expect(await failuresOf("inspectPackage", { package: text })).toMatchObject([{ property: "package" }]);
  });

  it("refuses faulty rules and unknown inputs, all at once and by their paths", async () => {
    const rules = { values: [{ type: "s3Bucket", on: "/(/", with: "" }] };
    expect(await failuresOf("inspectPackage", { package: path, rules })).toEqual([
      { property: "rules.values[0].on", reason: expect.any(String) as string },
    ]);
    expect(await failuresOf("inspectPackage", { pakage: path, rules: { values: 1 } })).toEqual(
      expect.arrayContaining([
        { property: "package", reason: expect.stringContaining("is required") as string },
        { property: "pakage", reason: 'there is no such property (did you mean "package"?)' },
        { property: "rules.values", reason: expect.any(String) as string },
      ]),
    );
    expect(await failuresOf("inspectPackage", { package: path, environment: "dev" })).toEqual([
      { property: "environment", reason: "there is no such property" },
    ]);
  });

  it("answers nothing while an input is unknown", async () => {
    expect(await invoke("inspectPackage", { package: UNKNOWN })).toEqual({ outputs: {} });
    const rules = { connections: [{ on: { uuid: WAREHOUSE }, with: UNKNOWN }] };
    expect(await invoke("inspectPackage", { package: path, rules })).toEqual({ outputs: {} });
  });
});
