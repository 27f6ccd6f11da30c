import { z } from "zod";
import type { ImportRules } from "../../flow/index.js";
import { matcherKind } from "../../flow/value-matcher.js";
import type { Client } from "../client/client.js";
import { RouteNotFound } from "../client/errors.js";
import { canonical, isEqual } from "../framework/canonical.js";
import { readEmbedding } from "./platform-features.js";
import type { RuleSet } from "./rule-set.js";

const objectRule = z.object({
  tableName: z.string(),
  onCondition: z.record(z.string(), z.union([z.string(), z.number()])),
  withCondition: z.object({ id: z.union([z.int(), z.string()]) }),
});
const valueRule = z.object({ type: z.string(), on: z.string(), with: z.string() });
const objectRules = z.object({ data: z.array(objectRule) });
const valueRules = z.object({ data: z.array(valueRule) });

/** Deployments with their rules; the embedded platform has them, the product's pages do not show them. */
const embeddedRules = z.object({ objectImportRules: objectRules, valueImportRules: valueRules });
const EMBEDS = Object.keys(embeddedRules.shape);

type ConnectionRule = RuleSet["connections"][number];
type ValueRule = RuleSet["values"][number];

/** What a regular expression or pattern rule gets as replacement so that it changes nothing. */
const WHOLE_MATCH = "$0";

/** The rules in the form of the flow package library. */
export function toImportRules(rules: RuleSet): ImportRules {
  return {
    connections: rules.connections.map((rule) => ({ on: toCondition(rule.on), with: Number(rule.with) })),
    values: rules.values,
  };
}

/**
 * The rules that a deployment holds, without those in `kept` and without those that do nothing and are not
 * `expected`; undefined when the platform does not tell.
 */
export async function readRules(
  client: Client,
  deploymentId: string,
  expected: RuleSet,
  kept: readonly string[] = [],
): Promise<RuleSet | undefined> {
  return ownRules(await readAll(client, deploymentId), expected, kept);
}

/** The same for one of many deployments: at a platform that embeds rules it costs pages, and no request for each. */
export async function readRulesOfMany(
  client: Client,
  deploymentId: string,
  expected: RuleSet,
  kept: readonly string[] = [],
): Promise<RuleSet | undefined> {
  const embedding = await readEmbedding(client, "/v4/deployments", deploymentId, EMBEDS, embeddedRules);
  const rules = embedding
    ? toRuleSet(embedding.objectImportRules, embedding.valueImportRules)
    : await readAll(client, deploymentId);
  return ownRules(rules, expected, kept);
}

function ownRules(
  rules: RuleSet | undefined,
  expected: RuleSet,
  kept: readonly string[],
): RuleSet | undefined {
  return (
    rules && {
      connections: rules.connections.filter((rule) => !kept.includes(describe(rule))),
      values: rules.values.filter(
        (rule) => !isNeutral(rule) || expected.values.some((other) => isEqual(other, rule)),
      ),
    }
  );
}

/** Sends both lists. The platform may replace the whole list, or only rules with the same key. */
export async function writeRules(client: Client, deploymentId: string, rules: RuleSet): Promise<void> {
  await client.patch(
    `/v4/deployments/${deploymentId}/objectImportRules`,
    rules.connections.map((rule) => ({
      tableName: "connections",
      onCondition: rule.on,
      withCondition: { id: Number(rule.with) },
    })),
    z.unknown(),
  );
  await client.patch(`/v4/deployments/${deploymentId}/valueImportRules`, rules.values, z.unknown());
}

/**
 * Takes the effect from rules that a platform which replaces by key still holds: a value rule is
 * overwritten by one that changes nothing. Connection rules cannot be; they are returned, described.
 */
export async function neutralise(client: Client, deploymentId: string, wanted: RuleSet): Promise<string[]> {
  const present = await readAll(client, deploymentId);
  if (present === undefined) return [];
  const stale = present.values.filter(
    (rule) => !isNeutral(rule) && !wanted.values.some((other) => canonical(other) === canonical(rule)),
  );
  if (stale.length > 0) {
    const neutral = stale.map((rule) => ({
      ...rule,
      with: matcherKind(rule.on) === "literal" ? rule.on : WHOLE_MATCH,
    }));
    const path = `/v4/deployments/${deploymentId}/valueImportRules`;
    await client.patch(path, [...neutral, ...wanted.values], z.unknown());
  }
  const kept = present.connections.filter(
    (rule) => !wanted.connections.some((other) => canonical(other) === canonical(rule)),
  );
  return kept.map(describe);
}

async function readAll(client: Client, deploymentId: string): Promise<RuleSet | undefined> {
  try {
    const base = `/v4/deployments/${deploymentId}`;
    const objects = await client.get(`${base}/objectImportRules`, objectRules);
    const values = await client.get(`${base}/valueImportRules`, valueRules);
    return toRuleSet(objects, values);
  } catch (error) {
    // Reading rules is not documented for every platform version.
    if (error instanceof RouteNotFound) return undefined;
    throw error;
  }
}

function toRuleSet(objects: z.output<typeof objectRules>, values: z.output<typeof valueRules>): RuleSet {
  return {
    connections: objects.data.map((rule) => ({
      on: Object.fromEntries(Object.entries(rule.onCondition).map(([key, value]) => [key, String(value)])),
      with: String(rule.withCondition.id),
    })),
    values: values.data.map((rule) => ({ ...rule, type: rule.type as ValueRule["type"] })),
  };
}

function toCondition(on: ConnectionRule["on"]): ImportRules["connections"][number]["on"] {
  return {
    ...(on.uuid !== undefined && { uuid: on.uuid }),
    ...(on.id !== undefined && { id: on.id }),
    ...(on.name !== undefined && { name: on.name }),
  };
}

function isNeutral(rule: ValueRule): boolean {
  return matcherKind(rule.on) === "literal" ? rule.with === rule.on : rule.with === WHOLE_MATCH;
}

function describe(rule: ConnectionRule): string {
  return `${canonical(rule.on)} → connection ${rule.with}`;
}
