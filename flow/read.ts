import JSON5 from "json5";
import { DEFAULT_PACKAGE_LIMITS, readArchive, sourceName, type PackageLimits } from "./archive.js";
import { Fields, isJsonObject, Problems } from "./fields.js";
import { readGeneration1 } from "./generation-1.js";
import { readGeneration2 } from "./generation-2.js";
import { checkIntegrity } from "./integrity.js";
import type { FlowPackage, JsonValue } from "./model.js";
import { describeProblems, PackageError } from "./package-error.js";
import { decodeUtf8, describeAllUnstorable } from "./storable-text.js";

const MAX_NESTING = 400;

/**
 * Reads a flow package of any known generation, from a path or from its bytes. Checks that its parts fit together and
 * throws PackageError with every problem found. Format: the packages that the product's flow export makes.
 */
export async function readPackage(
  source: string | Uint8Array,
  limits: Partial<PackageLimits> = {},
): Promise<FlowPackage> {
  const name = sourceName(source);
  const entries = await readArchive(source, { ...DEFAULT_PACKAGE_LIMITS, ...limits }, isPackageEntry);
  const root = readDefinition(takeDefinition(entries, name), name);
  const problems = new Problems();
  const content = readContent(root, name, problems);
  const pkg = withArtifactContents(content, entries, name);
  // References of half-read objects would only repeat the faults already found.
  if (problems.found.length === 0) checkIntegrity(pkg, problems);
  const [first] = problems.found;
  if (first === undefined) return pkg;
  const texts = problems.found.map((problem) => problem.text);
  throw new PackageError(first.code, describeProblems(name, texts, "Export the flow again."), texts);
}

function isPackageEntry(entry: string): boolean {
  return isDefinition(entry) || /(^|\/)artifact_[^/]*\.data$/.test(entry);
}

function isDefinition(entry: string): boolean {
  // Archivers on macOS add a hidden twin of each file.
  const isHidden = entry.split("/").some((part) => part.startsWith(".") || part === "__MACOSX");
  return !isHidden && /\.json5?$/i.test(entry);
}

interface Definition {
  readonly entry: string;
  readonly text: string;
}

function takeDefinition(entries: Map<string, Buffer>, name: string): Definition {
  const found = [...entries.keys()].filter(isDefinition);
  const [entry] = found;
  const bytes = entry === undefined ? undefined : entries.get(entry);
  if (entry === undefined || bytes === undefined || found.length > 1) {
    const what =
      found.length === 0 ? "no flow definition" : `${found.length} flow definitions (${found.join(", ")})`;
    throw new PackageError(
      "no-definition",
      `package ${name}: holds ${what}; one .json or .json5 entry was expected. Give the file that the flow's export made.`,
    );
  }
  // The bytes are not needed once they are text: a large package must not stand in memory twice.
  entries.delete(entry);
  refuseDeepNesting(bytes, entry, name);
  return { entry, text: decode(bytes, name, entry) };
}

/** Every way in which JSON and JSON5 write U+0000 or half of a pair, and more: few texts have one. */
const MAY_BE_UNSTORABLE = /\0|\\(?:u0000|x00|0|u[dD][89a-fA-F])/;

function readDefinition(definition: Definition, name: string): JsonValue {
  const root = parseDefinition(definition, name);
  if (!MAY_BE_UNSTORABLE.test(definition.text)) return root;
  const found = describeAllUnstorable(root);
  if (found.length === 0) return root;
  const advice = "Remove it from the flow, and export that again.";
  throw new PackageError("damaged", describeProblems(name, found, advice), found);
}

function parseDefinition({ entry, text }: Definition, name: string): JsonValue {
  try {
    return JSON.parse(text) as JsonValue;
  } catch (jsonError) {
    try {
      return JSON5.parse<JsonValue>(text);
    } catch (json5Error) {
      const isJson5 = entry.toLowerCase().endsWith(".json5");
      const reason = (isJson5 ? json5Error : jsonError) as Error;
      throw new PackageError(
        "not-json",
        `package ${name}: ${entry} is not valid ${isJson5 ? "JSON5" : "JSON"}: ${reason.message}. Export the flow again.`,
        undefined,
        { cause: reason },
      );
    }
  }
}

