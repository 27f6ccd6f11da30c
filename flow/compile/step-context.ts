import { elementsOf, columnOf, tableOf, textOf, textsOf } from "../language/nodes.js";
import { printExpression } from "../language/print.js";
import { suggestWord } from "../language/nearest-word.js";
import type { JsonObject, Task } from "../model.js";
import type { Coercion } from "./coerce.js";
import { CompileError, UnknownName, UnsupportedStep, type CompilePlace } from "./compile-error.js";
import type { CompileOptions } from "./compiled-query.js";
import type { Dialect } from "./dialect.js";
import { compileExpression } from "./expression.js";
import { compareValues } from "./functions/comparison.js";
import type { Origin, QueryPlan, Relation } from "./relation.js";
import { Scope, type Grouping } from "./scope.js";
import {
  columnValue,
  findColumn,
  uniqueColumnName,
  type NewColumn,
  type Table,
  type TableColumn,
} from "./table.js";
import type { Value } from "./value.js";

/** What a step changes of a table's columns. Columns are named by their place in the table. */
export interface ColumnChange {
  readonly drop?: ReadonlySet<TableColumn>;
  readonly rename?: ReadonlyMap<TableColumn, string>;
  readonly replace?: ReadonlyMap<TableColumn, Value>;
  /** New columns; each list stands behind the column of its key, or in front of all. */
  readonly add?: readonly (NewColumn & { readonly behind: TableColumn | undefined })[];
}

/** An item of a relation that lists its columns. */
export interface ListItem {
  readonly name: string;
  readonly sql: string;
  readonly type: TableColumn["type"];
  /** Set when the item is an input's column as it is. */
  readonly handedOn?: { readonly qualifier: string; readonly from: Origin };
}

/** One step with what its recipe has built before it: reads the parameters, adds relations. */
export class StepContext {
  readonly dialect: Dialect;

  constructor(
    readonly plan: QueryPlan,
    readonly coerce: Coercion,
    readonly place: CompilePlace,
    readonly task: Task,
    readonly table: Table,
    readonly options: CompileOptions,
    /** Name for relations of this step. */
    readonly relationName: string,
    /** The texts of this step and of those before it that made no relation. */
    readonly comments: readonly string[],
    /** The table of a side input by the name of its Load. */
    readonly sideTable: (name: string) => Table | undefined,
    private readonly parameter: (name: string) => string | undefined,
  ) {
    this.dialect = plan.dialect;
  }

  /** Stops the compilation because of what the step says. */
  fail(reason: string): never {
    throw new CompileError(this.place, reason);
  }

  /** Stops the compilation because the step is of a form that is not known. */
  unsupported(reason: string): never {
    throw new UnsupportedStep(this.place, reason);
  }

  /** Stops when the step has parameters that its definition does not know: they could change what it means. */
  allow(...names: readonly string[]): void {
    const other = Object.keys(this.task.parameters).filter((name) => !names.includes(name));
    if (other.length > 0) this.unsupported(`the parameter ${other.join(", ")} is not supported`);
  }

  node(name: string): JsonObject | undefined {
    return this.task.parameters[name];
  }

  required(name: string): JsonObject {
    return this.node(name) ?? this.fail(`the parameter ${name} is missing`);
  }

  text(name: string): string | undefined {
    const node = this.node(name);
    if (node === undefined) return undefined;
    const text = textOf(node);
    if (text !== undefined) return text;
    const { literal } = this.value(node);
    return typeof literal === "string" ? literal : this.fail(`the parameter ${name} must be a fixed text`);
  }

  texts(name: string): string[] | undefined {
    const node = this.node(name);
    if (node === undefined) return undefined;
    const text = textOf(node);
    return text === undefined
      ? (textsOf(node) ?? this.fail(`the parameter ${name} must be a list of texts`))
      : [text];
  }

  integer(name: string): number | undefined {
    const value = this.node(name)?.["value"];
    if (value === undefined) return undefined;
    return typeof value === "number" && Number.isSafeInteger(value)
      ? value
      : this.fail(`the parameter ${name} must be a whole number`);
  }

  integers(name: string): number[] {
    const node = this.node(name);
    if (node === undefined) return [];
    return (elementsOf(node) ?? [node]).map(({ value }) =>
      typeof value === "number" && Number.isSafeInteger(value)
        ? value
        : this.fail(`the parameter ${name} must be whole numbers`),
    );
  }

  /** Whether two values are the same, as `==` decides. */
  equal(lhs: Value, rhs: Value): Value {
    return compareValues(this, lhs, rhs, "=");
  }

