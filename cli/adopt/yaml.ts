import type { AdoptedObject } from "./adopted-object.js";
import { settingsOf } from "./program.js";
import type { ProgramResource } from "./program.js";
import { quoteYaml } from "./quote.js";
import type { Expression } from "./references.js";

/** The settings and resources of a Pulumi YAML program. The language has no modules: it is one document. */
export function printYaml(resources: readonly ProgramResource[]): string {
  const variables = new Map(resources.map(({ object, variable }) => [object, variable]));
  const nameOf = (object: AdoptedObject) => variables.get(object) ?? "";
  const settings = settingsOf(resources).map((name) => `  ${name}:\n    type: string\n    secret: true\n`);
  return [
    ...(settings.length > 0 ? ["config:\n", ...settings] : []),
    "resources:\n",
    resources.map((resource) => printResource(resource, nameOf)).join("\n"),
  ].join("");
}

function printResource(
  { object, name, variable, arguments: entries }: ProgramResource,
  nameOf: (object: AdoptedObject) => string,
): string {
  return [
    ...object.remarks.map((remark) => `  # ${remark}`),
    `  ${variable}:`,
    `    type: sluice:${object.definition.name}`,
    ...(name === variable ? [] : [`    name: ${scalar(name)}`]),
    "    properties:",
    ...printEntries(entries, nameOf, "      "),
    "",
  ].join("\n");
}

function printEntries(
  entries: readonly (readonly [string, Expression])[],
  nameOf: (object: AdoptedObject) => string,
  indent: string,
): string[] {
  return entries.flatMap(([key, value]) => {
    const [first = "", ...rest] = printValue(value, nameOf, `${indent}  `);
    // A collection of several lines begins on the next one.
    return first.startsWith(" ")
      ? [`${indent}${keyOf(key)}:`, first, ...rest]
      : [`${indent}${keyOf(key)}: ${first}`];
  });
}

/** One line without indent, or several with it. */
function printValue(value: Expression, nameOf: (object: AdoptedObject) => string, indent: string): string[] {
  switch (value.kind) {
    case "literal":
      return [typeof value.value === "string" ? scalar(escaped(value.value)) : String(value.value)];
    case "reference":
      return [`\${${nameOf(value.to)}.${value.output}}`];
    case "setting":
      return [`\${${value.name}}`];
    case "list":
      if (value.items.length === 0) return ["[]"];
      return value.items.flatMap((item) => {
        const [first = "", ...rest] = printValue(item, nameOf, `${indent}  `);
        return [`${indent}- ${first.trimStart()}`, ...rest];
      });
    case "map":
      return value.entries.length === 0 ? ["{}"] : printEntries(value.entries, nameOf, indent);
  }
}

/** Keys of maps are read as expressions, too. */
function keyOf(name: string): string {
  return scalar(escaped(name));
}

/** A dollar sign stands for itself when it is doubled. */
function escaped(text: string): string {
  return text.replaceAll("$", "$$$$");
}

/** Plain where nothing could read it as anything else. */
function scalar(text: string): string {
  return /^[A-Za-z][\w./-]*$/.test(text) && !/^(y|n|yes|no|on|off|true|false|null|nan|inf)$/i.test(text)
    ? text
    : quoteYaml(text);
}
