import type { JsonObject, JsonValue, Step } from "./model.js";

/** Parameters that hold nothing but an id of the exporting instance. */
const ID_PARAMETERS: ReadonlySet<string> = new Set(["exampleMappingId"]);

/** The names that exporters give to loaded tables and to the recipe's own; other tables are known by their Load. */
export const TABLE_NAME = /^table_[0-9a-f]{40}$/;

/** How a step's text calls what the step refers to by a name or id that another exporter would choose otherwise. */
export interface StepNamer {
  readonly table: (name: string) => string | number;
  readonly port: (port: number) => string | number;
  readonly dataset: (id: number) => string | number;
  readonly artifact: (id: number) => string | number;
}

/** New names for the same things; what is left out keeps its own. */
export interface StepNames {
  readonly table?: (name: string) => string;
  readonly port?: (port: number) => number;
  readonly dataset?: (id: number) => number;
  readonly artifact?: (id: number) => number;
}

/** Notes what a Load calls its table: such names count as tables from there on, even those not of the usual form. */
function noteLoad({ task }: Step, loadedTables: Set<string>): void {
  if (task.type === "Load" && task.outputName !== null && task.outputName !== "") {
    loadedTables.add(task.outputName);
  }
}

function isTable(text: string, loadedTables: ReadonlySet<string>): boolean {
  return TABLE_NAME.test(text) || loadedTables.has(text);
}

/** What a text points to, when it points to something of the package: a side input, a dataset or an artifact. */
function readPlace(
  text: string,
): { readonly kind: "portId" | "id" | "artifactId"; readonly id: number } | null {
  const found = text.includes("://") ? /^(portId|artifactId|id):\/\/(\d+)$/.exec(text) : null;
  if (found === null) return null;
  return { kind: found[1] as "portId" | "id" | "artifactId", id: Number(found[2]) };
}

/**
 * A step as text that is equal for steps that do the same under the same names. Column lists do not count: exporters let
 * them go stale. Members are visited in the order of their names, so equal steps ask for names in one order.
 * `loadedTables`: tables loaded so far in the recipe; the step's own is added.
 */
export function writeStep(step: Step, namer: StepNamer, loadedTables: Set<string>): string {
  const { type, parameters, annotations, outputName, as } = step.task;
  const port = step.port === null ? "" : String(namer.port(step.port));
  noteLoad(step, loadedTables);
  let text = `\n${port} ${JSON.stringify(type)}`;
  for (const name of Object.keys(parameters).sort()) {
    const node = parameters[name];
    if (node === undefined || ID_PARAMETERS.has(name)) continue;
    text += ` ${JSON.stringify(name)}:${writeNode(node, namer, loadedTables)}`;
  }
  const output = writeText(outputName ?? "", namer, loadedTables);
  text += ` annotations:${writeNode(annotations, namer, loadedTables)} output:${output}`;
  return as === undefined ? text : `${text} as:${writeValue(as, namer, loadedTables)}`;
}

function writeNode(node: JsonObject, namer: StepNamer, loadedTables: ReadonlySet<string>): string {
  const keys = Object.keys(node);
  if (keys.length > 1) keys.sort();
  let text = "{";
  for (const key of keys) text += `${quote(key)}:${writeValue(node[key] ?? null, namer, loadedTables)},`;
  return `${text}}`;
}

function writeValue(value: JsonValue, namer: StepNamer, loadedTables: ReadonlySet<string>): string {
  if (typeof value === "string") return writeText(value, namer, loadedTables);
  if (typeof value !== "object" || value === null) return String(value);
  if (!Array.isArray(value)) return writeNode(value, namer, loadedTables);
  let text = "[";
  for (const element of value) text += `${writeValue(element, namer, loadedTables)},`;
  return `${text}]`;
}

function writeText(value: string, namer: StepNamer, loadedTables: ReadonlySet<string>): string {
  if (isTable(value, loadedTables)) return `table#${namer.table(value)}`;
  const place = readPlace(value);
  if (place === null) return quote(value);
  if (place.kind === "portId") return `port#${namer.port(place.id)}`;
  return place.kind === "id" ? `dataset#${namer.dataset(place.id)}` : `artifact#${namer.artifact(place.id)}`;
}

