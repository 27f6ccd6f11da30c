import { describe, expect, it } from "vitest";
import { alignSequences } from "../../../flow/diff/sequence.js";
import { createRandom } from "../random-package.js";

/** The length of a longest common subsequence, by the definition. */
function longest(before: readonly string[], after: readonly string[]): number {
  const [first, ...rest] = before;
  if (first === undefined || after.length === 0) return 0;
  const at = after.indexOf(first);
  const without = longest(rest, after);
  return at === -1 ? without : Math.max(without, 1 + longest(rest, after.slice(at + 1)));
}

function expectCommon(before: readonly string[], after: readonly string[]): number {
  const pairs = alignSequences(before, after);
  pairs.forEach(([b, a], index) => {
    expect(before[b]).toBe(after[a]);
    expect(b).toBeGreaterThan(pairs[index - 1]?.[0] ?? -1);
    expect(a).toBeGreaterThan(pairs[index - 1]?.[1] ?? -1);
  });
  return pairs.length;
}

describe("aligning two lists", () => {
  it("finds a common subsequence as long as any", () => {
    const random = createRandom(7);
    const list = () =>
      Array.from({ length: Math.floor(random() * 9) }, () => "abcd"[Math.floor(random() * 4)] ?? "");
    for (let round = 0; round < 300; round += 1) {
      const [before, after] = [list(), list()];
      expect(expectCommon(before, after), `${before.join("")} ${after.join("")}`).toBe(
        longest(before, after),
      );
    }
  });

  it("keeps everything that two long lists share in order, though it does not compare all pairs", () => {
    const before = Array.from({ length: 20_000 }, (_, index) => `step ${String(index)}`);
    const after = before.flatMap((step, index) => (index % 500 === 1 ? ["new", step] : [step])).slice(3);
    expect(expectCommon(before, after)).toBe(before.length - 2);
  });

  it("ends on long lists without a single common element, and on long lists of equal ones", () => {
    const list = (text: string) => Array.from({ length: 15_000 }, (_, index) => `${text} ${String(index)}`);
    expect(alignSequences(list("before"), list("after"))).toEqual([]);
    expect(
      alignSequences(["x", ...Array<string>(9_000).fill("a")], Array<string>(9_000).fill("a")),
    ).toHaveLength(9_000);
  });
});
