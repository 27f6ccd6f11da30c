import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";
import ts from "typescript";
import { describe, expect, it } from "vitest";
import { registry } from "../../provider/registry.js";

const ROOT = join(__dirname, "..", "..");
const sources = readdirSync(join(ROOT, "provider"), { recursive: true, encoding: "utf8" })
  .map((path) => path.replaceAll("\\", "/"))
  .filter((path) => path.endsWith(".ts"));
const read = (path: string): string => readFileSync(join(ROOT, "provider", path), "utf8");

/** Imports of the files in a folder, as paths in `provider` without extension, or as package names. */
function importsOf(folder: string): { from: string; target: string }[] {
  return sources
    .filter((path) => path.startsWith(folder))
    .flatMap((from) =>
      ts.preProcessFile(read(from), true, true).importedFiles.map(({ fileName }) => ({
        from,
        target: fileName.startsWith(".")
          ? posix.join(posix.dirname(from), fileName).replace(/\.js$/, "")
          : fileName,
      })),
    );
}

function importsBeyond(folder: string, allowed: RegExp): string[] {
  const found = importsOf(folder);
  expect(found.length, `imports of ${folder}`).toBeGreaterThan(0);
  return found.filter(({ target }) => !allowed.test(target)).map(({ from, target }) => `${from}: ${target}`);
}

describe("inside the provider", () => {
  it("the client knows nothing of resources, and of packages only how to show a text", () => {
    expect(importsBeyond("client/", /^(client\/|zod$|\.\.\/flow\/printable$)/)).toEqual([]);
  });

  it("running jobs needs the client and nothing else", () => {
    expect(importsBeyond("jobs/", /^(jobs|client)\/|^zod$/)).toEqual([]);
  });

  it("the framework knows no network, no Pulumi and no resource, only the client's types, errors and what it hides, and what is true of any text", () => {
    const allowed =
      /^(framework\/|client\/(errors|client|hidden-texts)$|zod$|node:(crypto|fs)$|\.\.\/flow\/(language\/nearest-word|storable-text)$)/;
    expect(importsBeyond("framework/", allowed)).toEqual([]);
    const client = importsOf("framework/").filter(({ target }) => target === "client/client");
    for (const { from } of client)
      expect(read(from)).toMatch(/import type \{ Client \} from "\.\.\/client\/client\.js"/);
  });

  it("resources know no Pulumi, no host and no settings", () => {
    expect(
      importsBeyond(
        "resources/",
        /^(resources|framework|jobs|client)\/|^\.\.\/flow\/|^(zod|croner)$|^node:(fs\/promises|path)$/,
      ),
    ).toEqual([]);
  });

  it("functions know no Pulumi, no host and no settings, and no resource knows functions", () => {
    expect(
      importsBeyond("functions/", /^(functions|resources|framework|client)\/|^\.\.\/flow\/|^zod$/),
    ).toEqual([]);
    expect(importsOf("resources/").filter(({ target }) => /^functions(\/|$)/.test(target))).toEqual([]);
  });

  it("only hosts know Pulumi", () => {
    const knowing = importsOf("").filter(({ target }) => target.startsWith("@pulumi/"));
    expect(knowing.length).toBeGreaterThan(0);
    expect(knowing.filter(({ from }) => !from.startsWith("hosts/"))).toEqual([]);
  });

  it("only the client does HTTP", () => {
    const doing = sources.filter((path) =>
      /\bfetch\(|\bXMLHttpRequest\b|"(node:)?(https?|net|tls|undici)"/.test(read(path)),
    );
    expect(doing).toEqual(["client/client.ts"]);
  });

  it("only settings and secrets read the environment, and nothing else starts a process", () => {
    const reading = sources.filter((path) => /process\.env\b/.test(read(path)));
    expect(reading.sort()).toEqual(["config.ts", "framework/secrets.ts"]);
    expect(sources.filter((path) => /child_process|worker_threads/.test(read(path)))).toEqual([]);
  });
});

describe("a resource", () => {
  const kebab = (name: string) => name.replaceAll(/(?<!^)([A-Z])/g, "-$1").toLowerCase();

  it("is registered when a file defines it, and stands in the file of its name", () => {
    const defined = sources.filter((path) => read(path).includes("= defineResource({"));
    expect(defined.sort()).toEqual(registry.map(({ name }) => `resources/${kebab(name)}.ts`).sort());
  });

  it.each(registry.map(({ name }) => name))("%s has a test of what is particular to it", (name) => {
    expect(existsSync(join(ROOT, "test", "provider", "resources", `${kebab(name)}.test.ts`))).toBe(true);
  });

  it("never branches on a message", () => {
    const branching = sources.filter((path) =>
      /(?:if|\?|&&|\|\|)[^\n]*\.message\.(?:includes|match|startsWith|endsWith)/.test(read(path)),
    );
    expect(branching).toEqual([]);
  });
});
