import { describe, expect, it } from "vitest";
import { z } from "zod";
import { isEqual } from "../../../provider/framework/canonical.js";
import { detailDiff } from "../../../provider/framework/detailed-diff.js";
import type { PropertyChange } from "../../../provider/framework/detailed-diff.js";
import { diffInputs } from "../../../provider/framework/diff.js";
import { immutable, localOnly, unordered, writeOnly } from "../../../provider/framework/field-rules.js";
import { fingerprint } from "../../../provider/framework/secrets.js";
import { SIGNATURE } from "../../../provider/framework/special-values.js";
import { parsePath, valueAt } from "./property-path.js";
import { changedValue, ODD_KEYS, randomObject, randomValue } from "./random-values.js";
import { seededDraws } from "./random.js";
import type { Random } from "./random.js";
import { sampleOf } from "./sample-resource.js";

type Values = Record<string, unknown>;

const any = z.unknown();
const definition = sampleOf({
  ordinary: any,
  fixed: immutable(any, "it is part of the id"),
  following: localOnly(any, "worked out of the others"),
  set: unordered(any, "a set"),
  password: writeOnly(any, "it never comes back"),
});

function detail(state: Values, inputs: Values): Record<string, PropertyChange> {
  return Object.fromEntries(detailDiff(definition, diffInputs(definition, state, inputs), state, inputs));
}

const update = { kind: "update", isReplacing: false };

describe("the places of a diff", () => {
  it("are the smallest that differ, with what happens there", () => {
    const state = { ordinary: { host: "a", port: 1, tags: ["x", "y"], odd: { "a.b": 1, old: true } } };
    const inputs = { ordinary: { host: "b", port: 1, tags: ["x", "z", "y"], odd: { "a.b": 2 }, ssl: true } };
    expect(detail(state, inputs)).toEqual({
      "ordinary.host": update,
      "ordinary.tags[1]": update,
      "ordinary.tags[2]": { kind: "add", isReplacing: false },
      'ordinary.odd["a.b"]': update,
      "ordinary.odd.old": { kind: "delete", isReplacing: false },
      "ordinary.ssl": { kind: "add", isReplacing: false },
    });
  });

  it("say so where the change replaces, and only there", () => {
    expect(detail({ ordinary: "a", fixed: { x: 1 } }, { ordinary: "b", fixed: { x: 2 } })).toEqual({
      ordinary: update,
      "fixed.x": { kind: "update", isReplacing: true },
    });
  });

  it("show what follows from a change, and nothing without one", () => {
    const state = { ordinary: 1, following: { steps: ["a"] } };
    expect(detail(state, { ordinary: 2, following: { steps: ["a", "b"] } })).toEqual({
      ordinary: update,
      "following.steps[1]": { kind: "add", isReplacing: false },
    });
    expect(detail(state, { ordinary: 1, following: { steps: ["b"] } })).toEqual({});
  });

  it("hide what is inside a secret and a set, and what an asset is made of", () => {
    const asset = (hash: string) => ({ [SIGNATURE]: "c44067f5952c0a294b673a41bacd8c17", hash });
    const state = {
      set: [{ a: 1 }, { b: 2 }],
      secretFingerprints: { password: fingerprint({ user: "x", word: "old" }) },
      ordinary: { file: asset("1") },
    };
    const inputs = {
      set: [{ b: 2 }, { a: 3 }],
      password: { user: "x", word: "new" },
      ordinary: { file: asset("2") },
    };
    expect(detail(state, inputs)).toEqual({ set: update, password: update, "ordinary.file": update });
  });

  it("name a field alone when it differs in more places than anybody reads", () => {
    const list = (length: number, text: string) => Array.from({ length }, () => text);
    expect(Object.keys(detail({ ordinary: list(400, "a") }, { ordinary: list(400, "b") }))).toHaveLength(400);
    expect(detail({ ordinary: list(401, "a") }, { ordinary: list(401, "b") })).toEqual({ ordinary: update });
  });

  it.each(ODD_KEYS)("are found by the engine under the key %j", (key) => {
    const [path = "", more] = Object.keys(detail({ ordinary: { [key]: 1 } }, { ordinary: { [key]: 2 } }));
    // The engine's grammar has no way to write a key that ends with a backslash: its object is named.
    expect(parsePath(path)).toEqual(key.endsWith("\\") ? ["ordinary"] : ["ordinary", key]);
    expect(more).toBeUndefined();
  });

  it("of any two values resolve to what really differs, with the right word, and leave nothing out", () => {
    let places = 0;
    for (let seed = 0; seed < 2000; seed++) {
      const random = seededDraws(seed);
      const [state, inputs] = randomPair(random);
      const found = detail(state, inputs);
      const { changes, replaces } = diffInputs(definition, state, inputs);
      expect(Object.keys(found).length > 0, `seed ${seed}`).toBe(changes.length > 0);
      const parsed = Object.keys(found).map(parsePath);
      for (const [index, change] of Object.values(found).entries()) {
        const place = parsed[index] ?? [];
        const about = `seed ${seed} ${JSON.stringify(place)}`;
        const [before, after] = [valueAt(state, place), valueAt(inputs, place)];
        expect(isEqual(before, after), about).toBe(false);
        expect(change, about).toEqual({
          kind: after === undefined ? "delete" : before === undefined ? "add" : "update",
          isReplacing: replaces.includes(String(place[0])),
        });
        expect(
          parsed.filter((other) => isBelow(other, place)),
          about,
        ).toEqual([place]);
        places += 1;
      }
      for (const leaf of changes.length > 0 ? differentLeaves(state, inputs, []) : [])
        expect(
          parsed.some((place) => isBelow([...leaf], place)),
          `seed ${seed} ${leaf.join("/")}`,
        ).toBe(true);
    }
    expect(places).toBeGreaterThan(3000);
  });
});

/** State and inputs that differ here and there; `following` on its own is no change. */
function randomPair(random: Random): [Values, Values] {
  const state = {
    ordinary: randomObject(random, () => randomValue(random, 4)),
    fixed: randomValue(random, 3),
    following: randomValue(random, 3),
  };
  const kept = (value: unknown) => (random.below(2) === 0 ? value : changedValue(random, value));
  return [
    state,
    { ordinary: kept(state.ordinary), fixed: kept(state.fixed), following: kept(state.following) },
  ];
}

function isBelow(place: readonly unknown[], above: readonly unknown[]): boolean {
  return above.length <= place.length && above.every((key, index) => key === place[index]);
}

function differentLeaves(before: unknown, after: unknown, place: (string | number)[]): (string | number)[][] {
  if (isEqual(before, after)) return [];
  if (Array.isArray(before) && Array.isArray(after))
    return Array.from({ length: Math.max(before.length, after.length) }, (_, index) =>
      differentLeaves(before[index], after[index], [...place, index]),
    ).flat();
  const isObject = (value: unknown): value is Values =>
    typeof value === "object" && value !== null && !Array.isArray(value);
  if (!isObject(before) || !isObject(after)) return [place];
  const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...keys].flatMap((key) =>
    differentLeaves(valueAt(before, [key]), valueAt(after, [key]), [...place, key]),
  );
}
