import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readManifest } from "../../cli/manifest.js";
import { sluice } from "./command-line.js";

type Values = Record<string, unknown>;
interface Entry extends Values {
  urn: string;
  type: string;
}
interface Export extends Values {
  deployment: { resources: Entry[] } & Values;
}

const VERSION = readManifest().version;
const SIGNATURE = "4dabf18193072939515e22adb298388d";
const secret = (ciphertext: string) => ({ [SIGNATURE]: "1b47061264138c4ac30d75fd1eb44270", ciphertext });
const urn = (type: string, name: string) => `urn:pulumi:prod::shop::${type}::${name}`;
const dynamic = (name: string) => `pulumi-nodejs:dynamic/sluice:${name}`;
const plugin = (name: string) => `sluice:index:${name}`;
const line = (name: string) => `exports.handler=()=>require("pulumi-sluice/dynamic").provider("${name}")`;

const stack = { urn: urn("pulumi:pulumi:Stack", "shop-prod"), type: "pulumi:pulumi:Stack", custom: false };
const nodejs = {
  urn: urn("pulumi:providers:pulumi-nodejs", "default"),
  type: "pulumi:providers:pulumi-nodejs",
  custom: true,
  id: "78e8d76e",
  inputs: { "sluice:endpoint": "https://a", "sluice:token": secret("v1:token"), "aws:region": "eu" },
  outputs: { "sluice:endpoint": "https://a", "sluice:token": secret("v1:token"), "aws:region": "eu" },
};
const component = {
  urn: urn("shop:index:Shop", "shop"),
  type: "shop:index:Shop",
  custom: false,
  parent: stack.urn,
};

/** A deployment inside a component, and a release that hangs on it in every way there is. */
function exportOf(...more: Values[]): Export {
  const deploymentUrn = urn(`shop:index:Shop$${dynamic("Deployment")}`, "orders");
  const provider = `${nodejs.urn}::${nodejs.id}`;
  const deployment = {
    urn: deploymentUrn,
    type: dynamic("Deployment"),
    custom: true,
    id: "1",
    inputs: { __provider: line("Deployment"), name: "orders", owner: "shop/prod/orders" },
    outputs: { __provider: line("Deployment"), name: "orders", owner: "shop/prod/orders", deploymentId: "1" },
    parent: component.urn,
    provider,
    propertyDependencies: { __provider: [], name: [], owner: [] },
    protect: true,
  };
  const release = {
    urn: urn(dynamic("Release"), "orders::of the shop"),
    type: dynamic("Release"),
    custom: true,
    id: "1",
    inputs: { __provider: line("Release"), package: "a.zip", odd: { __provider: "stays" } },
    outputs: { __provider: line("Release"), secretFingerprints: secret("v1:print"), note: deploymentUrn },
    parent: deploymentUrn,
    dependencies: [deploymentUrn, stack.urn],
    provider,
    propertyDependencies: { __provider: [], package: [deploymentUrn] },
    deletedWith: deploymentUrn,
    replaceWith: [deploymentUrn],
    aliases: [urn(dynamic("Release"), "former")],
    additionalSecretOutputs: ["secretFingerprints"],
    customTimeouts: { create: 60 },
  };
  return {
    version: 3,
    deployment: {
      manifest: { magic: "abc", version: "v3.250.0" },
      secrets_providers: { type: "passphrase", state: { salt: "v1:x" } },
      resources: [
        {
          ...stack,
          outputs: { shop: { [SIGNATURE]: "5cf8f73096256a8f31e491e813e4eb8e", urn: deploymentUrn } },
        },
        nodejs,
        component,
        deployment,
        release,
        ...more,
      ] as Entry[],
      metadata: {},
    },
  };
}

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sluice-migrate-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function migrate(given: unknown, ...options: string[]) {
  const file = join(folder, "export.json");
  await writeFile(file, typeof given === "string" ? given : JSON.stringify(given));
  const { code, out, error } = await sluice("migrate-state", ...options, file);
  return { code, error, export: code === 0 ? (JSON.parse(out) as Export) : undefined, out };
}

/** What differs between two exports, by path. */
function differences(before: unknown, after: unknown, path = ""): string[] {
  if (JSON.stringify(before) === JSON.stringify(after)) return [];
  const isOpen = (value: unknown) => typeof value === "object" && value !== null;
  if (!isOpen(before) || !isOpen(after)) return [path];
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return keys.flatMap((key) =>
    differences((before as Values)[key], (after as Values)[key], `${path}/${key}`),
  );
}

