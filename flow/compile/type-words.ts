import type { JsonObject, JsonValue, Task } from "../model.js";
import { elementsOf, textOf } from "../language/nodes.js";
import { isJsonObject } from "../fields.js";
import { fromTypeFormat, shownFormat } from "./date-format.js";
import { UNKNOWN_DATE, type DateStyle, type Meaning } from "./value.js";

/** Types whose values are texts of a certain form: what does not fit is mismatched, nothing else follows. */
const TEXT_TYPES = new Set([
  "String",
  "Phone",
  "SSN",
  "Ssn",
  "Email",
  "Emailaddress",
  "Gender",
  "State",
  "Zipcode",
  "Zip",
  "Url",
  "Ipaddress",
  "Creditcard",
  "Httpcodes",
  "HttpCode",
  "Country",
]);

/** What a SetType step declares, or undefined when the word is not known. */
export function meaningOf(parameters: Task["parameters"]): Meaning | undefined {
  const type = parameters["type"];
  const word = type?.["value"];
  if (Array.isArray(word)) return meaningOfList((elementsOf(type) ?? []).map((node) => textOf(node) ?? ""));
  if (typeof word !== "string") return undefined;
  const format = formatText(parameters["datetimeType"] ?? parameters["format"]);
  return meaningOfList([word, ...(format === undefined ? [] : ["", format])]);
}

function formatText(node: JsonObject | undefined): string | undefined {
  if (node === undefined) return undefined;
  return (
    textOf(node) ??
    (elementsOf(node) ?? []).map((element) => textOf(element)).findLast((text) => text !== undefined)
  );
}

/** What the inferred types of an exporter say of each column. Source: `outputColumnAnnotations` in packages. */
export function annotatedMeanings(annotations: JsonObject): Map<string, Meaning> {
  const meanings = new Map<string, Meaning>();
  const columns = annotations["outputColumnAnnotations"];
  if (!isJsonObject(columns)) return meanings;
  for (const [name, about] of Object.entries(columns)) {
    const meaning = isJsonObject(about) ? meaningOfType(about["type"]) : undefined;
    if (meaning !== undefined) meanings.set(name, meaning);
  }
  return meanings;
}

/** A type as packages list it: `["Integer"]`, `["Datetime","dd-mm-yy","dd*mm*yyyy"]`. */
export function meaningOfType(type: JsonValue | undefined): Meaning | undefined {
  return Array.isArray(type) ? meaningOfList(type.map(String)) : undefined;
}

function meaningOfList([word = "", ...formats]: readonly string[]): Meaning | undefined {
  switch (word) {
    case "Integer":
      return { kind: "integer" };
    case "Float":
    case "Decimal":
      return { kind: "float" };
    case "Bool":
    case "Boolean":
      return { kind: "boolean" };
    case "Array":
      return { kind: "array" };
    case "Map":
    case "Object":
      return { kind: "map" };
    case "Datetime":
      return { kind: "datetime", style: styleOf(formats.at(-1) ?? "") };
    default:
      return TEXT_TYPES.has(word) ? { kind: "text" } : undefined;
  }
}

function styleOf(format: string): DateStyle {
  const read = format === "" ? undefined : fromTypeFormat(format);
  return read === undefined ? UNKNOWN_DATE : { shown: shownFormat(read), read: [read] };
}
