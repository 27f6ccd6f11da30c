import { expect, it } from "vitest";
import { buildPackage } from "../../flow/source.js";
import type { RequestRecord } from "../../platform/index.js";
import { importByHand, makeConnection, makeDeployment } from "./by-hand.js";
import { startOperation } from "./lifecycle-of.js";
import { startProviderTest } from "./provider-test.js";
import type { ProviderTest, Values } from "./provider-test.js";

/** Of each type of resource. */
const COUNT = 200;
const PAGE = 100;
const TYPES = ["Connection", "Deployment", "ImportRules", "Release", "Schedule"] as const;
const OWNER = "shop/prod/one of many";

interface Known {
  type: (typeof TYPES)[number];
  id: string;
  state: Values;
  inputs: Values;
}

/** Runs actions a few at a time, as the engine does. */
async function forEach<T>(
  items: readonly T[],
  action: (item: T, index: number) => Promise<void>,
): Promise<void> {
  const rest = [...items.entries()];
  const work = async () => {
    for (let next = rest.shift(); next; next = rest.shift()) await action(next[1], next[0]);
  };
  await Promise.all(Array.from({ length: 8 }, work));
}

function pathsOf(requests: readonly RequestRecord[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { method, path } of requests) {
    const key = `${method} ${(path.split("?")[0] ?? "").replaceAll(/\/\d+/g, "/N")}`;
    counts[key] = (counts[key] ?? 0) + 1;
  }
  return counts;
}

async function seed(test: ProviderTest): Promise<void> {
  const source = await buildPackage("examples/quickstart/packages/orders-1.0.0");
  const twin = await makeConnection(test, "warehouse", "a7d6b1c0-0b52-11ef-8c55-0242ac120002");
  const { data: people } = await test.call<{ data: { id: number }[] }>("GET", "/v4/people");
  await forEach(Array.from({ length: COUNT - 1 }), async (_, at) => {
    const id = await makeConnection(test, `connection ${at}`);
    if (at % 2 === 0)
      await test.call("POST", `/v4/connections/${id}/permissions`, {
        data: [{ person: { id: people.at(-1)?.id }, role: "readOnly", policyTag: "connection_viewer" }],
      });
  });
  await forEach(Array.from({ length: COUNT }), async (_, at) => {
    const id = await makeDeployment(test, `deployment ${at}`);
    await test.call("PATCH", `/v4/deployments/${id}/objectImportRules`, [
      {
        tableName: "connections",
        onCondition: { name: "warehouse dev" },
        withCondition: { id: Number(twin) },
      },
    ]);
    await test.call("PATCH", `/v4/deployments/${id}/valueImportRules`, [
      { type: "s3Bucket", on: "acme-dev", with: `acme-${at}` },
    ]);
    await importByHand(test, id, source);
    await test.call("POST", "/v4/deploymentSchedules", {
      name: "nightly",
      deployment: { id: Number(id) },
      triggers: [{ timeBased: { daily: { hourOfDay: 2, minuteOfHour: 0 }, timezone: "UTC" } }],
    });
  });
}

/** Imports everything that the platform holds; the types come mixed. */
async function importAll(test: ProviderTest): Promise<Known[]> {
  const operation = startOperation(test);
  const known: Known[] = [];
  const lists = await Promise.all(
    TYPES.map(async (type) => {
      const objects = await operation.of(type).list({ owner: OWNER });
      return objects.map(({ id }) => ({ type, id }));
    }),
  );
  await forEach(lists.flat(), async ({ type, id }) => {
    const found = await operation.of(type).import(`id:${id}`, { owner: OWNER });
    if (found) known.push({ type, ...found });
  });
  return known.sort((a, b) => Number(a.id) - Number(b.id));
}

/** Refreshes all in one operation; says how many drifted, or are gone. */
async function refreshAll(test: ProviderTest, known: readonly Known[]): Promise<number> {
  const operation = startOperation(test);
  let drifted = 0;
  await forEach(known, async ({ type, id, state }) => {
    const found = await operation.of(type).read(id, state);
    if (found === undefined || found.drifted.length > 0) drifted += 1;
  });
  return drifted;
}

it("a thousand resources are imported, refreshed and previewed for their pages and a few requests", async () => {
  const test = await startProviderTest();
  await seed(test);
  const pages = TYPES.length * (COUNT / PAGE);

  // Lists are read to their last, empty, page here, and four of them a second time with what they embed.
  let known: Known[] = [];
  const imports = await test.requestsDuring(async () => (known = await importAll(test)));
  expect(known).toHaveLength(TYPES.length * COUNT);
  const { "GET /v4/releases/N/package": downloads, ...others } = pathsOf(imports);
  expect(downloads).toBe(COUNT);
  const sum = Object.values(others).reduce((a, b) => a + b, 0);
  expect(sum, JSON.stringify(others)).toBeLessThanOrEqual(2 * pages + 15);

  const refreshes = await test.requestsDuring(async () => expect(await refreshAll(test, known)).toBe(0));
  expect(refreshes.length, JSON.stringify(pathsOf(refreshes))).toBeLessThanOrEqual(pages + 10);

  const releases = known.filter(({ type }) => type === "Release");
  await forEach(releases, async ({ state }) => {
    await test.call("PATCH", `/v4/releases/${String(state.releaseId)}`, { active: false });
  });
  const drifts = await test.requestsDuring(async () => expect(await refreshAll(test, known)).toBe(COUNT));
  expect(drifts.length, JSON.stringify(pathsOf(drifts))).toBeLessThanOrEqual(pages + 10);

  const operation = startOperation(test);
  const stated = known.filter(({ type }) => type !== "Release" && type !== "ImportRules");
  const previews = await test.requestsDuring(() =>
    forEach(stated, async ({ type, state, inputs }) => {
      const life = operation.of(type);
      const checked = await life.check(inputs, inputs);
      expect(checked.failures).toEqual([]);
      expect(life.diff(state, checked.inputs).changes).toEqual([]);
    }),
  );
  expect(pathsOf(previews)).toEqual({});
}, 300_000);