  boolean(name: string): boolean {
    return this.node(name)?.["value"] === true;
  }

  /** A list of pairs. */
  pairs(name: string): (readonly [JsonObject, JsonObject])[] {
    return (elementsOf(this.required(name)) ?? []).map((row) => {
      const [first, second] = elementsOf(row) ?? [];
      if (first === undefined || second === undefined)
        return this.fail(`"${printExpression(row)}" is no pair`);
      return [first, second] as const;
    });
  }

  /** A bundle's or enumerable's word. */
  word(name: string): string | undefined {
    const value = this.node(name)?.["value"];
    return typeof value === "string" ? value : undefined;
  }

  /** The columns that a parameter lists: names, `*`, ranges. Throws UnknownName. */
  columns(name: string): TableColumn[] {
    const node = this.node(name);
    if (node === undefined) return [];
    const columns = (elementsOf(node) ?? [node]).flatMap((element) => this.columnsIn(element));
    return [...new Set(columns)];
  }

  /** The one column of a parameter. Throws UnknownName. */
  column(name: string): TableColumn {
    const node = this.required(name);
    const [column, ...others] = this.columnsIn(elementsOf(node)?.[0] ?? node);
    if (column === undefined || others.length > 0)
      return this.fail(`the parameter ${name} must be one column`);
    return column;
  }

  findColumn(name: string, table = this.table): TableColumn {
    const column = findColumn(table.columns, name);
    if (column !== undefined) return column;
    const hint = suggestWord(
      name,
      table.columns.map((one) => one.name),
    );
    throw new UnknownName(this.place, `there is no column "${name}"${hint}`);
  }

  /** The side table that a parameter names, with the name of its Load. */
  side(name: string): { readonly name: string; readonly table: Table } {
    const tableName = tableOf(this.required(name)) ?? this.fail(`the parameter ${name} must be a table`);
    const table = this.sideTable(tableName);
    if (table === undefined) throw new UnknownName(this.place, `the recipe loads no table "${tableName}"`);
    return { name: tableName, table };
  }

  /** The side tables that a parameter names, one or a list. */
  sides(name: string): { readonly name: string; readonly table: Table }[] {
    const node = this.node(name);
    return (node === undefined ? [] : (elementsOf(node) ?? [node])).map((one) => {
      const tableName = tableOf(one) ?? printExpression(one);
      const table = this.sideTable(tableName);
      if (table === undefined) throw new UnknownName(this.place, `the recipe loads no table "${tableName}"`);
      return { name: tableName, table };
    });
  }

  /** What names mean in this step's expressions. */
  scope(grouping?: Grouping, table: Table = this.table): Scope {
    return new Scope(this.plan, this.coerce, this.place, { table, qualifier: "" }, this.parameter, grouping);
  }

  /** Names of two tables: the current one, and the side table. */
  sideScope(
    left: { table: Table; qualifier: string },
    right: { table: Table; qualifier: string; name: string },
  ): Scope {
    return new Scope(this.plan, this.coerce, this.place, left, this.parameter, { kind: "table" }, right);
  }

  value(node: JsonObject, scope = this.scope()): Value {
    return compileExpression(node, scope);
  }

  columnValue(column: TableColumn, qualifier = ""): Value {
    return columnValue(this.plan, column, qualifier);
  }

  /** The right-most column that any of the expressions mentions. */
  lastMentioned(nodes: readonly (JsonObject | undefined)[]): TableColumn | undefined {
    const mentioned = new Set<TableColumn>();
    const visit = (value: unknown): void => {
      if (Array.isArray(value)) return value.forEach(visit);
      if (typeof value !== "object" || value === null) return;
      const node = value as JsonObject;
      if (node["kind"] === "column") {
        for (const column of this.columnsIn(node)) mentioned.add(column);
      } else Object.values(node).forEach(visit);
    };
    nodes.forEach(visit);
    return this.table.columns.filter((column) => mentioned.has(column)).at(-1);
  }

