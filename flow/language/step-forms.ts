import type { JsonObject, Task } from "../model.js";
import { constantNode } from "./nodes.js";

/** The shape of a parameter's value, which fixes how it is written and read. */
export type ValueShape =
  | "expression" // one node
  | "list" // an array node, written without brackets
  | "matrix" // a matrix node: rows in brackets
  | "bundle" // a bare word
  | "enumerable" // a bare word
  | "table" // a table's name
  | "comment"; // the rest of the line

/** What a value, or each element of a list, has to be; `any` leaves it open. */
export type Accepted = "any" | "column" | "text" | "literal" | "number" | "boolean" | "row";

/** A value that follows from the step's other parameters, so that it need not be written. */
export type Implied = (parameters: Task["parameters"]) => JsonObject | undefined;

/** One parameter of a step type. */
export interface ParameterForm {
  readonly name: string;
  readonly shape: ValueShape;
  readonly accepts: Accepted;
  readonly isRequired: boolean;
  /** Allowed words of a bundle or enumerable; absent: any word. */
  readonly words?: readonly string[];
  /** Left out of the text when it equals this; filled in when `fills` and absent from the text. */
  readonly implied?: Implied;
  readonly fills: boolean;
  /** Never written: machine-made, or true only of the rows at export time. */
  readonly isUnwritten: boolean;
  /**
   * A list whose elements carry output names (`total = SUM(price)`), repeated in the parameter of this name;
   * not so when the step has the parameter `unless`, for then the rows make the names.
   */
  readonly namedBy?: { readonly parameter: string; readonly unless?: string };
  /** The step's table parameter whose columns are written without the table's name. */
  readonly relation?: "table" | "with";
}

/** One step type: its AST name, its word in the text, and its parameters in written order. */
export interface StepForm {
  readonly type: string;
  readonly word: string;
  readonly parameters: readonly ParameterForm[];
}

/** Declares a step type; the word is the type in lower case. */
export function step(type: string, ...parameters: ParameterForm[]): StepForm {
  return { type, word: type.toLowerCase(), parameters };
}

function parameter(name: string, shape: ValueShape, accepts: Accepted = "any"): ParameterForm {
  return { name, shape, accepts, isRequired: false, fills: false, isUnwritten: false };
}

export const expression = (name: string): ParameterForm => parameter(name, "expression");
export const expressions = (name: string): ParameterForm => parameter(name, "list");
export const column = (name: string): ParameterForm => parameter(name, "expression", "column");
export const columns = (name: string): ParameterForm => parameter(name, "list", "column");
export const text = (name: string): ParameterForm => parameter(name, "expression", "text");
export const texts = (name: string): ParameterForm => parameter(name, "list", "text");
/** A text or a pattern. */
export const literal = (name: string): ParameterForm => parameter(name, "expression", "literal");
export const number = (name: string): ParameterForm => parameter(name, "expression", "number");
export const numbers = (name: string): ParameterForm => parameter(name, "list", "number");
export const boolean = (name: string): ParameterForm => parameter(name, "expression", "boolean");
export const matrix = (name: string): ParameterForm => parameter(name, "matrix", "row");
export const table = (name: string): ParameterForm => parameter(name, "table");
export const comment = (name: string): ParameterForm => parameter(name, "comment", "text");

export function bundle(name: string, ...words: string[]): ParameterForm {
  return words.length === 0 ? parameter(name, "bundle") : { ...parameter(name, "bundle"), words };
}

export function enumerable(name: string, ...words: string[]): ParameterForm {
  return words.length === 0 ? parameter(name, "enumerable") : { ...parameter(name, "enumerable"), words };
}

/** The step is not complete without it. */
export function required(form: ParameterForm): ParameterForm {
  return { ...form, isRequired: true };
}

/** Kept in the AST, never in the text. */
export function unwritten(form: ParameterForm): ParameterForm {
  return { ...form, isUnwritten: true };
}

/** Left out of the text when it has the implied value; the reader puts it back. */
export function implied(form: ParameterForm, value: Implied): ParameterForm {
  return { ...form, implied: value, fills: true };
}

/** Left out of the text when false; stays absent when read. */
export function falseByDefault(form: ParameterForm): ParameterForm {
  return omitted(form, () => constantNode("Bool", false));
}

/** Left out of the text when it has the implied value; stays absent when read. */
export function omitted(form: ParameterForm, value: Implied): ParameterForm {
  return { ...form, implied: value };
}
