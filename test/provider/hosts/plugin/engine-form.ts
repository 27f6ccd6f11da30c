import { Struct } from "google-protobuf/google/protobuf/struct_pb.js";
import type { JavaScriptValue } from "google-protobuf/google/protobuf/struct_pb.js";

/** Values as the engine writes them: secrets, unknowns and assets are objects and texts that stand for them. */
export type EngineValues = Record<string, unknown>;

/** The keys and texts of the protocol, written a second time: a wrong one in the plugin must not pass its own tests. */
export const KIND = "4dabf18193072939515e22adb298388d";
export const SECRET = "1b47061264138c4ac30d75fd1eb44270";
export const ASSET = "c44067f5952c0a294b673a41bacd8c17";
export const ARCHIVE = "0def7320c3a5731c473e5ecbe6d01bc7";
export const OUTPUT = "d0e6a833031e9bbcd3f4e8bde6ca49a4";
export const UNKNOWN_TEXT = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** A secret as it travels. */
export function secretOf(value: unknown): EngineValues {
  return { [KIND]: SECRET, value };
}

export function isSecret(value: unknown): value is { value: unknown } {
  return typeof value === "object" && value !== null && (value as EngineValues)[KIND] === SECRET;
}

/** What people could read of it: each secret, with everything in it, is a word. */
export function withoutSecrets(value: unknown): unknown {
  if (isSecret(value)) return "[secret]";
  return mapMembers(value, withoutSecrets);
}

/** As the engine sends what a call need not open: of an asset or archive it tells the hash alone. */
export function elided(values: EngineValues): EngineValues {
  return onAssets(values, ({ [KIND]: kind, hash }) => ({ [KIND]: kind, hash })) as EngineValues;
}

/** What the engine makes of an answer: assets and archives have again what was left out of the request. */
export function restored(answer: EngineValues, request: EngineValues): EngineValues {
  const known = new Map<unknown, EngineValues>();
  onAssets(request, (asset) => {
    known.set(asset.hash, asset);
    return asset;
  });
  return onAssets(answer, (asset) => known.get(asset.hash) ?? asset) as EngineValues;
}

function onAssets(value: unknown, change: (asset: EngineValues) => EngineValues): unknown {
  const kind = typeof value === "object" && value !== null ? (value as EngineValues)[KIND] : undefined;
  if (kind === ASSET || kind === ARCHIVE) return change(value as EngineValues);
  return mapMembers(value, (member) => onAssets(member, change));
}

function mapMembers(value: unknown, change: (member: unknown) => unknown): unknown {
  if (Array.isArray(value)) return value.map(change);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, change(member)]));
}

export function toStruct(values: EngineValues): Struct {
  return Struct.fromJavaScript(values as Record<string, JavaScriptValue>);
}

export function fromStruct(struct: Struct | undefined): EngineValues {
  return struct?.toJavaScript() ?? {};
}
