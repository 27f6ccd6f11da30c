import type { CompilePlace } from "./compile-error.js";
import { UnknownName, UnsupportedFunction } from "./compile-error.js";
import { suggestWord } from "../language/nearest-word.js";
import type { Coercion } from "./coerce.js";
import type { HiddenColumn, QueryPlan } from "./relation.js";
import { columnValue, findColumn, type Table, type TableColumn } from "./table.js";
import { closed, INTEGER, TEXT, type Value, type ValueType } from "./value.js";

/** How aggregates and window functions inside an expression run. */
export type Grouping =
  /** Over the whole table, beside each row. */
  | { readonly kind: "table" }
  /** Over the rows of the same group, beside each row; window functions in an order. */
  | { readonly kind: "window"; readonly partition: readonly string[]; readonly order: readonly string[] }
  /** One result for each group; `filter` chooses among its rows. */
  | { readonly kind: "group"; readonly keys: readonly TableColumn[]; readonly filter?: string };

/** A table that expressions may name. */
export interface ScopeTable {
  readonly table: Table;
  /** `l.` or nothing. */
  readonly qualifier: string;
}

/** What the names in an expression mean, and how its aggregates run. */
export class Scope {
  /** Columns that have to be computed in a relation of their own before the expression. */
  readonly lifted: { readonly field: string; readonly sql: string }[] = [];
  /** Set when the expression looked at several rows, which no condition may. */
  usedWindow = false;
  /** How often functions looked at several rows so far. */
  lookCount = 0;
  /** Columns that were named outside aggregates; see `ungrouped`. */
  readonly bareColumns: TableColumn[] = [];
  /** How often functions were used whose result is another one each time. */
  chanceCount = 0;
  /** Set when rows may stand in any order after the expression. */
  movesRows = false;

  constructor(
    readonly plan: QueryPlan,
    readonly coerce: Coercion,
    readonly place: CompilePlace,
    private readonly current: ScopeTable,
    private readonly parameter: (name: string) => string | undefined,
    readonly grouping: Grouping = { kind: "table" },
    /** The side table, by the name that the recipe's Load gave it. */
    private readonly side?: ScopeTable & { readonly name: string },
    /** The value of `$col`. */
    private readonly cell?: Value,
  ) {}

  /** The same names with another way of grouping. */
  grouped(grouping: Grouping): Scope {
    return new Scope(
      this.plan,
      this.coerce,
      this.place,
      this.current,
      this.parameter,
      grouping,
      this.side,
      this.cell,
    );
  }

  /** The same names with `$col` as a cell. */
  withCell(cell: Value): Scope {
    return new Scope(
      this.plan,
      this.coerce,
      this.place,
      this.current,
      this.parameter,
      this.grouping,
      this.side,
      cell,
    );
  }

  /** The column of a name; `relation` names its table where a step sees two. Throws UnknownName. */
  column(name: string, relation: string | null): Value {
    const from = relation !== null && relation === this.side?.name ? this.side : this.current;
    const { columns } = from.table;
    const column = findColumn(columns, name);
    if (column === undefined) {
      const hint = suggestWord(
        name,
        columns.map((one) => one.name),
      );
      throw new UnknownName(this.place, `there is no column "${name}"${hint}`);
    }
    this.bareColumns.push(column);
    const value = columnValue(this.plan, column, from.qualifier);
    const { grouping } = this;
    if (grouping.kind !== "group" || !grouping.keys.includes(column)) return value;
    // Read in place: a reading that steps share is a column of its own, and not one of the group's.
    return { sql: value.sql, type: value.type };
  }

  /** A column that an expression names outside aggregates though a group has several values of it. */
  get ungrouped(): TableColumn | undefined {
    const { grouping } = this;
    if (grouping.kind !== "group") return undefined;
    return this.bareColumns.find((column) => !grouping.keys.includes(column));
  }

  /** A parameter of the flow or the run, or `$col`. Throws UnknownName. */
  variable(name: string): Value {
    if (name === "col" && this.cell !== undefined) return this.cell;
    const text = this.parameter(name);
    if (text === undefined)
      throw new UnknownName(this.place, `there is no parameter "${name}"; give it a value`);
    return this.coerce.text(text);
  }

  /** The number of a row in its source. */
  rowNumber(): Value {
    const { rowNumber } = this.current.table;
    if (rowNumber !== undefined && this.plan.movesRows(rowNumber)) this.movesRows = true;
    return closed(
      this.hidden(this.current.table.rowNumber, "SourceRowNumber", "row number in a source"),
      INTEGER,
    );
  }

  /** The path of a row's file. */
  filePath(): Value {
    return closed(this.hidden(this.current.table.filePath, "FilePath", "file"), TEXT);
  }

  /** By what rows stand in their order, or nothing when they have none. */
  rowOrder(): string[] {
    return (this.current.table.order ?? []).map((key) => this.hidden(key, "", ""));
  }

  /** An aggregate as this grouping runs it; `condition` chooses among the rows. */
  aggregate(sql: string, type: ValueType, condition?: string): Value {
    const { grouping } = this;
    this.lookCount += 1;
    const conditions = [condition, grouping.kind === "group" ? grouping.filter : undefined].filter(
      (one) => one !== undefined,
    );
    const [first] = conditions;
    const filter =
      first === undefined
        ? ""
        : ` FILTER (WHERE ${conditions.length === 1 ? first : conditions.map((one) => `(${one})`).join(" AND ")})`;
    if (grouping.kind === "group") return closed(sql + filter, type);
    this.usedWindow = this.movesRows = true;
    const over = grouping.kind === "window" ? partitionBy(grouping.partition) : "";
    return closed(`${sql}${filter} OVER (${over})`, type);
  }

  /** The name of a column that is computed before the expression. */
  lift(sql: string): string {
    const field = this.plan.freeField(`before ${this.place.step}`);
    this.lifted.push({ field, sql });
    return this.plan.dialect.quoteName(field);
  }

  /** A window function; `frame` is the part of its rows, in SQL. */
  window(functionName: string, sql: string, type: ValueType, frame = ""): Value {
    const { grouping } = this;
    if (grouping.kind === "group") {
      throw new UnsupportedFunction(
        this.place,
        functionName,
        `${functionName} needs rows in an order, and a group has none`,
      );
    }
    this.lookCount += 1;
    this.usedWindow = this.movesRows = true;
    const partition = grouping.kind === "window" ? partitionBy(grouping.partition) : "";
    const wanted = grouping.kind === "window" ? grouping.order : [];
    const order = wanted.length > 0 ? wanted : this.rowOrder();
    const parts = [partition, order.length === 0 ? "" : `ORDER BY ${order.join(", ")}`, frame];
    return closed(`${sql} OVER (${parts.filter((part) => part !== "").join(" ")})`, type);
  }

  private hidden(column: HiddenColumn | undefined, functionName: string, what: string): string {
    if (column === undefined) {
      throw new UnsupportedFunction(
        this.place,
        functionName,
        `${functionName} has no value here: rows no longer have a ${what}`,
      );
    }
    return this.current.qualifier + this.plan.dialect.quoteName(this.plan.hidden(column));
  }
}

function partitionBy(partition: readonly string[]): string {
  return partition.length === 0 ? "" : `PARTITION BY ${partition.join(", ")}`;
}