describe("sluice migrate-state", () => {
  it("gives the resources and everything that points to them their names on the plugin host", async () => {
    const { export: moved, error } = await migrate(exportOf());
    const [first, provider, , deployment, release] = moved?.deployment.resources ?? [];
    const deploymentUrn = urn(`shop:index:Shop$${plugin("Deployment")}`, "orders");
    const settings = { endpoint: "https://a", token: secret("v1:token"), version: VERSION };
    const name = `default_${VERSION.replaceAll(".", "_")}`;
    expect(provider).toEqual({
      urn: urn("pulumi:providers:sluice", name),
      type: "pulumi:providers:sluice",
      custom: true,
      id: "78e8d76e",
      inputs: settings,
      outputs: settings,
    });
    expect(deployment).toEqual({
      urn: deploymentUrn,
      type: plugin("Deployment"),
      custom: true,
      id: "1",
      inputs: { name: "orders", owner: "shop/prod/orders" },
      outputs: { name: "orders", owner: "shop/prod/orders", deploymentId: "1" },
      parent: component.urn,
      provider: `${urn("pulumi:providers:sluice", name)}::78e8d76e`,
      propertyDependencies: { name: [], owner: [] },
      protect: true,
    });
    expect(release).toMatchObject({
      urn: urn(plugin("Release"), "orders::of the shop"),
      inputs: { package: "a.zip", odd: { __provider: "stays" } },
      outputs: { secretFingerprints: secret("v1:print"), note: deploymentUrn },
      parent: deploymentUrn,
      dependencies: [deploymentUrn, stack.urn],
      propertyDependencies: { package: [deploymentUrn] },
      deletedWith: deploymentUrn,
      replaceWith: [deploymentUrn],
      aliases: [urn(plugin("Release"), "former")],
    });
    expect(first?.outputs).toMatchObject({ shop: { urn: deploymentUrn } });
    expect(error).toBe(
      "moved 2 resources to the plugin host; next: `pulumi stack import --file …` with what was written\n",
    );
  });

  it("leaves everything else as it is, byte for byte", async () => {
    const other = {
      urn: urn("aws:s3/bucket:Bucket", "files"),
      type: "aws:s3/bucket:Bucket",
      custom: true,
      id: "files",
      inputs: JSON.parse(
        '{"10": 1.5e21, "__proto__": {"a": null}, "text": "pulumi-nodejs:dynamic/sluice:Release"}',
      ) as Values,
      provider: `${urn("pulumi:providers:aws", "default")}::x`,
    };
    const given = exportOf(other);
    const { export: moved, out } = await migrate(given);
    const places = differences(given, moved);
    expect(places.filter((place) => !/^\/deployment\/resources\/[0134]\//.test(place))).toEqual([]);
    expect(places).not.toEqual([]);
    expect(out).toContain('"__proto__": {');
    expect(JSON.stringify(moved?.deployment.resources.at(-1))).toBe(JSON.stringify(other));
  });

  it("moves them back as they were, but for settings of other providers", async () => {
    const given = exportOf();
    const { export: there } = await migrate(given);
    // The engine adds this when it next writes the provider down.
    Object.assign(there?.deployment.resources[1]?.inputs ?? {}, { __internal: {} });
    const { export: back } = await migrate(there, "--to", "dynamic");
    expect(differences(given, back)).toEqual([
      "/deployment/resources/1/inputs/aws:region",
      "/deployment/resources/1/outputs/aws:region",
    ]);
  });

  it("keeps a dynamic provider that others need, and a plugin's provider that is there", async () => {
    const other = {
      urn: urn("pulumi-nodejs:dynamic:Resource", "own"),
      type: "pulumi-nodejs:dynamic:Resource",
      custom: true,
      id: "x",
      provider: `${nodejs.urn}::${nodejs.id}`,
    };
    const sluiceProvider = {
      urn: urn("pulumi:providers:sluice", `default_${VERSION.replaceAll(".", "_")}`),
      type: "pulumi:providers:sluice",
      custom: true,
      id: "own-id",
      inputs: { endpoint: "https://b" },
    };
    const { export: moved } = await migrate(exportOf(other, sluiceProvider));
    const entries = moved?.deployment.resources ?? [];
    expect(entries.map((entry) => entry.urn)).toEqual([
      stack.urn,
      nodejs.urn,
      sluiceProvider.urn,
      component.urn,
      urn(`shop:index:Shop$${plugin("Deployment")}`, "orders"),
      urn(plugin("Release"), "orders::of the shop"),
      other.urn,
    ]);
    expect(entries[2]).toEqual(sluiceProvider);
    expect(entries[4]?.provider).toBe(`${sluiceProvider.urn}::own-id`);
    expect(entries[6]).toEqual(other);
  });

  it("leaves parts of a release behind on the way to the dynamic host, which knows none", async () => {
    const { export: there } = await migrate(exportOf());
    const release = there?.deployment.resources.at(-1);
    Object.assign(release ?? {}, { refreshBeforeUpdate: true });
    there?.deployment.resources.push({
      urn: urn(`${plugin("Release")}$${plugin("Flow")}`, "Orders"),
      type: plugin("Flow"),
      custom: false,
      viewOf: release?.urn,
    });
    const { export: back } = await migrate(there, "--to", "dynamic");
    expect(back?.deployment.resources.map(({ type }) => type)).toEqual([
      stack.type,
      nodejs.type,
      component.type,
      dynamic("Deployment"),
      dynamic("Release"),
    ]);
    expect(back?.deployment.resources.at(-1)).not.toHaveProperty("refreshBeforeUpdate");
  });

  const explicit = `${urn("pulumi:providers:sluice", "second")}::y`;
  const another = (type: string, more: Values = {}) => ({
    urn: urn(type, "a"),
    type,
    custom: true,
    id: "9",
    ...more,
  });

  it.each<[string, () => unknown, string[], RegExp]>([
    ["text that is no JSON", () => "orders", [], /: not JSON: .*`pulumi stack export/],
    ["something else", () => ({ resources: [] }), [], /: not a stack export \(version: /],
    ["no object", () => "null", [], /: not a stack export/],
    [
      "a later format",
      () => ({ ...exportOf(), version: 5 }),
      [],
      /: the export has format 5, .*knows 3 and 4/,
    ],
    [
      "pending operations",
      () => {
        const given = exportOf();
        return { ...given, deployment: { ...given.deployment, pending_operations: [{ type: "creating" }] } };
      },
      [],
      /: the stack has 1 pending operations, .*`pulumi refresh`/,
    ],
    [
      "none of our resources",
      () => ({ version: 3, deployment: { resources: [stack] } }),
      [],
      /: nothing to move: the export holds no resource of Sluice on the dynamic host$/m,
    ],
    ["an empty stack", () => ({ version: 3, deployment: {} }), [], /: nothing to move/],
    [
      "what is there already",
      () => exportOf(),
      ["--to", "dynamic"],
      /: nothing to move: .*on the dynamic host already$/m,
    ],
    [
      "a provider of the program's own",
      () => ({
        version: 4,
        deployment: { resources: [another(plugin("Deployment"), { provider: explicit })] },
      }),
      ["--to", "dynamic"],
      /Deployment::a belongs to the provider .*::second::y, and only resources of default providers can be moved/,
    ],
    [
      "a type of the future",
      () => exportOf(another(dynamic("Dashboard"))),
      [],
      /Dashboard::a has a type .*upgrade Sluice/,
    ],
    [
      "a name that is taken there",
      () => exportOf(another(plugin("Release"), { urn: urn(plugin("Release"), "orders::of the shop") })),
      [],
      /cannot be moved: the stack has a urn:.*sluice:index:Release::orders::of the shop already/,
    ],
    [
      "a provider that is missing",
      () => {
        const given = exportOf();
        given.deployment.resources.splice(1, 1);
        return given;
      },
      [],
      /: the export lacks the provider .*; it is damaged/,
    ],
  ])("refuses %s, saying why, and writes nothing", async (_what, given, options, words) => {
    const { code, error, out } = await migrate(given(), ...options);
    expect(error).toMatch(words);
    expect(error).toMatch(/^error: nothing moved in .*export\.json: /);
    expect([code, out]).toEqual([2, ""]);
  });

  it("says of a file that is not there", async () => {
    const { code, error } = await sluice("migrate-state", join(folder, "nowhere.json"));
    expect([code, error]).toEqual([2, expect.stringMatching(/ENOENT.*nowhere\.json/)]);
  });
});
