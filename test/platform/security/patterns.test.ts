import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createMatcher } from "../../../flow/value-matcher.js";
import { toNameFilter } from "../../../cli/adopt/name-filter.js";

const ROOT = join(__dirname, "..", "..", "..");
const SOURCES = ["flow", "platform", "provider", "cli"];

/**
 * Sources that put a regular expression of JavaScript's together, with what it is made of. Nothing that a person, a package or a
 * platform gives may be in one: such expressions run on RE2, in time that grows with the text alone.
 */
const PUT_TOGETHER: Readonly<Record<string, string>> = {
  "platform/backup/backup-file.ts": "names of the files that it writes itself",
  "platform/jobs/duckdb/table-files.ts": "one of the delimiters that it knows",
};

test("no regular expression of JavaScript's is made of what somebody gave", () => {
  const sources = SOURCES.flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" }).map((path) =>
      `${folder}/${path}`.replaceAll("\\", "/"),
    ),
  ).filter((path) => path.endsWith(".ts") && !/\.d\.ts$|(^|\/)(dist|node_modules)\//.test(path));
  expect(sources.length).toBeGreaterThan(200);
  const making = sources.filter((path) => /\bRegExp\s*\(/.test(readFileSync(join(ROOT, path), "utf8")));
  expect(making).not.toEqual([]);
  expect(making.filter((path) => PUT_TOGETHER[path] === undefined)).toEqual([]);
});

const LONG = "a".repeat(100_000);

test.each(["/(a+)+$/", "/(a|aa)+b/", "/(.*)*x/", "/^(([a-z])+.)+[A-Z]([a-z])+$/", "`{any}+{alpha}*b`"])(
  "the rule %s ends soon on a text that would keep JavaScript's own expressions busy for ever",
  (pattern) => {
    const started = performance.now();
    try {
      createMatcher(pattern, "x").replace(`${LONG}!`);
    } catch (error) {
      // A pattern may be none that the language knows.
      expect(error).toBeInstanceOf(Error);
    }
    expect(performance.now() - started).toBeLessThan(5000);
  },
);

test("what cannot be done in such time is refused: references to groups and looks around", () => {
  for (const pattern of ["/(a)\\1/", "/(?=a)/", "/(?<!a)b/"])
    expect(() => createMatcher(pattern, "x"), pattern).toThrow();
});

test("names of a platform cannot keep the command line busy either", () => {
  const started = performance.now();
  expect(toNameFilter(["/(a+)+$/", `${"*a".repeat(30)}`])?.(`${LONG}!`)).toBe(false);
  expect(performance.now() - started).toBeLessThan(5000);
  const isWanted = toNameFilter(["ord*", "a?c", "x.y", "/^\\d+$/"]);
  expect(["orders", "abc", "x.y", "12"].map((name) => isWanted?.(name))).toEqual([true, true, true, true]);
  expect(["my orders", "abbc", "xzy", "1a"].map((name) => isWanted?.(name))).toEqual([
    false,
    false,
    false,
    false,
  ]);
});
