import type { Origin } from "./relation.js";

/** How a date is written and read: Java-style letters, as the product writes formats (`dd/MM/yyyy`). */
export interface DateStyle {
  /** The form in which results are written. */
  readonly shown: string;
  /** Set when a time of day that is not midnight is written behind it: nothing is known of the form. */
  readonly addsTime?: true;
  /** Set when what a second is divided into is written behind it, unless it is nothing: the database's own time stamps. */
  readonly addsFraction?: true;
  /** Forms that a text may have, tried in order; empty: the usual forms, see `USUAL_DATE_FORMATS`. */
  readonly read: readonly string[];
}

/** What a text stands for, when that is known. A text that does not fit keeps its characters and counts as mismatched. */
export type Meaning =
  | { readonly kind: "integer" }
  | { readonly kind: "float" }
  | { readonly kind: "boolean" }
  | { readonly kind: "datetime"; readonly style: DateStyle }
  | { readonly kind: "array" }
  | { readonly kind: "map" }
  | { readonly kind: "text" };

/** The type of an expression's result, as the query holds it. */
export type ValueType =
  | { readonly kind: "text"; readonly means?: Meaning }
  | { readonly kind: "integer" }
  | { readonly kind: "float" }
  | { readonly kind: "boolean" }
  | { readonly kind: "datetime"; readonly style: DateStyle }
  | { readonly kind: "array"; readonly of: ValueType }
  /** An object as JSON. */
  | { readonly kind: "map" }
  /** One JSON value of any kind, as elements of arrays are. */
  | { readonly kind: "json" }
  | { readonly kind: "null" };

/** An expression of the query. */
export interface Value {
  readonly sql: string;
  readonly type: ValueType;
  /** Set when `sql` is an operator expression that needs parentheses inside another. */
  readonly isOpen?: boolean;
  /** The literal's value, when the expression is one. */
  readonly literal?: string | number | boolean | null;
  /** The column that the expression is, and nothing more. */
  readonly column?: ColumnUse;
}

/** A column as an expression names it. */
export interface ColumnUse {
  readonly origin: Origin;
  /** `l.` or nothing. */
  readonly qualifier: string;
}

export const TEXT: ValueType = { kind: "text" };
export const INTEGER: ValueType = { kind: "integer" };
export const FLOAT: ValueType = { kind: "float" };
export const BOOLEAN: ValueType = { kind: "boolean" };
export const MAP: ValueType = { kind: "map" };
export const JSON_VALUE: ValueType = { kind: "json" };
export const NULL_TYPE: ValueType = { kind: "null" };
export const TEXTS: ValueType = { kind: "array", of: TEXT };

/** Dates without a time of day, as the product writes them unless something else is known. */
export const ISO_DATE: DateStyle = { shown: "yyyy-MM-dd", read: [] };
export const UNKNOWN_DATE: DateStyle = { ...ISO_DATE, addsTime: true };
export const ISO_DATETIME: DateStyle = { shown: "yyyy-MM-dd HH:mm:ss", read: [] };

/** Time stamps of a database, with all that they hold. */
export const WHOLE_DATETIME: DateStyle = { ...ISO_DATETIME, addsFraction: true };

/** A result in the given style. */
export function datetime(style: DateStyle): ValueType {
  return { kind: "datetime", style };
}

/** The SQL of a value as the operand of another operator. */
export function operand(value: Value): string {
  return value.isOpen === true ? `(${value.sql})` : value.sql;
}

/** A result that needs no parentheses. */
export function closed(sql: string, type: ValueType): Value {
  return { sql, type };
}

/** A result that is an operator expression. */
export function open(sql: string, type: ValueType): Value {
  return { sql, type, isOpen: true };
}

/** Whether the value is a number, or a text that is known to mean one. */
export function isNumeric({ type }: Value): boolean {
  const kind = type.kind === "text" ? type.means?.kind : type.kind;
  return kind === "integer" || kind === "float";
}

/** Whether the value is a date, or a text that is known to mean one. */
export function isDate({ type }: Value): boolean {
  return (type.kind === "text" ? type.means?.kind : type.kind) === "datetime";
}
