import { describe, expect, it } from "vitest";
import { sluice } from "./command-line.js";

const COMMANDS = [
  ["adopt"],
  ["migrate-state"],
  ["package"],
  ["package", "build"],
  ["package", "show"],
  ["package", "diff"],
  ["package", "check"],
  ["package", "sql"],
  ["package", "run"],
  ["platform"],
  ["platform", "start"],
  ["platform", "backup"],
  ["platform", "restore"],
  ["preview-report"],
  ["run"],
];

/** Help on one line, however it was broken. */
async function helpOf(command: readonly string[]): Promise<string> {
  const { code, out } = await sluice(...command, "--help");
  expect(code).toBe(0);
  return out.replace(/\s+/g, " ");
}

describe("help", () => {
  it.each(COMMANDS)(
    "of %s %s tells no default that only means that nothing was given",
    async (...command) => {
      expect(await helpOf(command)).not.toMatch(/default: (\{\}|\[\]|true|false)/);
    },
  );

  it("lists every command", async () => {
    const groups = await Promise.all([[], ["package"], ["platform"]].map(helpOf));
    for (const command of COMMANDS) expect(groups.join(" ")).toContain(` ${command.at(-1)} `);
  });

  it.each(COMMANDS)("is what %s %s refers to for an option that is misspelt", async (...command) => {
    const { out } = await sluice(...command, "--help");
    const options = [...out.matchAll(/^ {2}(?:-\w, )?(--[a-z-]+)/gm)].map(([, option = ""]) => option);
    expect(options).toContain("--help");
    const own = options.filter((option) => option !== "--help");
    for (const option of own) {
      // Without anything that the command requires.
      const { code, error, out } = await sluice(...command, `${option}x`, "value");
      expect([code, out]).toEqual([2, ""]);
      expect(error).toMatch(
        new RegExp(`^error: unknown option '${option}x'\n\\(Did you mean .*${option}\\b`),
      );
    }
  });

  it("tells what is required beside an option that is misspelt", async () => {
    expect((await sluice("run", "--deploymnt", "orders", "--help")).out).toContain("id:12 (required)");
  });

  it("says what must be given, what can be chosen, and what is done without it", async () => {
    const help = await helpOf(["platform", "start"]);
    expect(help).toContain("made when missing (required)");
    expect(help).toContain("(one of replace-by-key, replace-list; default: replace-by-key)");
    expect(help).toContain("0 takes a free one (default: 0)");
  });
});
