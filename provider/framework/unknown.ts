import { isEqual, isRecord } from "./canonical.js";

/** What the engine sends for a value that is only known after another resource is created. */
export const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** True when the value is, or holds anywhere inside, an unknown. */
export function hasUnknown(value: unknown): boolean {
  if (value === UNKNOWN) return true;
  if (Array.isArray(value)) return value.some(hasUnknown);
  if (typeof value === "object" && value !== null) return Object.values(value).some(hasUnknown);
  return false;
}

/** A value of plain JSON, with an unknown in place of every part that the other does not have the same. */
export function unknownWhereDifferent(value: unknown, other: unknown): unknown {
  if (!isRecord(value) || !isRecord(other)) return isEqual(value, other) ? value : UNKNOWN;
  return Object.fromEntries(
    Object.entries(value).map(([name, part]) => [name, unknownWhereDifferent(part, other[name])]),
  );
}
