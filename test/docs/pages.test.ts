import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { describe, expect, it } from "vitest";
import { DEFAULT_SETTINGS } from "../../platform/settings.js";
import { settings } from "../../provider/config.js";

const root = join(__dirname, "..", "..");
const read = (path: string): string => readFileSync(join(root, path), "utf8");

const pages = [
  ...["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "platform/README.md"],
  ...["quickstart", "two-environments", "yaml"].map((example) => `examples/${example}/README.md`),
  ...readdirSync(join(root, "docs"), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".md"))
    .map((name) => join("docs", name)),
];

/** The names by which a page's headings can be linked to, as GitHub makes them. */
function anchorsOf(page: string): string[] {
  return [...page.matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, "")
      .replace(/\s/g, "-"),
  );
}

function linksOf(path: string): { target: string; anchor: string }[] {
  return [...read(path).matchAll(/\]\((?!\w+:)([^)#\s]*)#?([^)\s]*)\)/g)].map(
    ([, file = "", anchor = ""]) => ({
      target: file === "" ? path : relative(root, join(root, dirname(path), file)),
      anchor,
    }),
  );
}

/** The first two cells of a table's rows whose first cell is a code word: `word` → what the second says. */
function tableOf(page: string): Map<string, string> {
  const rows = [...page.matchAll(/^\| `([^`]+)` *\| *([^|]*?) *\|/gm)];
  return new Map(rows.map(([, name = "", second = ""]) => [name, second]));
}

describe("the pages", () => {
  it.each(pages)("link only to what there is: %s", (path) => {
    const broken = linksOf(path).filter(
      ({ target, anchor }) =>
        !existsSync(join(root, target)) || (anchor !== "" && !anchorsOf(read(target)).includes(anchor)),
    );
    expect(broken).toEqual([]);
  });

  it("list every setting of the provider, with the defaults that hold", () => {
    const listed = tableOf(read("docs/guides/operate.md"));
    const named = [...listed.keys()].filter((name) => name.startsWith("sluice:"));
    expect(named.sort()).toEqual(
      Object.keys(settings.shape)
        .map((name) => `sluice:${name}`)
        .sort(),
    );
    const numbers = Object.entries(settings.parse({})).filter(([, value]) => typeof value === "number");
    expect(numbers.map(([name]) => [name, Number(listed.get(`sluice:${name}`))])).toEqual(numbers);
  });

  it("list every setting of the platform", () => {
    const listed = tableOf(read("docs/platform.md"));
    // A group of settings has one line, or one for each of its members.
    const names = Object.entries(DEFAULT_SETTINGS).flatMap(([name, value]: [string, unknown]) =>
      listed.has(name) || typeof value !== "object" || value === null
        ? [name]
        : Object.keys(value).map((member) => `${name}.${member}`),
    );
    expect(names.filter((name) => !listed.has(name))).toEqual([]);
  });
});
