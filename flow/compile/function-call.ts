import { isJsonObject } from "../fields.js";
import { functionsByType } from "../language/functions.js";
import { elementsOf } from "../language/nodes.js";
import { printExpression } from "../language/print.js";
import type { JsonObject } from "../model.js";
import type { Coercion } from "./coerce.js";
import { UnsupportedFunction } from "./compile-error.js";
import type { Dialect } from "./dialect.js";
import { compileExpression } from "./expression.js";
import { toPattern } from "./search-pattern.js";
import type { Scope } from "./scope.js";
import { closed, operand, type Value, type ValueType } from "./value.js";

/** The arguments of one function in one expression. All accessors throw CompileError for what is missing or does not fit. */
export class FunctionCall {
  readonly coerce: Coercion;
  readonly dialect: Dialect;
  /** Set when an argument looks at several rows itself. */
  private looksAtRows = false;
  /** Set when an argument is another one each time. */
  private isChance = false;

  /** How many columns had been named outside aggregates before this function. */
  private readonly columnsBefore: number;
  /** What the package calls the one argument of a function that takes no second. */
  private readonly only: string | undefined;

  /**
   * `names` are the function's parameter names in order; see `functionsByType`. Throws UnsupportedFunction for an argument of
   * another name: which one it is could only be guessed, unless the function takes one argument and was given one.
   */
  constructor(
    readonly type: string,
    private readonly parameters: JsonObject,
    names: readonly string[],
    readonly scope: Scope,
  ) {
    this.coerce = scope.coerce;
    this.dialect = scope.plan.dialect;
    this.columnsBefore = scope.bareColumns.length;
    const given = Object.keys(parameters);
    const unknown = given.filter((name) => !names.includes(name));
    this.only = names.length === 1 && given.length === 1 ? given[0] : undefined;
    if (unknown.length > 0 && this.only === undefined) {
      const known = names.length === 0 ? "it takes none" : `known are ${names.join(", ")}`;
      const which = unknown.length === 1 ? "the argument" : "the arguments";
      this.fail(`${which} ${unknown.join(", ")} ${unknown.length === 1 ? "is" : "are"} not known; ${known}`);
    }
  }

  /** Stops the compilation. */
  fail(reason: string): never {
    throw new UnsupportedFunction(this.scope.place, this.type, `${this.type.toUpperCase()}: ${reason}`);
  }

  /** An argument's node, or undefined when there is none. */
  node(name: string): JsonObject | undefined {
    const own = this.parameters[this.only ?? name];
    return isJsonObject(own) ? own : undefined;
  }

  /** A call inside this one, with the parameter names of its own function. */
  inner(node: JsonObject): FunctionCall {
    const type = typeof node["type"] === "string" ? node["type"] : "";
    const parameters = isJsonObject(node["parameters"]) ? node["parameters"] : {};
    return new FunctionCall(type, parameters, functionsByType.get(type)?.parameters ?? [], this.scope);
  }

  /** Whether the argument was given. */
  has(name: string): boolean {
    return this.node(name) !== undefined;
  }

  /** An argument of any type. */
  value(name: string): Value {
    return this.compile(this.required(name));
  }

  text(name: string): Value {
    return this.coerce.toText(this.value(name));
  }

  number(name: string): Value {
    return this.coerce.toNumber(this.value(name));
  }

  integer(name: string): Value {
    return this.coerce.toInteger(this.value(name));
  }

  boolean(name: string): Value {
    return this.coerce.toBoolean(this.value(name));
  }

  date(name: string): ReturnType<Coercion["toDate"]> {
    return this.coerce.toDate(this.value(name));
  }

  array(name: string): ReturnType<Coercion["toArray"]> {
    return this.coerce.toArray(this.value(name));
  }

  /** The elements of a list argument, compiled; one expression counts as a list of one. */
  values(name: string): Value[] {
    return this.nodes(name).map((node) => this.compile(node));
  }

  /** The elements of a list argument. */
  nodes(name: string): readonly JsonObject[] {
    const node = this.required(name);
    return elementsOf(node) ?? [node];
  }

  /** A bare word. */
  word(name: string): string {
    const { kind, value } = this.required(name);
    if ((kind === "enumerable" || kind === "bundle" || kind === "constant") && typeof value === "string")
      return value;
    return this.fail(`the argument ${name} must be a word`);
  }

  /** A text that is known before the query runs. */
  constantText(name: string): string {
    const { literal } = this.value(name);
    if (typeof literal === "string" || typeof literal === "number") return String(literal);
    return this.fail(
      `the argument ${name} must be a fixed text, not ${printExpression(this.required(name))}`,
    );
  }

  /** A whole number that is known before the query runs. */
  constantInteger(name: string, fallback?: number): number {
    if (fallback !== undefined && !this.has(name)) return fallback;
    const { literal } = this.value(name);
    const number = typeof literal === "string" ? Number(literal) : literal;
    if (typeof number === "number" && Number.isSafeInteger(number)) return number;
    return this.fail(
      `the argument ${name} must be a fixed whole number, not ${printExpression(this.required(name))}`,
    );
  }

  /** A pattern or literal text, as a regular expression. */
  pattern(name: string): string {
    return toPattern(this.required(name), this.scope.place);
  }

  /** An aggregate over an argument; see `Scope.aggregate`. */
  aggregate(sql: string, type: ValueType, condition?: string): Value {
    this.refuseNesting();
    this.scope.bareColumns.length = this.columnsBefore;
    return this.scope.aggregate(sql, type, condition);
  }

  /** A window function over an argument; see `Scope.window`. */
  window(sql: string, type: ValueType, frame = ""): Value {
    this.refuseNesting();
    return this.scope.window(this.type, sql, type, frame);
  }

  /** A result that is another one each time it is asked for. */
  chance(sql: string, type: ValueType): Value {
    this.scope.chanceCount += 1;
    return closed(sql, type);
  }

  /** An expression over arguments of this function that is null where the database would stop with an error. */
  attempt(values: readonly Value[], write: (...operands: string[]) => string): string {
    return this.dialect.attempt(values.map(operand), write, this.looksAtRows || this.isChance);
  }

  private refuseNesting(): void {
    if (!this.looksAtRows) return;
    this.fail("it looks at several rows, and so does its argument: derive the argument as a column first");
  }

  private compile(node: JsonObject): Value {
    const { lookCount, chanceCount } = this.scope;
    const value = compileExpression(node, this.scope);
    this.looksAtRows ||= this.scope.lookCount > lookCount;
    this.isChance ||= this.scope.chanceCount > chanceCount;
    return value;
  }

  private required(name: string): JsonObject {
    return this.node(name) ?? this.fail(`the argument ${name} is missing`);
  }
}
