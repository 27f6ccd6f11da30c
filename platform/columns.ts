import type { Flag } from "./store/schema.js";

/** A truth value as the store keeps it; null and undefined stay what they are. */
export function toFlag<T extends null | undefined>(value: boolean | T): Flag | T {
  return typeof value === "boolean" ? (value ? 1 : 0) : value;
}

/** An object's type without the members that are undefined. */
export type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

/** The same object without the members that are undefined. */
export function dropUndefined<T extends object>(value: T): Defined<T> {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as Defined<T>;
}
