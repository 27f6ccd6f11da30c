import { isJsonObject } from "../fields.js";
import { functionsByType } from "../language/functions.js";
import { elementsOf } from "../language/nodes.js";
import { printExpression } from "../language/print.js";
import { suggestWord } from "../language/nearest-word.js";
import type { JsonObject, JsonValue } from "../model.js";
import { CompileError, UnsupportedFunction } from "./compile-error.js";
import { FunctionCall } from "./function-call.js";
import { functionDefinitions } from "./functions/registry.js";
import type { Scope } from "./scope.js";
import { BOOLEAN, closed, JSON_VALUE, TEXTS, type Value } from "./value.js";

/** Compiles an expression of the AST. Throws CompileError. */
export function compileExpression(node: JsonObject, scope: Scope): Value {
  const { kind, type, value } = node;
  switch (kind) {
    case "constant":
      return compileConstant(node, scope);
    case "column":
      if (type === "Column" && typeof value === "string") {
        const relation = node["relation"];
        return scope.column(value, typeof relation === "string" ? relation : null);
      }
      break;
    case "variable":
      if (typeof value === "string") return scope.variable(value);
      break;
    case "func":
      if (typeof type === "string") return compileFunction(type, node, scope);
      break;
    case "array":
      return compileArray(elementsOf(node) ?? [], scope);
    default:
      break;
  }
  throw new CompileError(scope.place, `"${printExpression(node)}" is no expression that can be compiled`);
}

function compileConstant(node: JsonObject, scope: Scope): Value {
  const { type, value } = node;
  const { coerce } = scope;
  if (typeof value === "number") return coerce.number(value);
  if (typeof value === "boolean") return { ...closed(String(value), BOOLEAN), literal: value };
  if (type === "String" && typeof value === "string") return coerce.text(value);
  if (value === null) return coerce.null;
  throw new CompileError(scope.place, `the constant "${printExpression(node)}" cannot stand here`);
}

function compileFunction(type: string, node: JsonObject, scope: Scope): Value {
  const definition = functionDefinitions.get(type.toLowerCase());
  if (definition === undefined) {
    const known = [...functionDefinitions.values()].map((one) => one.type);
    throw new UnsupportedFunction(
      scope.place,
      type,
      `the function ${type.toUpperCase()} is not supported${suggestWord(type, known)}`,
    );
  }
  const parameters: JsonValue | undefined = node["parameters"];
  const form = functionsByType.get(definition.type);
  const call = new FunctionCall(
    definition.type,
    isJsonObject(parameters) ? parameters : {},
    form?.parameters ?? [],
    scope,
  );
  return definition.compile(call);
}

/** A list; its elements are JSON values unless all are texts. */
function compileArray(nodes: readonly JsonObject[], scope: Scope): Value {
  const { coerce, plan } = scope;
  const values = nodes.map((node) => compileExpression(node, scope));
  if (values.every(({ type }) => type.kind === "text" && type.means === undefined)) {
    return closed(plan.dialect.call("list", ...values.map(({ sql }) => sql)), TEXTS);
  }
  const elements = values.map((value) => coerce.toJson(value).sql);
  return closed(plan.dialect.call("list", ...elements), { kind: "array", of: JSON_VALUE });
}
