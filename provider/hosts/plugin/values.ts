import { Struct } from "google-protobuf/google/protobuf/struct_pb.js";
import type { JavaScriptValue } from "google-protobuf/google/protobuf/struct_pb.js";
import type { Path } from "../../framework/hiding.js";
import type { Values } from "../../framework/lifecycle.js";
import { SIGNATURE } from "../../framework/special-values.js";
import { UNKNOWN } from "../../framework/unknown.js";

const SECRET = "1b47061264138c4ac30d75fd1eb44270";
const OUTPUT = "d0e6a833031e9bbcd3f4e8bde6ca49a4";
/** Unknowns that are known to become a boolean, number, list, asset, archive or object. */
const TYPED_UNKNOWNS: ReadonlySet<unknown> = new Set([
  "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
  "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
  "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
  "030794c1-ac77-496b-92df-f27374a8bd58",
  "e48ece36-62e2-4504-bad9-02848725956a",
  "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
]);

/** Values as definitions work with them, and the places in them that must stay secret. */
export interface Decoded {
  readonly values: Values;
  readonly secrets: readonly Path[];
}

/**
 * Values out of the engine's form: secrets and output values are unwrapped and their places remembered; what is
 * unknown becomes the sentinel. Assets and archives stay as they are.
 */
export function decode(struct: Struct | undefined): Decoded {
  const secrets: Path[] = [];
  return { values: unwrap(struct?.toJavaScript() ?? {}, [], secrets) as Values, secrets };
}

function unwrap(value: unknown, path: Path, secrets: Path[]): unknown {
  if (Array.isArray(value)) return value.map((item, index) => unwrap(item, [...path, index], secrets));
  if (typeof value !== "object" || value === null) return TYPED_UNKNOWNS.has(value) ? UNKNOWN : value;
  const special = value as Values;
  if (special[SIGNATURE] === SECRET) {
    secrets.push(path);
    // What is secret as a whole needs no second mark inside.
    return unwrap(special.value, path, []);
  }
  if (special[SIGNATURE] === OUTPUT) {
    if (special.secret === true) secrets.push(path);
    return "value" in special ? unwrap(special.value, path, special.secret === true ? [] : secrets) : UNKNOWN;
  }
  return Object.fromEntries(
    Object.entries(special).map(([key, member]) => [key, unwrap(member, [...path, key], secrets)]),
  );
}

/** Values in the engine's form; what stands at one of the secret places is marked, members that are undefined are left out. */
export function encode(values: Values, secrets: readonly Path[] = []): Struct {
  return Struct.fromJavaScript(wrap(values, secrets) as Record<string, JavaScriptValue>);
}

function wrap(value: unknown, secrets: readonly Path[]): unknown {
  if (value === undefined) return null;
  if (secrets.some((path) => path.length === 0)) return { [SIGNATURE]: SECRET, value: wrap(value, []) };
  if (Array.isArray(value)) return value.map((item, index) => wrap(item, below(secrets, index)));
  if (typeof value !== "object" || value === null) return value;
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  return Object.fromEntries(members.map(([key, member]) => [key, wrap(member, below(secrets, key))]));
}

function below(secrets: readonly Path[], key: string | number): readonly Path[] {
  return secrets.length === 0
    ? secrets
    : secrets.filter(([first]) => first === key).map((path) => path.slice(1));
}
