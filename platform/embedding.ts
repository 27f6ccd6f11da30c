import type { JsonObject, JsonValue } from "../flow/model.js";
import { ValidationFailed } from "./errors.js";

/** One association asked for with `embed`, with its own options: `flowNodes(limit=1,fields=id,sort=-id)`. */
export interface EmbedRequest {
  readonly name: string;
  /** Null: all. */
  readonly limit: number | null;
  readonly offset: number;
  readonly sort: string | null;
  readonly fields: readonly string[] | null;
  readonly filter: string | null;
}

/** How to load an association for many rows at once, by the rows' ids. */
export type Embed<Row> =
  | {
      readonly kind: "one";
      readonly load: (rows: readonly Row[]) => Promise<ReadonlyMap<number, JsonObject | null>>;
    }
  | {
      readonly kind: "many";
      readonly load: (rows: readonly Row[]) => Promise<ReadonlyMap<number, readonly JsonObject[]>>;
    };

/** The associations of a kind of object, by the name under which they are answered. */
export type Embeds<Row> = Readonly<Record<string, Embed<Row>>>;

/** Checks an `embed` parameter; names match whatever their case. Throws the documented `ValidationFailed`. */
export function parseEmbed(
  text: string | undefined,
  plural: string,
  valid: readonly string[],
): EmbedRequest[] {
  return splitOutsideParentheses(text ?? "").map((part) => {
    const match = /^\s*([^()\s]+)\s*(?:\((.*)\))?\s*$/.exec(part);
    const name = valid.find((known) => known.toLowerCase() === match?.[1]?.toLowerCase());
    if (!match || name === undefined) {
      throw new ValidationFailed(
        `No association ${match?.[1] ?? part} in ${plural}! Valid associations are ${valid.join(", ")}`,
      );
    }
    return toRequest(name, match[2] ?? "");
  });
}

/**
 * Adds the associations to `objects` (the API objects of `rows`, in the same order): lists enveloped in `data`.
 */
export async function embedInto<Row extends { id: number }>(
  embeds: Embeds<Row>,
  requests: readonly EmbedRequest[],
  rows: readonly Row[],
  objects: readonly JsonObject[],
): Promise<void> {
  for (const request of requests) {
    const embed = embeds[request.name];
    if (!embed || rows.length === 0) continue;
    if (embed.kind === "one") {
      const found = await embed.load(rows);
      rows.forEach((row, index) => {
        const object = found.get(row.id) ?? null;
        setMember(objects[index], request.name, object && selectFields(object, request.fields));
      });
    } else {
      const found = await embed.load(rows);
      rows.forEach((row, index) => {
        setMember(objects[index], request.name, { data: selectObjects(found.get(row.id) ?? [], request) });
      });
    }
  }
}

/** The named members of an object, and always its id. */
export function pickFields(object: JsonObject, fields: readonly string[]): JsonObject {
  const wanted = new Set(["id", ...fields]);
  return Object.fromEntries(Object.entries(object).filter(([name]) => wanted.has(name)));
}

function setMember(object: JsonObject | undefined, name: string, value: JsonValue): void {
  if (object) object[name] = value;
}

function selectFields(object: JsonObject, fields: readonly string[] | null): JsonObject {
  return fields === null ? object : pickFields(object, fields);
}

function selectObjects(objects: readonly JsonObject[], request: EmbedRequest): JsonObject[] {
  const text = request.filter?.toLowerCase();
  const matching = text
    ? objects.filter((object) => toText(object["name"]).toLowerCase().includes(text))
    : objects;
  const sorted = request.sort === null ? matching : sortObjects(matching, request.sort);
  const end = request.limit === null ? undefined : request.offset + request.limit;
  return sorted.slice(request.offset, end).map((object) => selectFields(object, request.fields));
}

function sortObjects(objects: readonly JsonObject[], sort: string): JsonObject[] {
  const isDescending = sort.startsWith("-");
  const field = isDescending ? sort.slice(1) : sort;
  const sorted = [...objects].sort((left, right) => compareValues(left[field], right[field]));
  return isDescending ? sorted.reverse() : sorted;
}

function compareValues(left: JsonValue | undefined, right: JsonValue | undefined): number {
  if (typeof left === "number" && typeof right === "number") return left - right;
  const [a, b] = [toText(left), toText(right)];
  return a < b ? -1 : a > b ? 1 : 0;
}

function toText(value: JsonValue | undefined): string {
  if (value === null || value === undefined) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}

function splitOutsideParentheses(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let part = "";
  for (const character of text) {
    if (character === "(") depth += 1;
    if (character === ")") depth -= 1;
    if (character === "," && depth === 0) {
      parts.push(part);
      part = "";
    } else part += character;
  }
  return [...parts, part].filter((piece) => piece.trim() !== "");
}

function toRequest(name: string, options: string): EmbedRequest {
  const values = new Map<string, string>();
  for (const option of options.split(",")) {
    if (option.trim() === "") continue;
    const [key, value] = [
      option.slice(0, option.indexOf("=")).trim(),
      option.slice(option.indexOf("=") + 1).trim(),
    ];
    if (!["limit", "offset", "sort", "fields", "filter"].includes(key)) {
      throw new ValidationFailed(
        `embed ${name}: "${option.trim()}" is no option; valid are limit, offset, sort, fields and filter, as in ${name}(limit=1)`,
      );
    }
    values.set(key, value);
  }
  return {
    name,
    limit: toCount(name, "limit", values.get("limit")),
    offset: toCount(name, "offset", values.get("offset")) ?? 0,
    sort: values.get("sort") ?? null,
    fields: values.get("fields")?.split(";") ?? null,
    filter: values.get("filter") ?? null,
  };
}

function toCount(name: string, option: string, text: string | undefined): number | null {
  if (text === undefined) return null;
  if (!/^\d{1,9}$/.test(text))
    throw new ValidationFailed(`embed ${name}: ${option} must be a whole number, not "${text}"`);
  return Number(text);
}
