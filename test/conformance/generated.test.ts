import { readdir, readFile } from "node:fs/promises";
import { join, posix } from "node:path";
import prettier from "prettier";
import { expect, it } from "vitest";
import { generate } from "../../provider/codegen/generate.js";

const ROOT = join(__dirname, "..", "..");

it("generated files on disk are what the definitions make, and there are no others", async () => {
  const wanted = await generate(ROOT);
  const paths = Object.keys(wanted).sort();
  expect(paths).toContain("schema.json");
  const stale: string[] = [];
  for (const [path, text] of Object.entries(wanted)) {
    const options = await prettier.resolveConfig(join(ROOT, path));
    const formatted = path.endsWith(".ts")
      ? await prettier.format(text, { ...options, filepath: path })
      : text;
    const present = await readFile(join(ROOT, path), "utf8").catch(() => undefined);
    if (present !== formatted) stale.push(path);
  }
  expect(stale, "run `npm run generate`").toEqual([]);
  const present = await Promise.all(
    ["sdk/nodejs", "docs/resources", "docs/functions"].map(async (folder) =>
      (await readdir(join(ROOT, folder))).map((name) => posix.join(folder, name)),
    ),
  );
  expect(present.flat().filter((path) => !(path in wanted))).toEqual([]);
});
