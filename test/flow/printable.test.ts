import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { describeContents } from "../../flow/contents.js";
import { printable } from "../../flow/printable.js";
import { applyRules } from "../../flow/rules.js";
import { writePackage } from "../../flow/write.js";
import { sluice } from "../cli/command-line.js";
import { smallPackage } from "./small-package.js";

/** Clears the screen, names the window, turns the direction of writing. */
const STRANGE = "\u001b[2J\u001b]0;mine\u0007\u202e";
const CONTROL = /[^\P{Cc}\n\t]|[\u202a-\u202e\u2066-\u2069]/u;

function strangePackage() {
  const source = smallPackage();
  const rename = <T extends { name: string }>(one: T) => ({ ...one, name: one.name + STRANGE });
  return {
    ...source,
    connections: source.connections.map(rename),
    flows: source.flows.map((flow) => ({
      ...rename(flow),
      description: `about\r\n${STRANGE}`,
      recipes: flow.recipes.map(rename),
      datasets: flow.datasets.map(rename),
    })),
  };
}

it("what a terminal would obey is not printable, and what people write is", () => {
  expect(printable(`a${STRANGE}b`)).toBe("a�[2J�]0;mine��b");
  const text = "Größe\t→ 数据 \u05e9\u05dc\u05d5\u05dd\nnext line 👩‍💻 \u200f";
  expect(printable(text)).toBe(text);
  expect(printable("one\r\ntwo\rthree")).toBe("one\ntwo�three");
});

it("the contents of a package are printable, and two names that look the same stay two", () => {
  const [flow] = strangePackage().flows;
  if (flow === undefined) throw new Error("the package has no flow");
  const contents = describeContents(applyRules(strangePackage(), { connections: [], values: [] }));
  expect(JSON.stringify(contents)).not.toMatch(/\\u001b|\\u0007|\u202e|\\r/);
  const twice = {
    ...strangePackage(),
    flows: [
      { ...flow, name: "a\u0001" },
      { ...flow, id: 4711, name: "a\u0002" },
    ],
  };
  const described = describeContents(applyRules(twice, { connections: [], values: [] }));
  expect(Object.keys(described.flows)).toEqual(["a�", "a� (2)"]);
});

it("no command gives the terminal commands out of a package", async () => {
  const folder = await mkdtemp(join(tmpdir(), "sluice-printable-"));
  try {
    const [strange, usual] = [join(folder, "strange.zip"), join(folder, "usual.zip")];
    await writeFile(strange, await writePackage(strangePackage()));
    await writeFile(usual, await writePackage(smallPackage()));
    for (const words of [
      ["show", strange],
      ["diff", usual, strange],
      ["diff", usual, strange, "--format", "markdown"],
      ["check", strange],
      ["sql", strange, "--recipe", `no such recipe ${STRANGE}`],
    ]) {
      const { out, error } = await sluice("package", ...words);
      expect(out + error, words.join(" ")).not.toMatch(CONTROL);
      expect((out + error).length).toBeGreaterThan(20);
    }
  } finally {
    await rm(folder, { recursive: true });
  }
});
