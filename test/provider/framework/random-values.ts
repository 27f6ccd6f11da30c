import type { Random } from "./random.js";

/** Keys that a protocol, a path or an object of JavaScript could stumble over. */
export const ODD_KEYS = [
  "a",
  "b",
  "constructor",
  "toString",
  "length",
  "0",
  "",
  " ",
  "a.b",
  "a[0]",
  "[",
  "]",
  "*",
  'say "a"',
  "\\",
  "end\\",
  'end\\"',
  "a\\.b\\",
  "line\nend",
  "Umsätze",
  "数",
  "value",
  "x".repeat(200),
] as const;

const SCALARS = [
  null,
  true,
  false,
  0,
  1,
  -2.5,
  1e21,
  "",
  "a",
  "b",
  "null",
  "line\nend",
  '"',
  "\\",
  "数",
] as const;

/** A JSON value of at most this depth. */
export function randomValue(random: Random, depth: number): unknown {
  if (depth === 0 || random.below(3) === 0) return random.pick(SCALARS);
  if (random.below(3) === 0)
    return Array.from({ length: random.below(4) }, () => randomValue(random, depth - 1));
  return randomObject(random, () => randomValue(random, depth - 1));
}

/** An object with odd keys, its members drawn by `member`. */
export function randomObject(random: Random, member: () => unknown): Record<string, unknown> {
  return Object.fromEntries(
    Array.from({ length: random.below(5) }, () => [random.pick(ODD_KEYS), member()] as const),
  );
}

/** The value with some places changed, taken away or added. */
export function changedValue(random: Random, value: unknown): unknown {
  if (random.below(8) === 0 || typeof value !== "object" || value === null)
    return random.below(3) === 0 ? randomValue(random, 2) : value;
  if (Array.isArray(value)) {
    const items = value.map((item: unknown) => changedValue(random, item));
    if (random.below(4) === 0)
      items.splice(random.below(items.length + 1), random.below(2), randomValue(random, 1));
    return random.below(6) === 0 ? items.slice(1) : items;
  }
  const kept = Object.entries(value).filter(() => random.below(6) > 0);
  return {
    ...Object.fromEntries(kept.map(([key, member]) => [key, changedValue(random, member)])),
    ...(random.below(4) === 0 && randomObject(random, () => randomValue(random, 1))),
  };
}
