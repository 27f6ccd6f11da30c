import type { FaultyTest } from "./platform-slots.js";

/** What an object gets by itself, and would be another one in another run. */
const OWN = /^(id|uuid|createdAt|updatedAt|creator|updater|lastRun|flowId|packageUuid|tokenId|.*Id)$/;

const LISTS = [
  "connections",
  "deployments",
  "releases",
  "flows",
  "schedules",
  "deploymentSchedules",
] as const;

/**
 * Everything that an environment holds, without what differs from run to run. Two runs that come to the same have equal
 * contents; an object that was made twice is there twice.
 */
export async function contentsOf(test: FaultyTest): Promise<unknown> {
  const lists: Record<string, unknown> = {};
  for (const name of LISTS) lists[name] = await listOf(test, `/v4/${name}`);
  const { data } = await test.call<{ data: { id: number }[] }>("GET", "/v4/deployments?limit=100");
  const rules = data.map(async ({ id }) => [
    await listOf(test, `/v4/deployments/${id}/objectImportRules`),
    await listOf(test, `/v4/deployments/${id}/valueImportRules`),
  ]);
  return { ...lists, rules: await Promise.all(rules) };
}

async function listOf(test: FaultyTest, path: string): Promise<unknown> {
  const { data } = await test.call<{ data: unknown[] }>("GET", `${path}?limit=100`);
  // Rules have an order that counts, and no ids.
  const rows = data.map(withoutOwn);
  return path.endsWith("Rules") ? rows : rows.map((row) => JSON.stringify(row)).sort();
}

/** A value without what an object gets by itself. */
export function withoutOwn(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutOwn);
  if (typeof value === "string") return value.replace(/ flow=\d+/, "");
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, member]) =>
      OWN.test(name) ? [] : [[name, withoutOwn(member)] as const],
    ),
  );
}
