/** A pair of positions: one in the list before, one in the list after. */
export type Pair = readonly [before: number, after: number];

/** Above this product of lengths a table of all pairs costs too much; the lists are then cut at what occurs once in both. */
const LARGEST_TABLE = 4_000_000;

/**
 * A longest common subsequence of two lists, as pairs of positions in ascending order. Lists too long for an exact answer
 * are cut at elements that occur once in both, so the time stays close to linear.
 */
export function alignSequences(before: readonly string[], after: readonly string[]): Pair[] {
  const pairs: Pair[] = [];
  const numbers = new Map<string, number>();
  const toNumber = (key: string): number => {
    const number = numbers.get(key) ?? numbers.size;
    numbers.set(key, number);
    return number;
  };
  alignRange(Int32Array.from(before, toNumber), Int32Array.from(after, toNumber), 0, 0, pairs);
  return pairs;
}

function alignRange(
  before: Int32Array,
  after: Int32Array,
  beforeStart: number,
  afterStart: number,
  pairs: Pair[],
): void {
  const shorter = Math.min(before.length, after.length);
  let head = 0;
  while (head < shorter && before[head] === after[head]) {
    pairs.push([beforeStart + head, afterStart + head]);
    head += 1;
  }
  let tail = 0;
  while (tail < shorter - head && before[before.length - 1 - tail] === after[after.length - 1 - tail]) {
    tail += 1;
  }
  const innerBefore = before.subarray(head, before.length - tail);
  const innerAfter = after.subarray(head, after.length - tail);
  if (innerBefore.length > 0 && innerAfter.length > 0) {
    alignInner(innerBefore, innerAfter, beforeStart + head, afterStart + head, pairs);
  }
  for (let left = tail; left > 0; left -= 1) {
    pairs.push([beforeStart + before.length - left, afterStart + after.length - left]);
  }
}

function alignInner(
  before: Int32Array,
  after: Int32Array,
  beforeStart: number,
  afterStart: number,
  pairs: Pair[],
): void {
  if (before.length * after.length <= LARGEST_TABLE) {
    for (const [b, a] of alignExactly(before, after)) pairs.push([beforeStart + b, afterStart + a]);
    return;
  }
  let lastBefore = 0;
  let lastAfter = 0;
  for (const [b, a] of [...findAnchors(before, after), [before.length, after.length] as const]) {
    const isWhole = b - lastBefore === before.length && a - lastAfter === after.length;
    // Without any anchor the range is the one just tried: nothing in it is taken as common.
    if (!isWhole) {
      alignRange(
        before.subarray(lastBefore, b),
        after.subarray(lastAfter, a),
        beforeStart + lastBefore,
        afterStart + lastAfter,
        pairs,
      );
    }
    if (b < before.length) pairs.push([beforeStart + b, afterStart + a]);
    lastBefore = b + 1;
    lastAfter = a + 1;
  }
}

/** The classic table: the length of the longest common subsequence of each two rests. */
function alignExactly(before: Int32Array, after: Int32Array): Pair[] {
  const width = after.length + 1;
  const lengths = new Uint32Array((before.length + 1) * width);
  const lengthAt = (b: number, a: number) => lengths[b * width + a] ?? 0;
  for (let b = before.length - 1; b >= 0; b -= 1) {
    for (let a = after.length - 1; a >= 0; a -= 1) {
      lengths[b * width + a] =
        before[b] === after[a]
          ? lengthAt(b + 1, a + 1) + 1
          : Math.max(lengthAt(b + 1, a), lengthAt(b, a + 1));
    }
  }
  const pairs: Pair[] = [];
  for (let b = 0, a = 0; b < before.length && a < after.length;) {
    if (before[b] === after[a]) {
      pairs.push([b, a]);
      b += 1;
      a += 1;
    } else if (lengthAt(b + 1, a) >= lengthAt(b, a + 1)) b += 1;
    else a += 1;
  }
  return pairs;
}

/** Elements that occur once in both lists, as many of them as stand in the same order. */
function findAnchors(before: Int32Array, after: Int32Array): Pair[] {
  const inBefore = findUnique(before);
  const inAfter = findUnique(after);
  const common = [...inBefore].flatMap(([element, b]): Pair[] => {
    const a = inAfter.get(element);
    return a === undefined ? [] : [[b, a]];
  });
  return longestRising(common);
}

function findUnique(list: Int32Array): Map<number, number> {
  const positions = new Map<number, number>();
  const repeated = new Set<number>();
  list.forEach((element, position) => {
    if (positions.has(element)) repeated.add(element);
    else positions.set(element, position);
  });
  for (const element of repeated) positions.delete(element);
  return positions;
}

/** Of pairs in ascending order of the first member: the longest choice in which the second ascends too. */
function longestRising(pairs: readonly Pair[]): Pair[] {
  const previous = new Int32Array(pairs.length).fill(-1);
  const ends: number[] = [];
  pairs.forEach(([, after], index) => {
    let low = 0;
    for (let high = ends.length; low < high;) {
      const middle = (low + high) >> 1;
      if ((pairs[ends[middle] ?? 0]?.[1] ?? 0) < after) low = middle + 1;
      else high = middle;
    }
    previous[index] = low === 0 ? -1 : (ends[low - 1] ?? -1);
    ends[low] = index;
  });
  const chosen: Pair[] = [];
  for (let index = ends.at(-1) ?? -1; index >= 0; index = previous[index] ?? -1) {
    const pair = pairs[index];
    if (pair !== undefined) chosen.push(pair);
  }
  return chosen.reverse();
}
