import { sql, type SelectQueryBuilder } from "kysely";
import type { JsonObject } from "../flow/model.js";
import { embedInto, parseEmbed, pickFields, type EmbedRequest, type Embeds } from "./embedding.js";
import { ValidationFailed } from "./errors.js";

/** Rows of a page when the request names no limit. */
const DEFAULT_LIMIT = 25;

const FILTER_TYPES = ["fuzzy", "contains", "exact", "exactIgnoreCase"] as const;
type FilterType = (typeof FILTER_TYPES)[number];

/** How the objects of one kind are listed and read. */
export interface Collection<Row extends { id: number }> {
  /** Plural name as in the path; stands in messages. */
  readonly name: string;
  /** API field → column, for `sort` and `filterFields`. */
  readonly columns: Readonly<Record<string, string>>;
  /** Field and direction when the request names none; newest first unless said otherwise. */
  readonly defaultSort?: string;
  /** Field that `filter` looks at when the request names none; `name` unless said otherwise. */
  readonly defaultFilterField?: string;
  readonly embeds: Embeds<Row>;
  /** Embeds that every answer has, asked for or not. */
  readonly always?: readonly string[];
  /** The API's object of one row. */
  readonly toObject: (row: Row) => JsonObject;
}

/** The query parameters that all lists share, checked. */
export interface ListOptions {
  /** Null: no limit. */
  readonly limit: number | null;
  readonly offset: number;
  readonly sort: readonly { readonly column: string; readonly isDescending: boolean }[];
  readonly filter: {
    readonly text: string;
    readonly columns: readonly string[];
    readonly type: FilterType;
  } | null;
  readonly fields: readonly string[] | null;
  readonly embed: readonly EmbedRequest[];
  readonly includeCount: boolean;
  readonly includeDeleted: boolean;
}

/** Raw query of a list or read request, as `listQuerySchema` allows it. */
export type ListQuery = Readonly<Partial<Record<string, string>>>;

/** Schema of the shared query parameters. They are text on the wire; what they mean is checked in `parseListOptions`. */
export const listQuerySchema = {
  type: "object",
  properties: {
    limit: { type: "string", description: `Rows to answer at most; ${DEFAULT_LIMIT} when not given` },
    offset: { type: "string", description: "Rows to skip" },
    noLimit: { type: "string", description: "true: answer all rows" },
    sort: { type: "string", description: "Field to sort by; a leading - sorts downwards" },
    filter: { type: "string", description: "Text to look for in filterFields" },
    filterFields: {
      type: "string",
      description: "Fields that filter looks at, by comma; name when not given",
    },
    filterType: { type: "string", description: `${FILTER_TYPES.join(", ")}; fuzzy when not given` },
    fields: { type: "string", description: "Fields to answer, by semicolon" },
    embed: { type: "string", description: "Associations to answer with each object, by comma" },
    includeCount: { type: "string", description: "true: add count, the number of rows over all pages" },
    includeDeleted: { type: "string", description: "true: softly deleted objects too" },
  },
} as const;

/** Schema of the query parameters of a read of one object. */
export const readQuerySchema = {
  type: "object",
  properties: {
    fields: listQuerySchema.properties.fields,
    embed: listQuerySchema.properties.embed,
    includeDeleted: listQuerySchema.properties.includeDeleted,
    limit: { type: "string", description: "Rows of each embedded list to answer at most" },
    offset: { type: "string", description: "Rows of each embedded list to skip" },
  },
} as const;

/** Checks the query of a request; throws `ValidationFailed` that names the parameter and what it may be. */
export function parseListOptions<Row extends { id: number }>(
  collection: Collection<Row>,
  query: ListQuery,
): ListOptions {
  const sort = (query["sort"] ?? collection.defaultSort ?? "-id").split(",").filter((part) => part !== "");
  return {
    limit: query["noLimit"] === "true" ? null : parseCount(query["limit"], "limit", DEFAULT_LIMIT),
    offset: parseCount(query["offset"], "offset", 0),
    sort: sort.map((part) => toSort(collection, part)),
    filter: toFilter(collection, query),
    fields: query["fields"] ? query["fields"].split(/[;,]/) : null,
    embed: parseEmbed(query["embed"], collection.name, Object.keys(collection.embeds)),
    includeCount: query["includeCount"] === "true",
    includeDeleted: query["includeDeleted"] === "true",
  };
}

/**
 * Answers a list: `query` must select whole rows of the collection that the caller may see, without order or limit.
 */
export async function answerList<DB, TB extends keyof DB, Row extends { id: number }>(
  collection: Collection<Row>,
  options: ListOptions,
  query: SelectQueryBuilder<DB, TB, Row>,
): Promise<{ data: JsonObject[]; count?: number }> {
  const filtered = filterRows(query, options);
  const rows = await pageRows(filtered, options).execute();
  const data = await toObjects(collection, rows as Row[], options);
  return options.includeCount ? { data, count: await countRows(filtered) } : { data };
}

/** Answers `GET …/count`. */
export async function answerCount<DB, TB extends keyof DB, Row extends { id: number }>(
  options: ListOptions,
  query: SelectQueryBuilder<DB, TB, Row>,
): Promise<{ count: number }> {
  return { count: await countRows(filterRows(query, options)) };
}

