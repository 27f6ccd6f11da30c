import type { JsonObject, JsonValue } from "./model.js";
import type { PackageErrorCode } from "./package-error.js";

/** One fault of a package's content, `text` beginning with its place. */
export interface Problem {
  readonly code: PackageErrorCode;
  readonly text: string;
}

/** Collects the faults of one package, so that a reader sees all of them at once. */
export class Problems {
  readonly found: Problem[] = [];
  private readonly texts = new Set<string>();

  /** A problem that was added before is not added again: some members are read twice. */
  add(code: PackageErrorCode, text: string): void {
    if (this.texts.has(text)) return;
    this.texts.add(text);
    this.found.push({ code, text });
  }
}

/** True for a JSON object: neither null nor a list. */
export function isJsonObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * Reads the members of one JSON object, each by its expected kind. A missing or null member gives the fallback (every
 * member of the format is optional); a member of the wrong kind gives the fallback and a problem with its path.
 */
export class Fields {
  constructor(
    private readonly members: JsonObject,
    private readonly problems: Problems,
    private readonly place: string,
    private readonly parent: Fields | null = null,
  ) {}

  /** Where this object stands, for example `data.flows[0].recipes[3]`. */
  get path(): string {
    return this.parent === null ? this.place : join(this.parent.path, this.place);
  }

  /** True when the member is there and not null. */
  has(name: string): boolean {
    return (this.members[name] ?? null) !== null;
  }

  json(name: string): JsonValue | undefined {
    return this.members[name];
  }

  /** A required integer. */
  id(name = "id"): number {
    const id = this.optionalId(name);
    if (id === null && !this.has(name)) this.refuse(name, "an integer");
    return id ?? Number.NaN;
  }

  optionalId(name: string): number | null {
    const value = this.members[name] ?? null;
    if (value === null) return null;
    if (typeof value === "number" && Number.isSafeInteger(value)) return value;
    return this.refuse(name, "an integer", value);
  }

  /** A count that some exporters write as text. */
  optionalCount(name: string): number | null {
    const value = this.members[name] ?? null;
    if (value === null || value === "") return null;
    const count = typeof value === "string" ? Number(value) : value;
    if (typeof count === "number" && Number.isFinite(count)) return count;
    return this.refuse(name, "a number", value);
  }

  text(name: string, fallback: string): string {
    return this.optionalText(name) ?? fallback;
  }

  optionalText(name: string): string | null {
    const value = this.members[name] ?? null;
    if (value === null || typeof value === "string") return value;
    return this.refuse(name, "text", value);
  }

  flag(name: string, fallback: boolean): boolean {
    const value = this.members[name] ?? null;
    if (value === null) return fallback;
    if (typeof value === "boolean") return value;
    return this.refuse(name, "true or false", value) ?? fallback;
  }

  texts(name: string): string[] {
    return this.list(name).map((value, index) => {
      if (typeof value === "string") return value;
      this.refuse(`${name}[${index}]`, "text", value);
      return "";
    });
  }

  integers(name: string): number[] {
    return this.list(name).flatMap((value, index) => {
      if (typeof value === "number" && Number.isSafeInteger(value)) return [value];
      this.refuse(`${name}[${index}]`, "an integer", value);
      return [];
    });
  }

  objects(name: string): Fields[] {
    return this.list(name).flatMap((value, index) => {
      if (isJsonObject(value)) return [new Fields(value, this.problems, `${name}[${index}]`, this)];
      this.refuse(`${name}[${index}]`, "an object", value);
      return [];
    });
  }

  object(name: string): Fields | null {
    const value = this.plain(name);
    return value === null ? null : new Fields(value, this.problems, name, this);
  }

  /** An object kept as exported. */
  plain(name: string): JsonObject | null {
    const value = this.members[name] ?? null;
    if (value === null || isJsonObject(value)) return value;
    return this.refuse(name, "an object", value);
  }

  /** The objects of a list, kept as exported. */
  plainObjects(name: string): JsonObject[] {
    return this.list(name).flatMap((value, index) => {
      if (isJsonObject(value)) return [value];
      this.refuse(`${name}[${index}]`, "an object", value);
      return [];
    });
  }

  /** Reports a fault of a member of this object. */
  report(code: PackageErrorCode, name: string, text: string): void {
    this.problems.add(code, `${join(this.path, name)}: ${text}`);
  }

  private list(name: string): JsonValue[] {
    const value = this.members[name] ?? null;
    if (value === null) return [];
    if (Array.isArray(value)) return value;
    this.refuse(name, "a list", value);
    return [];
  }

  private refuse(name: string, expected: string, found?: JsonValue): null {
    const what = found === undefined ? "it is missing" : `found ${describeKind(found)}`;
    this.report("invalid-content", name, `expected ${expected}, ${what}`);
    return null;
  }
}

function join(path: string, name: string): string {
  return path === "" ? name : `${path}.${name}`;
}

function describeKind(value: JsonValue): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "an object";
  const text = JSON.stringify(value);
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}
