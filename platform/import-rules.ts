import type { ConnectionRule, ImportRules, ValueRule, ValueRuleType } from "../flow/rule-types.js";
import { validateRules } from "../flow/rule-problems.js";
import type { RuleUse } from "../flow/rules.js";
import type { JsonObject } from "../flow/model.js";
import type { Embeds } from "./embedding.js";
import { ValidationFailed } from "./errors.js";
import { groupBy } from "./group-by.js";
import type { PlatformSettings } from "./settings.js";
import type { Database } from "./store/database.js";

/** A rule for connections as the API has it. */
export interface ObjectRule {
  tableName: "connections";
  onCondition: { uuid?: string; id?: string | number; name?: string };
  withCondition: { id: string | number };
}

/** A rule for values as the API has it. */
export interface ValueRuleBody {
  type: string;
  on: string;
  with: string;
}

/** The object rules of a deployment, in the order of their application. */
export async function readObjectRules(database: Database, deploymentId: number): Promise<ObjectRule[]> {
  return (await loadObjectRules(database, [deploymentId])).get(deploymentId) ?? [];
}

/** The value rules of a deployment, in the order of their application. */
export async function readValueRules(database: Database, deploymentId: number): Promise<ValueRuleBody[]> {
  return (await loadValueRules(database, [deploymentId])).get(deploymentId) ?? [];
}

/** The embeds of deployments that hold their rules: an extension, for whoever reads the rules of many. */
export function embedImportRules(database: Database): Embeds<{ readonly id: number }> {
  const idsOf = (rows: readonly { readonly id: number }[]) => rows.map((row) => row.id);
  return {
    objectImportRules: {
      kind: "many",
      load: async (rows) => toJsonLists(await loadObjectRules(database, idsOf(rows))),
    },
    valueImportRules: {
      kind: "many",
      load: async (rows) => toJsonLists(await loadValueRules(database, idsOf(rows))),
    },
  };
}

function toJsonLists(rules: ReadonlyMap<number, readonly object[]>): Map<number, JsonObject[]> {
  return new Map([...rules].map(([id, list]) => [id, list.map((rule) => ({ ...rule }))]));
}

async function loadObjectRules(
  database: Database,
  deploymentIds: readonly number[],
): Promise<Map<number, ObjectRule[]>> {
  const rows = await database
    .selectFrom("objectImportRules")
    .select(["deploymentId", "tableName", "onCondition", "withCondition"])
    .where("deploymentId", "in", deploymentIds)
    .orderBy("position")
    .execute();
  return mapGroups(rows, (row) => ({
    tableName: row.tableName as ObjectRule["tableName"],
    onCondition: JSON.parse(row.onCondition) as ObjectRule["onCondition"],
    withCondition: JSON.parse(row.withCondition) as ObjectRule["withCondition"],
  }));
}

async function loadValueRules(
  database: Database,
  deploymentIds: readonly number[],
): Promise<Map<number, ValueRuleBody[]>> {
  const rows = await database
    .selectFrom("valueImportRules")
    .select(["deploymentId", "type", "on", "with"])
    .where("deploymentId", "in", deploymentIds)
    .orderBy("position")
    .execute();
  return mapGroups(rows, ({ deploymentId: _deploymentId, ...rule }) => rule);
}

function mapGroups<Row extends { deploymentId: number }, Rule>(
  rows: readonly Row[],
  toRule: (row: Row) => Rule,
): Map<number, Rule[]> {
  const groups = groupBy(rows, (row) => row.deploymentId);
  return new Map([...groups].map(([id, group]) => [id, group.map(toRule)]));
}

/** Both lists of a deployment's rules. */
export interface StoredRules {
  readonly object: readonly ObjectRule[];
  readonly value: readonly ValueRuleBody[];
}

/** All rules of a deployment. */
export async function readImportRules(database: Database, deploymentId: number): Promise<StoredRules> {
  return {
    object: await readObjectRules(database, deploymentId),
    value: await readValueRules(database, deploymentId),
  };
}

/** Stored rules as `applyRules` takes them. */
export function toImportRules({ object, value }: StoredRules): ImportRules {
  return { connections: object.map(toConnectionRule), values: value.map(toValueRule) };
}

/** Puts these object rules in the place of those that a deployment has. */
export async function writeObjectRules(
  database: Database,
  deploymentId: number,
  rules: readonly ObjectRule[],
) {
  await database.deleteFrom("objectImportRules").where("deploymentId", "=", deploymentId).execute();
  if (rules.length === 0) return;
  await database
    .insertInto("objectImportRules")
    .values(
      rules.map((rule, position) => ({
        deploymentId,
        position,
        tableName: rule.tableName,
        onCondition: JSON.stringify(rule.onCondition),
        withCondition: JSON.stringify(rule.withCondition),
      })),
    )
    .execute();
}

