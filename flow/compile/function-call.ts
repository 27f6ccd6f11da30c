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
import type { Value, ValueType } from "./value.js";

/** The arguments of one function in one expression. All accessors throw CompileError for what is missing or does not fit. */
export class FunctionCall {
  readonly coerce: Coercion;
  readonly dialect: Dialect;
  /** Set when an argument looks at several rows itself. */
  private looksAtRows = false;

  constructor(
    readonly type: string,
    private readonly parameters: JsonObject,
    /** The function's parameter names in order. */
    private readonly names: readonly string[],
    readonly scope: Scope,
  ) {
    this.coerce = scope.coerce;
    this.dialect = scope.plan.dialect;
  }

  /** Stops the compilation. */
  fail(reason: string): never {
    throw new UnsupportedFunction(this.scope.place, this.type, `${this.type.toUpperCase()}: ${reason}`);
  }

  /** An argument's node, or undefined when there is none. */
  node(name: string): JsonObject | undefined {
    const own = this.parameters[this.names.includes(name) ? this.givenName(name) : name];
    return isJsonObject(own) ? own : undefined;
  }

  /**
   * What the package calls an argument. The names for functions that no known package uses are ours; one that is called
   * otherwise there is found by a name that holds ours (`startIndex`), or as the only one left.
   */
  private givenName(name: string): string {
    if (this.parameters[name] !== undefined) return name;
    const unknown = Object.keys(this.parameters).filter((key) => !this.names.includes(key));
    if (unknown.length === 0) return name;
    const missing = this.names.filter((key) => this.parameters[key] === undefined);
    const found = matchNames(unknown, missing);
    if (found === undefined) {
      return this.fail(
        `the arguments ${unknown.join(", ")} are not known; known are ${this.names.join(", ")}`,
      );
    }
    return found.get(name) ?? name;
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
    return this.scope.aggregate(sql, type, condition);
  }

  /** A window function over an argument; see `Scope.window`. */
  window(sql: string, type: ValueType, frame = ""): Value {
    this.refuseNesting();
    return this.scope.window(this.type, sql, type, frame);
  }

  private refuseNesting(): void {
    if (!this.looksAtRows) return;
    this.fail("it looks at several rows, and so does its argument: derive the argument as a column first");
  }

  private compile(node: JsonObject): Value {
    const before = this.scope.lookCount;
    const value = compileExpression(node, this.scope);
    this.looksAtRows ||= this.scope.lookCount > before;
    return value;
  }

  private required(name: string): JsonObject {
    return this.node(name) ?? this.fail(`the argument ${name} is missing`);
  }
}

/** Names of the package by ours, or undefined when some of them cannot be told apart. */
function matchNames(given: readonly string[], ours: readonly string[]): Map<string, string> | undefined {
  const plain = (name: string): string => name.toLowerCase().replace(/[^a-z]/g, "");
  const found = new Map<string, string>();
  for (const name of ours) {
    const alike = given.filter((key) => plain(key).includes(plain(name)));
    const [only] = alike;
    if (only !== undefined && alike.length === 1 && ![...found.values()].includes(only))
      found.set(name, only);
  }
  const left = given.filter((key) => ![...found.values()].includes(key));
  const [last] = left;
  if (last === undefined) return found;
  const open = ours.filter((name) => !found.has(name));
  const [first] = open;
  // Arguments that may be left out stand behind the others.
  return left.length === 1 && first !== undefined && (open.length === 1 || ours[0] === first)
    ? found.set(first, last)
    : undefined;
}
