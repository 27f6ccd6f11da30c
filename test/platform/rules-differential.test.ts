import { expect, test } from "vitest";
import { isSameContent } from "../../flow/digest.js";
import type { FlowPackage } from "../../flow/model.js";
import { readPackage } from "../../flow/read.js";
import { VALUE_RULE_TYPES, type ImportRules, type ValueRuleType } from "../../flow/rule-types.js";
import { applyRules } from "../../flow/rules.js";
import { writePackage } from "../../flow/write.js";
import { createRandom, randomPackage } from "../flow/random-package.js";
import { smallPackage, WAREHOUSE_UUID } from "../flow/small-package.js";
import { startTestPlatform, TOKEN, type TestPlatform } from "./platform-fixture.js";

type Random = () => number;

function draw<T>(list: readonly T[], random: Random): T {
  const drawn = list[Math.floor(random() * list.length)];
  if (drawn === undefined) throw new Error("nothing to draw from");
  return drawn;
}

/** Every value that rules of a type are for, in the order of the package. */
function valuesOf({ flows }: FlowPackage, type: ValueRuleType): string[] {
  const datasets = flows.flatMap((flow) => flow.datasets);
  const locations = datasets.flatMap((dataset) => (dataset.kind === "file" ? [dataset.location] : []));
  const sources = datasets.flatMap((dataset) => (dataset.kind === "table" ? [dataset] : []));
  const outputs = flows.flatMap((flow) => flow.outputs);
  const paths = outputs.flatMap((output) => output.files.map(({ path }) => path));
  const targets = outputs.flatMap((output) => output.tables);
  const lists: Record<ValueRuleType, (string | null)[]> = {
    s3Bucket: [...locations.map(({ bucket }) => bucket), ...paths],
    fileLocation: [...locations.map(({ path }) => path), ...paths],
    dbTableName: [...sources.map(({ table }) => table), ...targets.map(({ table }) => table)],
    dbPath: [...sources, ...targets].flatMap(({ path }) => path),
    host: [...locations.map(({ host }) => host), ...paths],
    userinfo: locations.map(({ userinfo }) => userinfo),
  };
  return lists[type].filter((value) => value !== null && value !== "").map(String);
}

const escapeRegex = (text: string) => text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");

/** Rules made of pieces of the package's own values, so that many match, several one value, and some none. */
function randomRules(pkg: FlowPackage, random: Random, targetIds: readonly number[]): ImportRules {
  const values = Array.from({ length: Math.floor(random() * 7) }, () => {
    const type = draw(VALUE_RULE_TYPES, random);
    const known = valuesOf(pkg, type);
    const value = known.length === 0 ? "nothing" : draw(known, random);
    const start = Math.floor(random() * value.length);
    const piece = value.slice(start, start + 1 + Math.floor(random() * 5));
    const forms: { readonly on: string; readonly with: string }[] = [
      { on: piece.startsWith("/") || piece.startsWith("`") ? `x${piece}` : piece, with: "literal" },
      { on: `/${escapeRegex(piece)}/`, with: "/folder" },
      { on: "/([a-z])([a-z]*)/", with: "$2-$1" },
      { on: "/^(.*)$/", with: "pre_$1$$" },
      { on: "`{alpha}+`", with: "word" },
      { on: "`({start}{any})`", with: "[$1]" },
      { on: "/no such text/", with: "x" },
    ];
    return { type, ...draw(forms, random) };
  });
  const connections = pkg.connections
    .filter(() => random() < 0.5)
    .map(({ uuid, id }) => ({
      on: random() < 0.5 ? { uuid } : { id: String(id) },
      with: draw(targetIds, random),
    }));
  return { connections, values };
}

async function importUnder(
  platform: TestPlatform,
  name: string,
  pkg: FlowPackage,
  rules: ImportRules,
): Promise<FlowPackage> {
  const { body } = await platform.call("POST", "/v4/deployments", { name });
  const deployment = `/v4/deployments/${String(body.id)}`;
  const objects = rules.connections.map((rule) => ({
    tableName: "connections",
    onCondition: rule.on,
    withCondition: { id: rule.with },
  }));
  for (const [list, all] of [
    ["objectImportRules", objects],
    ["valueImportRules", rules.values],
  ] as const) {
    expect(await platform.call("PATCH", `${deployment}/${list}`, all)).toMatchObject({ status: 200 });
  }
  const release = await platform.upload(`${deployment}/releases`, await writePackage(pkg));
  expect(release).toMatchObject({ status: 201 });
  const flowId = String((release.body as { primaryFlowIds: number[] }).primaryFlowIds[0]);
  const exported = await fetch(`${platform.endpoint("dev")}/v4/flows/${flowId}/package`, {
    headers: { authorization: `Bearer ${TOKEN}` },
  });
  expect(exported.status).toBe(200);
  return readPackage(new Uint8Array(await exported.arrayBuffer()));
}

/** Connections of the environment: a twin of every connection that the packages use, and three that rules point to. */
async function createConnections(platform: TestPlatform): Promise<number[]> {
  const create = async (name: string, uuid?: string) => {
    const { status, body } = await platform.call("POST", "/v4/connections", {
      uuid,
      name,
      vendor: "postgres",
      vendorName: "postgres",
      type: "jdbc",
      params: {},
      credentialType: "noAuth",
    });
    expect(status).toBe(201);
    return (body as { id: number }).id;
  };
  const twins = [0, 1, 2].map((index) => `${String(index)}0000000-7daa-11e9-b9eb-0fd11bed75ab`);
  for (const uuid of [WAREHOUSE_UUID, ...twins]) await create(`twin ${uuid}`, uuid);
  return [await create("target 1"), await create("target 2"), await create("target 3")];
}

/** One primary flow: the export of a flow holds no other. */
function packageOf(seed: number): FlowPackage {
  if (seed % 4 === 0) return smallPackage(seed);
  const pkg = randomPackage(seed);
  const flows = pkg.flows.slice(0, 1);
  return { ...pkg, flows, metadata: { ...pkg.metadata, primaryFlowIds: flows.map(({ id }) => id) } };
}

test("rules applied offline give what the platform stores when it imports under them", async () => {
  const platform = await startTestPlatform({ settings: { importRules: "replace-list" } });
  const targetIds = await createConnections(platform);
  let changed = 0;
  for (let seed = 1; seed <= 60; seed += 1) {
    const pkg = packageOf(seed);
    const rules = randomRules(pkg, createRandom(seed * 31), targetIds);
    const ruled = applyRules(pkg, rules);
    const stored = await importUnder(platform, `seed ${String(seed)}`, pkg, rules);

    const where = `seed ${String(seed)}, rules ${JSON.stringify(rules)}`;
    for (const type of VALUE_RULE_TYPES) {
      expect(valuesOf(stored, type).sort(), `${type} of ${where}`).toEqual(
        valuesOf(ruled.package, type).sort(),
      );
    }
    expect(isSameContent(ruled, stored), where).toBe(true);
    if (!isSameContent(applyRules(pkg, { connections: [], values: [] }), stored)) changed += 1;
  }
  // Rules that change nothing would show nothing.
  expect(changed).toBeGreaterThan(20);
});
