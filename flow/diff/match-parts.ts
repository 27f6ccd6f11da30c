/** Answers what an object is recognised by at one stage, or null when it cannot be recognised there. */
export type MatchKey<T> = (object: T) => string | null;

/**
 * Finds the partner of each object of `after` in `before`: by the first key as far as it goes, then what is left by the
 * second, and so on. Objects of equal keys are partners in their order.
 */
export function matchInStages<T>(
  before: readonly T[],
  after: readonly T[],
  keys: readonly MatchKey<T>[],
): Map<T, T> {
  const partners = new Map<T, T>();
  const taken = new Set<T>();
  for (const key of keys) {
    const waiting = new Map<string, T[]>();
    for (const object of before) {
      const text = taken.has(object) ? null : key(object);
      if (text === null) continue;
      const list = waiting.get(text);
      if (list === undefined) waiting.set(text, [object]);
      else list.push(object);
    }
    if (waiting.size === 0) continue;
    for (const object of after) {
      const text = partners.has(object) ? null : key(object);
      const partner = text === null ? undefined : waiting.get(text)?.shift();
      if (partner === undefined) continue;
      partners.set(object, partner);
      taken.add(partner);
    }
  }
  return partners;
}

/** Shares of two multisets: twice what they have in common over what they have together; 1 for two empty ones. */
export function similarity(left: readonly string[], right: readonly string[]): number {
  if (left.length + right.length === 0) return 1;
  const counts = new Map<string, number>();
  for (const element of left) counts.set(element, (counts.get(element) ?? 0) + 1);
  let common = 0;
  for (const element of right) {
    const count = counts.get(element) ?? 0;
    if (count === 0) continue;
    counts.set(element, count - 1);
    common += 1;
  }
  return (2 * common) / (left.length + right.length);
}