function decode(bytes: Buffer, name: string, entry: string): string {
  const text = decodeWhole(bytes, name, entry);
  if (text === undefined) throw notUtf8(name, entry);
  return text.startsWith("\uFEFF") ? text.slice(1) : text;
}

function decodeWhole(bytes: Buffer, name: string, entry: string): string | undefined {
  try {
    return decodeUtf8(bytes);
  } catch (error) {
    throw new PackageError(
      "too-large",
      `package ${name}: ${entry} is longer than the longest text this process can hold.`,
      undefined,
      { cause: error },
    );
  }
}

function notUtf8(name: string, entry: string): PackageError {
  return new PackageError(
    "damaged",
    `package ${name}: ${entry} is not text in UTF-8. Export the flow again.`,
  );
}

/** Parsers that recurse, ours and the engine's printers, must not be led into a stack overflow. */
function refuseDeepNesting(bytes: Buffer, entry: string, name: string): void {
  let depth = 0;
  const end = bytes.length;
  for (let index = 0; index < end; index += 1) {
    const byte = bytes[index] ?? 0;
    // Most of an export is white space: one comparison for it halves the time of the scan.
    if (byte <= 0x20) continue;
    if (byte === 0x22 || byte === 0x27) {
      index = endOfText(bytes, index);
    } else if (byte === 0x7b || byte === 0x5b) {
      depth += 1;
      if (depth > MAX_NESTING) {
        throw new PackageError(
          "too-large",
          `package ${name}: ${entry} nests deeper than ${MAX_NESTING} levels, as no export does.`,
        );
      }
    } else if (byte === 0x7d || byte === 0x5d) {
      depth -= 1;
    }
  }
}

/** Position of the quote that ends the text which begins at `start`; the end of the bytes when none does. */
function endOfText(bytes: Buffer, start: number): number {
  const quote = bytes[start];
  const end = bytes.length;
  let index = start + 1;
  while (index < end && bytes[index] !== quote) index += bytes[index] === 0x5c ? 2 : 1;
  return index;
}

function readContent(root: JsonValue, name: string, problems: Problems): FlowPackage {
  const unsupported = (what: string) =>
    new PackageError(
      "unsupported-format",
      `package ${name}: ${what}. Known are flow packages of product versions 6.0 to 8.6; ` +
        `a newer format needs a newer Sluice.`,
    );
  if (!isJsonObject(root)) throw unsupported("the definition is not an object");
  const { type, kind, data } = root;
  if (type !== undefined && type !== "flow") throw unsupported(`holds a ${JSON.stringify(type)}, not a flow`);
  if (kind !== undefined && kind !== "artifact")
    throw unsupported(`is of the unknown kind ${JSON.stringify(kind)}`);
  if (!isJsonObject(data)) throw unsupported("the definition has no `data`");
  const isFlat = data["flownodes"] !== undefined;
  if (!Array.isArray(data["flows"])) throw unsupported("the definition lists no flows");
  const fields = new Fields(root, problems, "");
  const dataFields = new Fields(data, problems, "data");
  return isFlat ? readGeneration1(fields, dataFields) : readGeneration2(fields, dataFields);
}

function withArtifactContents(
  pkg: FlowPackage,
  entries: ReadonlyMap<string, Buffer>,
  name: string,
): FlowPackage {
  if (pkg.artifacts.length === 0) return pkg;
  const artifacts = pkg.artifacts.map((artifact) => {
    const entry = `artifact_${artifact.storageId}.data`;
    const bytes = entries.get(entry);
    const content = bytes === undefined ? null : decodeUtf8(bytes);
    if (content === undefined) throw notUtf8(name, entry);
    return { ...artifact, content };
  });
  return { ...pkg, artifacts };
}
