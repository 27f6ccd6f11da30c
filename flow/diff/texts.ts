import type { Graph } from "../graph.js";
import { isHidden } from "../language/print.js";
import type { ConnectionStub, Webhook } from "../model.js";
import {
  describeDataset,
  describeFileOutput,
  describeScript,
  describeTableOutput,
  type ConnectionNames,
} from "../places.js";
import { showDefault } from "../template.js";
import { byOwner, type OutputHead, type TableName, type Tables, type TableValues } from "./tables.js";

/** One of the two packages, with what is needed to name and describe its objects. */
export interface DescribedSide {
  readonly tables: Tables;
  readonly graph: Graph;
  readonly connections: ConnectionNames;
  /** Flow id → the name that tells it apart. */
  readonly flowNames: ReadonlyMap<number, string>;
}

/** The members that an object's own line tells of. */
const TOLD: { readonly [Name in TableName]?: readonly string[] } = {
  datasets: [
    "kind",
    "type",
    "location",
    "pathTemplate",
    "parameters",
    "connectionId",
    "path",
    "table",
    "query",
  ],
  files: ["path", "parameters", "format", "action", "compression"],
  tables: ["path", "table", "parameters", "targetType", "action", "connectionId"],
  parameters: ["value"],
  overrides: ["value"],
  connections: ["uuid", "vendor", "type", "name"],
  webhooks: ["triggerEvent", "method"],
};

/** Members whose values may be credentials: that they changed is said, never what they are. */
const SECRET_MEMBERS: ReadonlySet<string> = new Set(["headers", "secretKey", "body", "url", "userinfo"]);

/** An object on one line, or undefined for an object that is its name and members. */
export function describeLine<Name extends TableName>(
  table: Name,
  value: TableValues[Name],
  side: DescribedSide,
): string | undefined {
  switch (table) {
    case "datasets":
      return describeDataset(value as TableValues["datasets"], side.connections);
    case "files":
      return describeFileOutput(value as TableValues["files"]);
    case "tables":
      return describeTableOutput(value as TableValues["tables"], side.connections);
    case "parameters":
    case "overrides":
      return showDefault((value as TableValues["parameters"]).value);
    case "connections":
      return describeConnection(value as TableValues["connections"]);
    case "webhooks":
      return describeWebhook(value as TableValues["webhooks"]);
    default:
      return undefined;
  }
}

function describeConnection({ name, vendor, type, uuid }: ConnectionStub): string {
  return `${name}: ${vendor ?? type} ${uuid}`;
}

/** The receiver's host only: the rest of a URL may hold a token. */
function describeWebhook(webhook: Webhook): string {
  const receiver = URL.canParse(webhook.url) ? new URL(webhook.url).host : "an address that is no URL";
  return `${webhook.triggerEvent}: ${webhook.method} to ${receiver}`;
}

/** The named members of an object before and after, as text: its line where that tells of them, else one line each. */
export function describeMembers<Name extends TableName>(
  table: Name,
  names: readonly string[],
  before: { readonly value: TableValues[Name]; readonly side: DescribedSide },
  after: { readonly value: TableValues[Name]; readonly side: DescribedSide },
): { readonly before: string[]; readonly after: string[] } {
  const lines = [
    describeLine(table, before.value, before.side),
    describeLine(table, after.value, after.side),
  ] as const;
  const isTold = lines[0] !== lines[1] && lines[0] !== undefined && lines[1] !== undefined;
  const told: readonly string[] = (isTold ? TOLD[table] : undefined) ?? [];
  const result = { before: isTold ? [lines[0]] : [], after: isTold ? [lines[1]] : [] };
  for (const name of names) {
    if (told.includes(name)) continue;
    result.before.push(`${name}: ${showMember(name, before.value, before.side)}`);
    result.after.push(
      SECRET_MEMBERS.has(name)
        ? `${name}: changed, not shown`
        : `${name}: ${showMember(name, after.value, after.side)}`,
    );
  }
  return result;
}

function showMember(name: string, value: object, side: DescribedSide): string {
  const member = (value as Record<string, unknown>)[name];
  if (SECRET_MEMBERS.has(name)) return member === null || member === "" ? "none" : "not shown";
  if (member === undefined || member === null || member === "") return "none";
  if (name === "connectionId") return side.connections.get(member as number) ?? "none";
  if (name === "nodeIds") {
    return (member as number[]).map((id) => side.graph.nodes.get(id)?.name ?? "?").join(", ");
  }
  if (name === "sourceReferenceId") return nameReference(member as number, side);
  return typeof member === "string" ? member : JSON.stringify(member);
}

function nameReference(id: number, { tables, flowNames }: DescribedSide): string {
  const row = tables.references.get(id);
  return row === undefined ? "none" : `${flowNames.get(row.owner) ?? "?"} / ${row.value.name}`;
}

/** An output as lines: one for each target. */
export function describeOutput(output: OutputHead, side: DescribedSide): string[] {
  const { tables, connections } = side;
  return [
    ...byOwner(tables.files, output.id).map(({ value }) => describeFileOutput(value)),
    ...byOwner(tables.tables, output.id).map(({ value }) => describeTableOutput(value, connections)),
    ...output.sqlScripts.map((script) => describeScript(script, connections)),
  ];
}

/** What a flow holds, as counts on one line. */
export function countParts({ tables }: DescribedSide, flow: number): string {
  const wrangled = byOwner(tables.nodes, flow).filter(({ value }) => value.isWrangled);
  const steps = wrangled.flatMap(({ value }) => tables.recipes.get(value.recipeId)?.value.steps ?? []);
  const parts = [
    count(wrangled.length, "recipe"),
    count(steps.filter((step) => !isHidden(step)).length, "step"),
    count(byOwner(tables.datasets, flow).length, "dataset"),
    count(byOwner(tables.outputs, flow).length, "output"),
  ];
  return parts.join(", ");
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}
