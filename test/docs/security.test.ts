import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";

const root = join(__dirname, "..", "..");

it("every promise of the page on security names a test that is there", () => {
  const rows = readFileSync(join(root, "docs", "security.md"), "utf8").matchAll(
    /^\| (.+?) +\| `([^`]+\.test\.ts)` *\|$/gm,
  );
  const promises = [...rows].map(([, promise = "", test = ""]) => ({ promise, test }));
  expect(promises.length).toBeGreaterThan(20);
  const missing = promises.filter(
    ({ test }) => !existsSync(join(root, test.includes("/") ? test : `test/platform/security/${test}`)),
  );
  expect(missing).toEqual([]);
});

it("every test of the platform's security is named by a promise", () => {
  const page = readFileSync(join(root, "docs", "security.md"), "utf8");
  const names = readdirSync(join(root, "test", "platform", "security"));
  expect(names.length).toBeGreaterThan(5);
  for (const name of names) expect(page).toContain(`\`${name}\``);
});