/** Answers one row with its embeds and fields; `limit` and `offset` of the query act on embedded lists. */
export async function answerOne<Row extends { id: number }>(
  collection: Collection<Row>,
  query: ListQuery,
  row: Row,
): Promise<JsonObject> {
  const options = parseListOptions(collection, query);
  const embed = options.embed.map((request) => ({
    ...request,
    limit: request.limit ?? (query["limit"] === undefined ? null : options.limit),
    offset: request.offset === 0 ? options.offset : request.offset,
  }));
  const [object] = await toObjects(collection, [row], { ...options, embed });
  return object ?? {};
}

async function toObjects<Row extends { id: number }>(
  collection: Collection<Row>,
  rows: readonly Row[],
  options: Pick<ListOptions, "embed" | "fields">,
): Promise<JsonObject[]> {
  const objects = rows.map((row) => collection.toObject(row));
  const asked = options.embed.map((request) => request.name);
  const added = (collection.always ?? []).filter((name) => !asked.includes(name));
  const requests = [...options.embed, ...parseEmbed(added.join(","), collection.name, added)];
  await embedInto(collection.embeds, requests, rows, objects);
  if (options.fields === null) return objects;
  return objects.map((object) => pickFields(object, [...(options.fields ?? []), ...asked]));
}

function filterRows<DB, TB extends keyof DB, Row>(
  query: SelectQueryBuilder<DB, TB, Row>,
  { filter }: ListOptions,
): SelectQueryBuilder<DB, TB, Row> {
  if (filter === null) return query;
  const conditions = filter.columns.map((column) => toCondition(column, filter.text, filter.type));
  return query.where(sql<boolean>`(${sql.join(conditions, sql` or `)})`);
}

// lower() folds ASCII letters only: a search for É does not find é.
function toCondition(column: string, text: string, type: FilterType) {
  const value = sql`cast(${sql.ref(column)} as text)`;
  switch (type) {
    case "exact":
      return sql<boolean>`${value} = ${text}`;
    case "exactIgnoreCase":
      return sql<boolean>`lower(${value}) = lower(${text})`;
    case "contains":
      return sql<boolean>`instr(lower(${value}), lower(${text})) > 0`;
    case "fuzzy": {
      const words = text.split(/\s+/).filter((word) => word !== "");
      const found = words.map((word) => sql<boolean>`instr(lower(${value}), lower(${word})) > 0`);
      return found.length === 0 ? sql<boolean>`1 = 1` : sql<boolean>`(${sql.join(found, sql` and `)})`;
    }
  }
}

function pageRows<DB, TB extends keyof DB, Row>(
  query: SelectQueryBuilder<DB, TB, Row>,
  options: ListOptions,
) {
  let paged = query;
  for (const { column, isDescending } of options.sort) {
    paged = paged.orderBy(sql.ref(column), isDescending ? "desc" : "asc");
  }
  if (options.limit !== null) return paged.limit(options.limit).offset(options.offset);
  // SQLite has no offset without a limit.
  return options.offset === 0 ? paged : paged.limit(Number.MAX_SAFE_INTEGER).offset(options.offset);
}

async function countRows<DB, TB extends keyof DB, Row>(
  query: SelectQueryBuilder<DB, TB, Row>,
): Promise<number> {
  const row = await query
    .clearSelect()
    .select(sql<number>`count(*)`.as("count"))
    .executeTakeFirstOrThrow();
  return (row as { count: number }).count;
}

function parseCount(text: string | undefined, name: string, absent: number): number {
  if (text === undefined) return absent;
  if (!/^\d{1,9}$/.test(text))
    throw new ValidationFailed(`${name} must be a whole number of 0 or more, not "${text}"`);
  return Number(text);
}

function toSort<Row extends { id: number }>(collection: Collection<Row>, part: string) {
  const isDescending = part.startsWith("-");
  return { column: toColumn(collection, isDescending ? part.slice(1) : part, "sort"), isDescending };
}

function toFilter<Row extends { id: number }>(
  collection: Collection<Row>,
  query: ListQuery,
): ListOptions["filter"] {
  const type = FILTER_TYPES.find((known) => known === (query["filterType"] ?? "fuzzy"));
  if (!type) throw new ValidationFailed(`filterType must be one of ${FILTER_TYPES.join(", ")}`);
  const fields = (query["filterFields"] ?? collection.defaultFilterField ?? "name").split(/[;,]/);
  if (query["filter"] === undefined || query["filter"] === "") return null;
  return {
    text: query["filter"],
    columns: fields.map((field) => toColumn(collection, field, "filterFields")),
    type,
  };
}

function toColumn<Row extends { id: number }>(
  collection: Collection<Row>,
  field: string,
  parameter: string,
): string {
  const column = Object.hasOwn(collection.columns, field) ? collection.columns[field] : undefined;
  if (column !== undefined) return column;
  throw new ValidationFailed(
    `${parameter}: ${collection.name} have no field "${field}" to use here; valid are ${Object.keys(collection.columns).join(", ")}`,
  );
}