const quoted = new Map<string, string>();
const MAX_QUOTED = 4096;

/** Most strings of a recipe are the same few words; quoting each once saves a third of the time. */
function quote(text: string): string {
  let result = quoted.get(text);
  if (result === undefined) {
    result = JSON.stringify(text);
    if (quoted.size < MAX_QUOTED && text.length < 40) quoted.set(text, result);
  }
  return result;
}

/**
 * The step under other names. `loadedTables`: tables loaded so far in the recipe; the step's own is added. What does not
 * change stays the same object.
 */
export function mapStep(step: Step, names: StepNames, loadedTables: Set<string> = new Set<string>()): Step {
  const { task } = step;
  noteLoad(step, loadedTables);
  const port = step.port === null ? null : (names.port?.(step.port) ?? step.port);
  const map = <Value extends JsonValue>(value: Value): Value => mapValue(value, names, loadedTables) as Value;
  const outputName = task.outputName === null ? null : map(task.outputName);
  return {
    ...step,
    port,
    task: {
      ...task,
      parameters: map(task.parameters as JsonObject) as Step["task"]["parameters"],
      annotations: map(task.annotations),
      outputName,
      ...(task.as === undefined ? {} : { as: map(task.as) }),
    },
  };
}

function mapValue(value: JsonValue, names: StepNames, loadedTables: ReadonlySet<string>): JsonValue {
  if (typeof value === "string") return mapText(value, names, loadedTables);
  if (typeof value !== "object" || value === null) return value;
  let changed: Map<string, JsonValue> | undefined;
  for (const key of Object.keys(value)) {
    const member = (value as JsonObject)[key] ?? null;
    const mapped = mapValue(member, names, loadedTables);
    if (mapped !== member) (changed ??= new Map<string, JsonValue>()).set(key, mapped);
  }
  if (changed === undefined) return value;
  if (Array.isArray(value)) return value.map((element, index) => changed.get(String(index)) ?? element);
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, changed.get(key) ?? member]));
}

function mapText(text: string, names: StepNames, loadedTables: ReadonlySet<string>): string {
  if (isTable(text, loadedTables)) return names.table?.(text) ?? text;
  const place = readPlace(text);
  if (place === null) return text;
  const rename = { portId: names.port, id: names.dataset, artifactId: names.artifact }[place.kind];
  return rename === undefined ? text : `${place.kind}://${rename(place.id)}`;
}

/** Whether two steps have the same text under their own names; quicker than to write it. */
export function isSameStep(one: Step, other: Step): boolean {
  const [left, right] = [one.task, other.task];
  return (
    one.port === other.port &&
    left.type === right.type &&
    (left.outputName ?? "") === (right.outputName ?? "") &&
    isSameValue(withoutIds(left.parameters), withoutIds(right.parameters)) &&
    isSameValue(left.annotations, right.annotations) &&
    isSameValue(left.as, right.as)
  );
}

function withoutIds(parameters: Step["task"]["parameters"]): JsonObject {
  const hasIds = Object.keys(parameters).some((name) => ID_PARAMETERS.has(name));
  if (!hasIds) return parameters;
  return Object.fromEntries(Object.entries(parameters).filter(([name]) => !ID_PARAMETERS.has(name)));
}

function isSameValue(one: JsonValue | undefined, other: JsonValue | undefined): boolean {
  if (one === other) return true;
  if (typeof one !== "object" || typeof other !== "object" || one === null || other === null) return false;
  if (Array.isArray(one) !== Array.isArray(other)) return false;
  const keys = Object.keys(one);
  if (keys.length !== Object.keys(other).length) return false;
  return keys.every(
    (key) => Object.hasOwn(other, key) && isSameValue((one as JsonObject)[key], (other as JsonObject)[key]),
  );
}

/** Whether a text stands as a whole somewhere in a step's instruction. */
export function holdsText({ task }: Step, text: string): boolean {
  const search = (value: JsonValue): boolean => {
    if (typeof value === "string") return value === text;
    if (typeof value !== "object" || value === null) return false;
    return Object.values(value).some(search);
  };
  return (
    search(task.parameters) ||
    search(task.annotations) ||
    task.outputName === text ||
    (task.as !== undefined && search(task.as))
  );
}
