import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";

const ROOT = join(__dirname, "..", "..");

interface LockedPackage {
  readonly integrity?: string;
  readonly link?: boolean;
  readonly hasInstallScript?: boolean;
}

const { packages } = JSON.parse(readFileSync(join(ROOT, "package-lock.json"), "utf8")) as {
  packages: Record<string, LockedPackage>;
};
const fetched = Object.entries(packages).filter(
  ([path, { link }]) => path.includes("node_modules/") && link !== true,
);

it("every package that is installed is held by its SHA-512, wherever it comes from", () => {
  expect(fetched.length).toBeGreaterThan(100);
  const loose = fetched.filter(([, { integrity = "" }]) => !/^sha512-[\w+/]{86}==$/.test(integrity));
  expect(loose.map(([path]) => path)).toEqual([]);
});

it("no package is needed whose install script would have to run: set-up runs none", () => {
  // Both work without theirs: one looks for a mistake in package.json, the other one makes its start quicker.
  const known = ["node_modules/esbuild", "node_modules/protobufjs"];
  const scripted = fetched.filter(([, { hasInstallScript }]) => hasInstallScript === true);
  expect(scripted.map(([path]) => path)).toEqual(known);
  const setUp = readFileSync(join(ROOT, "tools", "dependencies.mjs"), "utf8");
  expect(setUp).toContain('["ci", "--ignore-scripts", ');
});