/** Puts these value rules in the place of those that a deployment has. */
export async function writeValueRules(
  database: Database,
  deploymentId: number,
  rules: readonly ValueRuleBody[],
) {
  await database.deleteFrom("valueImportRules").where("deploymentId", "=", deploymentId).execute();
  if (rules.length === 0) return;
  await database
    .insertInto("valueImportRules")
    .values(
      rules.map((rule, position) => ({
        deploymentId,
        position,
        type: rule.type,
        on: rule.on,
        with: rule.with,
      })),
    )
    .execute();
}

/**
 * What a PATCH makes of the rules in force. The product's page says that it deletes "all previous rules applied to the
 * same object", which can be read in two ways: the setting chooses. New rules go behind those that stay.
 */
export function mergeRules<Rule>(
  mode: PlatformSettings["importRules"],
  present: readonly Rule[],
  given: readonly Rule[],
  keyOf: (rule: Rule) => string,
): { deleted: Rule[]; inForce: Rule[] } {
  if (mode === "replace-list") return { deleted: [...present], inForce: [...given] };
  const keys = new Set(given.map(keyOf));
  return {
    deleted: present.filter((rule) => keys.has(keyOf(rule))),
    inForce: [...present.filter((rule) => !keys.has(keyOf(rule))), ...given],
  };
}

/** Two object rules are about the same object when their conditions are the same. */
export function objectRuleKey({ tableName, onCondition }: ObjectRule): string {
  const { uuid, id, name } = onCondition;
  return JSON.stringify([tableName, uuid ?? null, id === undefined ? null : String(id), name ?? null]);
}

/** Two value rules are about the same values when their type and pattern are the same. */
export function valueRuleKey({ type, on }: ValueRuleBody): string {
  return JSON.stringify([type, on]);
}

/** Throws `ValidationFailed` with every problem of the rules, also targets that do not exist in the environment. */
export async function checkObjectRules(
  database: Database,
  environmentId: number,
  rules: readonly ObjectRule[],
): Promise<void> {
  const problems = toProblems({ connections: rules.map(toConnectionRule), values: [] }, "connections");
  const local = await database
    .selectFrom("connections")
    .select("id")
    .where("environmentId", "=", environmentId)
    .execute();
  const ids = new Set(local.map((row) => row.id));
  rules.forEach(({ withCondition }, index) => {
    if (ids.has(Number(withCondition.id))) return;
    problems.push(
      `rules[${index}].withCondition.id: connection ${withCondition.id} does not exist in this environment; create it first`,
    );
  });
  if (problems.length > 0) throw new ValidationFailed(problems);
}

/** Throws `ValidationFailed` with every problem of the rules: unknown types, bad patterns. */
export function checkValueRules(rules: readonly ValueRuleBody[]): void {
  const problems = toProblems({ connections: [], values: rules.map(toValueRule) }, "values");
  if (problems.length > 0) throw new ValidationFailed(problems);
}

function toProblems(rules: ImportRules, list: "connections" | "values"): string[] {
  return validateRules(rules).map(({ path, message }) => `${toBodyPath(path, list)}: ${message}`);
}

/** The place in the request's body of a place in `ImportRules`. */
function toBodyPath(path: string, list: "connections" | "values"): string {
  const place = path.replace(list, "rules");
  return list === "values"
    ? place
    : place.replace("].on", "].onCondition").replace(/\]\.with$/, "].withCondition.id");
}

function toConnectionRule({ onCondition, withCondition }: ObjectRule): ConnectionRule {
  const { id, ...on } = onCondition;
  return { on: id === undefined ? on : { ...on, id: String(id) }, with: Number(withCondition.id) };
}

/** The type is checked by `validateRules`, not by the compiler. */
function toValueRule({ type, on, with: replacement }: ValueRuleBody): ValueRule {
  return { type: type as ValueRuleType, on, with: replacement };
}

/** The `importRuleChanges` member of an import answer: per rule that matched, what it changed. */
export function toImportRuleChanges(rules: StoredRules, uses: readonly RuleUse[]) {
  const changes = (kind: RuleUse["kind"], list: readonly (ObjectRule | ValueRuleBody)[]) =>
    uses.flatMap((use) => {
      const rule = list[use.index];
      return use.kind !== kind || use.matches.length === 0 || !rule ? [] : [{ rule, changes: use.matches }];
    });
  return { object: changes("connection", rules.object), value: changes("value", rules.value) };
}
