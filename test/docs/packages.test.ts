import { readFileSync } from "node:fs";
import { join } from "node:path";
import JSON5 from "json5";
import { describe, expect, it } from "vitest";
import { parseStep, printRecipe } from "../../flow/index.js";
import { callsByText, operatorsByText } from "../../flow/language/functions.js";
import { printTask } from "../../flow/language/print.js";
import { stepsByWord } from "../../flow/language/steps.js";
import { buildFromSource } from "../../flow/source.js";

const page = readFileSync(join(__dirname, "..", "..", "docs", "packages.md"), "utf8");

/** The fenced block behind the comment that starts with `mark`. */
function blockAfter(mark: string): string {
  const text = new RegExp(`<!-- ${mark}:[^>]*-->\\s*\`\`\`\\w+\\n([^]*?)\`\`\``).exec(page)?.[1];
  if (text === undefined) throw new Error(`docs/packages.md has no block marked "${mark}"`);
  return text;
}

const steps = blockAfter("steps")
  .split("\n")
  .filter((line) => line !== "");

describe("the page about packages", () => {
  it("shows a source that can be built", () => {
    const { flows } = buildFromSource(JSON5.parse(blockAfter("source")), "docs/packages.md");
    expect(flows.map((flow) => flow.outputs.length)).toEqual([1]);
    expect(flows[0]?.recipes.flatMap((recipe) => printRecipe(recipe, new Map()))).toContain(
      "settype col: quantity type: Integer",
    );
  });

  it.each(steps)("shows a step that the language reads and prints alike: %s", (line) => {
    expect(printTask(parseStep(line), new Map())).toBe(line);
  });

  it("shows steps of most types and only names functions that there are", () => {
    const shown = new Set(steps.map((line) => /^\w+/.exec(line)?.[0]));
    const left = [...stepsByWord.keys()].filter((word) => !shown.has(word) && word !== "comment");
    expect(left).toEqual([
      "columnbyexample",
      "convertpattern",
      "extractlist",
      "extractbetweendelimiters",
      "load",
    ]);
    const operators = [...operatorsByText.values()].map(({ type }) => type.toUpperCase());
    const calls = [...callsByText.keys()].filter(
      (name) => !name.startsWith("FORMAT") && name !== "NOT" && !operators.includes(name),
    );
    expect(blockAfter("functions").trim().split(/\s+/)).toEqual(calls.sort());
  });
});
