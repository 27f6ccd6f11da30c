import JSON5 from "json5";
import { describe, expect, it } from "vitest";
import { DEFAULT_PACKAGE_LIMITS, readArchive, writeArchive } from "../../flow/archive.js";
import { describeContents } from "../../flow/contents.js";
import { contentDigest } from "../../flow/digest.js";
import { checkPackage } from "../../flow/findings.js";
import type { FlowPackage, JsonValue } from "../../flow/model.js";
import { PackageError } from "../../flow/package-error.js";
import { readPackage } from "../../flow/read.js";
import { applyRules } from "../../flow/rules.js";
import { writePackage } from "../../flow/write.js";
import { HAS_REAL_PACKAGES, listRealPackages } from "../real-packages.js";
import { createRandom, randomPackage } from "./random-package.js";

const RULES = {
  connections: [{ on: { name: "orders" }, with: 12 }],
  values: [
    { type: "fileLocation", on: "/[a-z]+/", with: "x" },
    { type: "s3Bucket", on: "`{any}`", with: "y" },
    { type: "dbPath", on: "a", with: "b" },
  ],
} as const;

const STRANGE: readonly JsonValue[] = [
  null,
  0,
  -1,
  1.5,
  1e300,
  true,
  "",
  "text",
  "7",
  [],
  [[]],
  {},
  { kind: 5 },
];

type Holder = JsonValue[] | Record<string, JsonValue>;

/** Replaces or removes one member, each as likely as any other on the way down. */
function damage(root: JsonValue, random: () => number): void {
  let holder = root as Holder;
  for (;;) {
    const keys = Object.keys(holder);
    const key = keys[Math.floor(random() * keys.length)];
    if (key === undefined) return;
    const members = holder as Record<string, JsonValue>;
    const child = members[key];
    if (typeof child === "object" && child !== null && random() < 0.85) {
      holder = child;
      continue;
    }
    if (random() < 0.3) Reflect.deleteProperty(members, key);
    else members[key] = STRANGE[Math.floor(random() * STRANGE.length)] ?? null;
    return;
  }
}

async function definitionOf(source: string | Uint8Array): Promise<string> {
  const [content] = [...(await readArchive(source, DEFAULT_PACKAGE_LIMITS, () => true)).values()];
  return JSON.stringify(JSON5.parse(content?.toString("utf8") ?? ""));
}

/** Reads a damaged definition; null when it was refused as it should be. */
async function readDamaged(definition: string, seed: number): Promise<FlowPackage | null> {
  const root = JSON.parse(definition) as JsonValue;
  const random = createRandom(seed);
  for (let count = 1 + Math.floor(random() * 3); count > 0; count -= 1) damage(root, random);
  const bytes = await writeArchive([{ name: "flow_x.json", content: JSON.stringify(root) }]);
  try {
    return await readPackage(bytes);
  } catch (error) {
    expect(error, `seed ${seed}`).toBeInstanceOf(PackageError);
    return null;
  }
}

/** Everything that is done with a package that was read must work. */
async function use(pkg: FlowPackage): Promise<void> {
  const ruled = applyRules(pkg, RULES);
  describeContents(ruled);
  checkPackage(ruled);
  const written = await readPackage(await writePackage(pkg));
  expect(contentDigest(written)).toBe(contentDigest(pkg));
}

describe("a damaged definition", () => {
  it("is refused with a PackageError, or reads into a package that can be used", async () => {
    let accepted = 0;
    const tries = 600;
    for (let seed = 1; seed <= tries; seed += 1) {
      const definition = await definitionOf(await writePackage(randomPackage(seed % 50)));
      const pkg = await readDamaged(definition, seed);
      if (pkg === null) continue;
      accepted += 1;
      await use(pkg);
    }
    // Both outcomes must be met often, or the damage tests nothing.
    expect(accepted).toBeGreaterThan(tries / 10);
    expect(accepted).toBeLessThan(tries * 0.9);
  });
});

describe.skipIf(!HAS_REAL_PACKAGES)("a damaged real definition", () => {
  it.each(listRealPackages())("of $name is refused, or can be used", async ({ path }) => {
    const definition = await definitionOf(path);
    for (let seed = 1; seed <= 12; seed += 1) {
      const pkg = await readDamaged(definition, seed);
      if (pkg !== null) await use(pkg);
    }
  });
});
