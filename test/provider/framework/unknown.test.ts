import { describe, expect, it } from "vitest";
import { UNKNOWN, unknownWhereDifferent } from "../../../provider/framework/unknown.js";

describe("what differs in two values", () => {
  it.each([
    [
      { a: { b: "x", c: "y" }, d: [1] },
      { a: { b: "x", c: "z" }, d: [1] },
      { a: { b: "x", c: UNKNOWN }, d: [1] },
    ],
    [{ a: ["x", "y"] }, { a: ["x"] }, { a: UNKNOWN }],
    [{ a: "x", b: "y" }, { a: "x" }, { a: "x", b: UNKNOWN }],
    [{ a: { b: "x" } }, { a: "x" }, { a: UNKNOWN }],
    ["x", "y", UNKNOWN],
  ])("of %j and %j is unknown, and nothing else", (value, other, expected) => {
    expect(unknownWhereDifferent(value, other)).toEqual(expected);
  });
});
