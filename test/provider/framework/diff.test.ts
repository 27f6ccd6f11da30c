import { describe, expect, it } from "vitest";
import { diffInputs } from "../../../provider/framework/diff.js";
import { toState } from "../../../provider/framework/state.js";
import { UNKNOWN } from "../../../provider/framework/unknown.js";
import { registry } from "../../../provider/registry.js";
import { connection } from "../../../provider/resources/connection.js";
import { seededDraws } from "./random.js";
import { OWNER, sample, sampleWith } from "./sample-resource.js";

function diff(before: Record<string, unknown>, after: Record<string, unknown>, definition = sample) {
  const state = toState(definition, { ...OWNER, ...before }, { made: "now" });
  return diffInputs(definition, state, { ...OWNER, ...after });
}

const none = { changes: [], replaces: [] };

describe("a change of", () => {
  it.each([
    ["an ordinary field updates", { ordinary: "a" }, { ordinary: "b" }, ["ordinary"], []],
    ["a field that is taken away updates", { ordinary: "a" }, {}, ["ordinary"], []],
    ["a field that is added updates", {}, { ordinary: "a" }, ["ordinary"], []],
    ["an immutable field replaces", { immutable: "a" }, { immutable: "b" }, ["immutable"], ["immutable"]],
    [
      "a field with a test replaces when it says so",
      { shrinking: 2 },
      { shrinking: 1 },
      ["shrinking"],
      ["shrinking"],
    ],
    ["a field with a test updates otherwise", { shrinking: 1 }, { shrinking: 2 }, ["shrinking"], []],
    ["a secret updates", { secret: "a" }, { secret: "b" }, ["secret"], []],
    ["a write-only field updates", { writeOnly: { a: 1 } }, { writeOnly: { a: 2 } }, ["writeOnly"], []],
    ["a write-only field that is added updates", {}, { writeOnly: { a: 1 } }, ["writeOnly"], []],
    ["a write-only field that is taken away updates", { writeOnly: { a: 1 } }, {}, ["writeOnly"], []],
    [
      "a field with the platform's default updates",
      { serverDefault: "a" },
      { serverDefault: "b" },
      ["serverDefault"],
      [],
    ],
    ["a set updates", { unordered: [{ id: 1 }] }, { unordered: [{ id: 1 }, { id: 2 }] }, ["unordered"], []],
    ["another value than leaving out means updates", {}, { absentAs: ["a"] }, ["absentAs"], []],
    ["a derived field updates", { derived: "a" }, { derived: "b" }, ["derived"], []],
    [
      "the environment replaces",
      { environment: "a" },
      { environment: "b" },
      ["environment"],
      ["environment"],
    ],
  ] as const)("%s", (_name, before, after, changes, replaces) => {
    expect(diff(before, after)).toEqual({ changes, replaces });
  });

  it.each([
    ["a value that leaving out means is none when it is left out", { absentAs: [] }, {}],
    ["a value that leaving out means is none when it is added", {}, { absentAs: [] }],
    ["nothing is none", { ordinary: "a", writeOnly: { a: 1 } }, { ordinary: "a", writeOnly: { a: 1 } }],
    [
      "the order of an object's members is none",
      { writeOnly: { a: 1, b: 2 } },
      { writeOnly: { b: 2, a: 1 } },
    ],
    ["a field that the platform may fill, left out, is none", { serverDefault: "a" }, {}],
    ["a set's order is none", { unordered: [{ id: 1 }, { id: 2 }] }, { unordered: [{ id: 2 }, { id: 1 }] }],
    ["a local field is none", { localOnly: "a" }, { localOnly: "b" }],
  ] as const)("%s", (_name, before, after) => {
    expect(diff(before, after)).toEqual(none);
  });

  it("the owner is none: a renamed stack has nothing to send", () => {
    const state = toState(sample, OWNER, {});
    expect(diffInputs(sample, state, { owner: "project/other/sample" })).toEqual(none);
  });

  it("a list's order is one where order counts", () => {
    const ordered = { ordinary: ["a", "b"] };
    expect(diff(ordered, { ordinary: ["b", "a"] }).changes).toEqual(["ordinary"]);
  });

  it("anything replaces where there is no update", () => {
    const definition = { ...sample };
    delete definition.update;
    expect(diff({ ordinary: "a" }, { ordinary: "b" }, definition)).toEqual({
      changes: ["ordinary"],
      replaces: ["ordinary"],
    });
  });
});

describe("an unknown", () => {
  it.each(["ordinary", "immutable", "secret", "writeOnly", "serverDefault", "unordered", "derived"])(
    "in the field %s is a change",
    (field) => {
      expect(diff({}, { [field]: UNKNOWN }).changes).toEqual([field]);
      expect(diff({}, { [field]: [{ deep: UNKNOWN }] }).changes).toEqual([field]);
    },
  );

  it("in an immutable field replaces", () => {
    expect(diff({ immutable: "a" }, { immutable: UNKNOWN }).replaces).toEqual(["immutable"]);
  });

  it("in a local field is none", () => {
    expect(diff({}, { localOnly: UNKNOWN })).toEqual(none);
  });
});

describe("every registered resource", () => {
  it.each(registry.map((definition) => [definition.name, definition] as const))(
    "%s without a change has no diff, whatever it holds, 300 random inputs",
    (_name, definition) => {
      const random = seededDraws(definition.name.length);
      const names = Object.keys(definition.inputs.shape);
      for (let round = 0; round < 300; round += 1) {
        const inputs: Record<string, unknown> = { ...OWNER };
        for (const name of names) if (random.below(2) === 0) inputs[name] = randomValue(random, 3);
        const state = toState(definition, inputs, {});
        expect(diffInputs(definition, state, structuredClone(inputs)), JSON.stringify(inputs)).toEqual(none);
      }
    },
  );

  it("a global connection is replaced when it is made private, and updated when it is made global", () => {
    expect(diff({ isGlobal: true }, { isGlobal: false }, connection).replaces).toEqual(["isGlobal"]);
    expect(diff({ isGlobal: false }, { isGlobal: true }, connection)).toEqual({
      changes: ["isGlobal"],
      replaces: [],
    });
  });

  it("credentials are compared by what references point at", () => {
    const definition = sampleWith({});
    process.env.SLUICE_TEST_SECRET = "first";
    try {
      const state = toState(definition, { writeOnly: { fromEnv: "SLUICE_TEST_SECRET" } }, {});
      const wanted = { writeOnly: { fromEnv: "SLUICE_TEST_SECRET" } };
      expect(diffInputs(definition, state, wanted)).toEqual(none);
      process.env.SLUICE_TEST_SECRET = "rotated";
      expect(diffInputs(definition, state, wanted).changes).toEqual(["writeOnly"]);
    } finally {
      delete process.env.SLUICE_TEST_SECRET;
    }
  });
});

function randomValue(random: ReturnType<typeof seededDraws>, depth: number): unknown {
  switch (random.below(depth > 0 ? 6 : 4)) {
    case 0:
      return random.below(1000);
    case 1:
      return random.below(2) === 0;
    case 2:
      return `text ${random.below(1000)}`;
    case 3:
      return null;
    case 4:
      return Array.from({ length: random.below(4) }, () => randomValue(random, depth - 1));
    default:
      return Object.fromEntries(
        Array.from({ length: random.below(4) }, () => [
          `k${random.below(5)}`,
          randomValue(random, depth - 1),
        ]),
      );
  }
}
