import { describe, expect, it } from "vitest";
import { toViewName } from "../../../provider/framework/view-name.js";
import { seededDraws } from "./random.js";

describe("the name of a view", () => {
  it("is the path of names, as they are", () => {
    expect(toViewName("Orders")).toBe("Orders");
    expect(toViewName("Orders", "Clean orders (2)")).toBe("Orders/Clean orders (2)");
    expect(toViewName("Umsätze", "日次 $ 'a' \"b\" :c")).toBe("Umsätze/日次 $ 'a' \"b\" :c");
  });

  it("has no line end, no control character and nothing that a URN is split at", () => {
    const name = toViewName("a::b\n\tc\u0000\u2028", "d/e#f\ud800");
    expect(name).toMatch(/^a:b c\/d-e-f #[0-9a-f]{8}$/);
  });

  it("is short enough for a line", () => {
    const name = toViewName("x".repeat(5000), "🎉".repeat(5000));
    expect([...name].length).toBeLessThan(180);
    expect(name).toMatch(/^x+\/🎉+ #[0-9a-f]{8}$/u);
  });

  it("is never empty", () => {
    expect(toViewName("", " \n")).toMatch(/^-\/- #[0-9a-f]{8}$/);
  });

  it("differs for different paths, also where what made them different is taken out", () => {
    const random = seededDraws(5);
    const letters = ["a", "/", "#", "::", "\n", " ", "-", ":", " #"];
    const word = () => Array.from({ length: random.below(4) }, () => random.pick(letters)).join("");
    const paths = Array.from({ length: 3000 }, () => (random.below(2) === 0 ? [word()] : [word(), word()]));
    const distinct = new Set(paths.map((path) => JSON.stringify(path)));
    expect(new Set(paths.map((path) => toViewName(...path))).size).toBe(distinct.size);
  });
});