  /** A table with columns changed, as one relation. Names of new columns must be free. */
  change(change: ColumnChange, options: { table?: Table; where?: string; movesRows?: boolean } = {}): Table {
    const table = options.table ?? this.table;
    const kept = table.columns.filter((column) => change.drop?.has(column) !== true);
    if (kept.length + (change.add?.length ?? 0) === 0) this.fail("no column would be left");
    const stays = (column: TableColumn): boolean => change.rename?.has(column) !== true;
    const taken = new Set(kept.filter(stays).map(({ field }) => this.dialect.foldName(field)));
    const fieldFor = (name: string): string => {
      const field = this.plan.field(name, taken);
      taken.add(this.dialect.foldName(field));
      return field;
    };
    const replaced = kept.filter((column) => change.replace?.has(column) === true);
    const renamed = kept
      .filter((column) => !stays(column))
      .map((column) => ({ column, field: fieldFor(change.rename?.get(column) ?? column.name) }));
    const added = (change.add ?? []).map((one) => ({ ...one, field: fieldFor(one.name) }));
    const relation = this.plan.addStar(this.relationName, this.comments, table.relation, {
      drop: [...(change.drop ?? [])].map(({ field }) => field),
      rename: renamed
        .filter(({ column, field }) => column.field !== field)
        .map(({ column, field }) => ({ from: column.field, to: field })),
      replace: replaced.map((column) => ({
        field: column.field,
        sql: change.replace?.get(column)?.sql ?? "",
      })),
      add: added.map(({ field, value }) => ({ field, sql: value.sql })),
      ...(options.where === undefined ? {} : { where: options.where }),
    });
    const newColumns = (behind: TableColumn | undefined): TableColumn[] =>
      added
        .filter((one) => one.behind === behind)
        .map(({ name, field, value }) => ({ name, field, type: value.type, origin: { relation, field } }));
    const columns = table.columns.flatMap((column) => {
      const value = change.replace?.get(column);
      const field = renamed.find((one) => one.column === column)?.field ?? column.field;
      const name = change.rename?.get(column) ?? column.name;
      const own =
        value === undefined
          ? { ...column, name, field }
          : { name, field, type: value.type, origin: { relation, field } };
      return [...(kept.includes(column) ? [own] : []), ...newColumns(column)];
    });
    return {
      ...table,
      relation,
      columns: [...newColumns(undefined), ...columns],
      isInOrder: table.isInOrder && options.movesRows !== true,
    };
  }

  /** The table with the columns that an expression needs before it; the same table when there are none. */
  withLifted({ lifted }: Scope): Table {
    if (lifted.length === 0) return this.table;
    const relation = this.plan.addStar(`${this.relationName} (before)`, [], this.table.relation, {
      add: lifted,
    });
    return { ...this.table, relation };
  }

  /** A relation that lists its columns; `write` gets the list, hidden items included. */
  list(
    items: readonly ListItem[],
    write: (list: string) => string,
  ): { relation: Relation; columns: TableColumn[] } {
    const taken = new Set<string>();
    const fields = items.map(({ name }) => {
      const field = this.plan.field(name, taken);
      taken.add(this.dialect.foldName(field));
      return field;
    });
    const text = items.map(({ sql }, index) => this.alias(sql, fields[index] ?? "")).join(", ");
    const relation = this.plan.add(this.relationName, this.comments, (self) =>
      write(text + self.extraItems(this.dialect)),
    );
    const columns = items.map(({ name, type, handedOn }, index) => {
      const field = fields[index] ?? name;
      return {
        name,
        field,
        type,
        origin: { relation, field, ...(handedOn === undefined ? {} : { handedOn }) },
      };
    });
    return { relation, columns };
  }

  /** `sql AS "field"`, or the field alone where it is called so already. */
  alias(sql: string, field: string): string {
    const quoted = this.dialect.quoteName(field);
    return sql === quoted || (sql.endsWith(`.${quoted}`) && sql.length === quoted.length + 2)
      ? sql
      : `${sql} AS ${quoted}`;
  }

  /** An input's column handed on as it is. */
  handOn(column: TableColumn, name = column.name, qualifier = ""): ListItem {
    const { sql, type } = this.columnValue(column, qualifier);
    return {
      name,
      sql,
      type,
      handedOn: { qualifier, from: { ...column.origin, field: column.origin.field } },
    };
  }

  /** A name that no column of the table has yet. */
  freeName(name: string, columns: readonly TableColumn[] = this.table.columns): string {
    return uniqueColumnName(
      name,
      columns.map((column) => column.name),
    );
  }

  /** The columns that a node names. */
  columnsIn(node: JsonObject): TableColumn[] {
    const name = columnOf(node);
    if (name !== undefined) return [this.findColumn(name)];
    const { kind, type, value } = node;
    const { columns } = this.table;
    if (kind === "column" && type === "Wildcard") return [...columns];
    if (kind === "column" && type === "ColumnRange" && Array.isArray(value)) {
      const [first, last] = value.map((one) =>
        typeof one === "string" ? columns.indexOf(this.findColumn(one)) : -1,
      );
      if (first !== undefined && last !== undefined)
        return columns.slice(Math.min(first, last), Math.max(first, last) + 1);
    }
    return this.fail(`"${printExpression(node)}" is no column`);
  }
}
