import { USUAL_DATE_FORMATS } from "./date-format.js";
import type { Dialect } from "./dialect.js";
import type { QueryPlan } from "./relation.js";
import {
  BOOLEAN,
  closed,
  FLOAT,
  INTEGER,
  ISO_DATE,
  isDate,
  JSON_VALUE,
  MAP,
  NULL_TYPE,
  open,
  operand,
  TEXT,
  UNKNOWN_DATE,
  type DateStyle,
  type Value,
  type ValueType,
} from "./value.js";

/** Turns values of one type into another. What does not fit becomes null; a null stays one. */
export class Coercion {
  private readonly dialect: Dialect;

  constructor(private readonly plan: QueryPlan) {
    this.dialect = plan.dialect;
  }

  /** A text literal. */
  text(value: string): Value {
    return { ...closed(this.dialect.text(value), TEXT), literal: value };
  }

  /** A number literal. */
  number(value: number): Value {
    const type = Number.isSafeInteger(value) ? INTEGER : FLOAT;
    return { sql: this.dialect.number(value), type, literal: value, isOpen: value < 0 };
  }

  /** The null that fits everywhere. */
  get null(): Value {
    return { sql: "NULL", type: NULL_TYPE, literal: null };
  }

  /** As the product would write it. */
  toText(value: Value): Value {
    const { dialect } = this;
    switch (value.type.kind) {
      case "text":
        return value;
      case "null":
        return closed(`CAST(NULL AS ${dialect.typeName(TEXT)})`, TEXT);
      case "integer":
        if (typeof value.literal === "number") return this.text(String(value.literal));
        return closed(`CAST(${value.sql} AS ${dialect.typeName(TEXT)})`, TEXT);
      case "boolean":
        return closed(`CAST(${value.sql} AS ${dialect.typeName(TEXT)})`, TEXT);
      case "float":
        if (typeof value.literal === "number") return this.text(String(value.literal));
        return closed(dialect.call("numberToText", operand(value)), TEXT);
      case "datetime":
        return closed(this.dateToText(value.sql, value.type.style), TEXT);
      case "array":
        return closed(dialect.call("arrayToText", this.withShortNumbers(value)), {
          kind: "text",
          means: { kind: "array" },
        });
      case "map":
        return closed(`CAST(${value.sql} AS ${dialect.typeName(TEXT)})`, {
          kind: "text",
          means: { kind: "map" },
        });
      case "json":
        return closed(dialect.call("jsonToText", value.sql), TEXT);
    }
  }

  /** A number: an integer stays one, as does a text that means integers. */
  toNumber(value: Value): Value {
    switch (value.type.kind) {
      case "integer":
      case "float":
        return value;
      case "null":
        return closed(`CAST(NULL AS ${this.dialect.typeName(FLOAT)})`, FLOAT);
      case "boolean":
        return closed(`CAST(${value.sql} AS ${this.dialect.typeName(INTEGER)})`, INTEGER);
      case "text":
        if (typeof value.literal === "string") return this.literalNumber(value.literal);
        return value.type.means?.kind === "integer"
          ? closed(
              this.read(value, "integer", (sql) => this.dialect.call("textToInteger", sql)),
              INTEGER,
            )
          : closed(
              this.read(value, "number", (sql) => this.dialect.call("textToNumber", sql)),
              FLOAT,
            );
      case "json":
        return this.toNumber(this.toText(value));
      case "datetime":
      case "array":
      case "map":
        return closed(`CAST(NULL AS ${this.dialect.typeName(FLOAT)})`, FLOAT);
    }
  }

  /** A whole number; fractions are cut off. */
  toInteger(value: Value): Value {
    if (value.type.kind === "integer") return value;
    if (typeof value.literal === "number") return this.number(Math.trunc(value.literal));
    const number = this.toNumber(value);
    if (number.type.kind === "integer") return number;
    return closed(`TRY_CAST(trunc(${number.sql}) AS ${this.dialect.typeName(INTEGER)})`, INTEGER);
  }

  /** A truth value. */
  toBoolean(value: Value): Value {
    switch (value.type.kind) {
      case "boolean":
        return value;
      case "integer":
      case "float":
        return open(`${operand(value)} <> 0`, BOOLEAN);
      case "null":
        return closed(`CAST(NULL AS ${this.dialect.typeName(BOOLEAN)})`, BOOLEAN);
      case "text":
      case "json":
      case "datetime":
      case "array":
      case "map":
        return closed(this.dialect.call("textToBoolean", operand(this.toText(value))), BOOLEAN);
    }
  }

  /** A time stamp, in the style of the value where that is known. */
  toDate(value: Value): Value & { readonly type: { readonly kind: "datetime"; readonly style: DateStyle } } {
    const { type } = value;
    if (type.kind === "datetime") return { ...value, type };
    const style = type.kind === "text" && type.means?.kind === "datetime" ? type.means.style : undefined;
    const result = (sql: string) => ({
      sql,
      type: { kind: "datetime" as const, style: style ?? UNKNOWN_DATE },
    });
    if (type.kind === "null")
      return result(`CAST(NULL AS ${this.dialect.typeName({ kind: "datetime", style: ISO_DATE })})`);
    const source = this.toText(value);
    const read = style?.read ?? [];
    const convert = (sql: string) =>
      read.length > 0 ? this.dialect.parseDate(sql, read) : this.dialect.parseDate(sql, USUAL_DATE_FORMATS);
    return result(this.read(source, `date ${read.join("|")}`, convert));
  }

  private dateToText(sql: string, { shown, addsTime, addsFraction }: DateStyle): string {
    const { dialect } = this;
    if (addsFraction === true) return dialect.call("timestampToText", sql);
    if (addsTime === undefined) return dialect.formatDate(sql, shown);
    const whole = dialect.formatDate(sql, `${shown} HH:mm:ss`);
    return `replace(${whole}, ${dialect.text(" 00:00:00")}, ${dialect.text("")})`;
  }

  /** A list; its elements keep the type that they have. */
  toArray(value: Value): Value & { readonly type: { readonly kind: "array"; readonly of: ValueType } } {
    const { type } = value;
    if (type.kind === "array") return { ...value, type };
    const array = { kind: "array" as const, of: JSON_VALUE };
    if (type.kind === "null") return { sql: `CAST(NULL AS ${this.dialect.typeName(array)})`, type: array };
    return { sql: this.dialect.call("textToArray", operand(this.toText(value))), type: array };
  }

  /** A list of JSON values, to mix lists of several types. */
  toJsonArray(value: Value): Value {
    const array = this.toArray(value);
    if (array.type.of.kind === "json") return array;
    const elements = array.type.of.kind === "float" ? this.withShortNumbers(array) : undefined;
    return closed(elements ?? this.dialect.call("elementsToJson", array.sql), {
      kind: "array",
      of: JSON_VALUE,
    });
  }

  /** A list's numbers as JSON has them when they are written as all others are. */
  private withShortNumbers({ sql, type }: Value): string {
    return type.kind === "array" && type.of.kind === "float" ? this.dialect.call("numbersToJson", sql) : sql;
  }

  /** An object. */
  toMap(value: Value): Value {
    if (value.type.kind === "map") return value;
    if (value.type.kind === "null") return closed(`CAST(NULL AS ${this.dialect.typeName(MAP)})`, MAP);
    return closed(this.dialect.call("textToMap", operand(this.toText(value))), MAP);
  }

  /** One JSON value. A text that means an array or object is put in as such, every other text as a text. */
  toJson(value: Value): Value {
    const { type } = value;
    if (type.kind === "json" || type.kind === "map") return value;
    if (type.kind === "text" && type.means?.kind === "array") return this.toJson(this.toArray(value));
    if (type.kind === "text" && type.means?.kind === "map") return this.toMap(value);
    if (type.kind === "float") return closed(this.dialect.call("numberToJson", operand(value)), JSON_VALUE);
    const plain = type.kind === "datetime" || type.kind === "null" ? this.toText(value) : value;
    return closed(this.dialect.call("valueToJson", plain.sql), JSON_VALUE);
  }

  /** Several values as one type: the same where all have it, a number for numbers, else text. */
  unify(values: readonly Value[]): { readonly values: readonly Value[]; readonly type: ValueType } {
    const typed = values.filter(({ type }) => type.kind !== "null");
    const [first] = typed;
    if (first === undefined) return { values: values.map((value) => this.toText(value)), type: TEXT };
    const kinds = new Set(typed.map(({ type }) => type.kind));
    if (kinds.size === 1 && typed.every(({ type }) => isSameType(type, first.type)))
      return { values, type: first.type };
    if ([...kinds].every((kind) => kind === "integer" || kind === "float")) return { values, type: FLOAT };
    if (kinds.size === 1 && kinds.has("datetime")) return { values, type: first.type };
    if (typed.every(isDate))
      return { values: values.map((value) => this.toDate(value)), type: this.toDate(first).type };
    const texts = values.map((value) => (value.type.kind === "null" ? value : this.toText(value)));
    return { values: texts, type: TEXT };
  }

  private literalNumber(text: string): Value {
    const isNumber = /^\s*[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?\s*$/.test(text);
    return isNumber
      ? this.number(Number(text))
      : closed(`CAST(NULL AS ${this.dialect.typeName(FLOAT)})`, FLOAT);
  }

  /** A column's reading is shared among steps; any other text is read where it stands. */
  private read(value: Value, kind: string, convert: (sql: string) => string): string {
    if (value.column === undefined) return convert(operand(value));
    const { origin, qualifier } = value.column;
    return this.plan.read(origin, kind, qualifier, convert(value.sql), convert);
  }
}

function isSameType(left: ValueType, right: ValueType): boolean {
  if (left.kind === "text" && right.kind === "text") return true;
  return JSON.stringify(left) === JSON.stringify(right);
}
