import { readdirSync, readFileSync } from "node:fs";
import { basename, extname, join, posix } from "node:path";

import ts from "typescript";
import { describe, expect, it } from "vitest";

const ROOT = join(__dirname, "..");
const SKIPPED_FOLDERS = new Set([".git", ".sluice", "coverage", "dist", "node_modules"]);
const GENERATED =
  /^(sdk\/|schema\.json$|package-lock\.json$|docs\/(functions|resources)\/|docs\/preview-report\.schema\.json$|.*\/go\.(mod|sum)$)/;
/** Written by Pulumi's own generators, in their style. */
const FOREIGN = /^sdk\/(go|plugin|python)\//;

function listFiles(folder = ""): string[] {
  return readdirSync(join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = posix.join(folder, entry.name);
    if (entry.isDirectory()) return SKIPPED_FOLDERS.has(entry.name) ? [] : listFiles(path);
    return entry.isFile() ? [path] : [];
  });
}

const files = listFiles();
const sources = files.filter((path) => /\.(ts|mts|mjs)$/.test(path));
const handWritten = files.filter((path) => !GENERATED.test(path));
const read = (path: string): string => readFileSync(join(ROOT, path), "utf8");

/** The parts of the product and what each may import besides itself. */
const ALLOWED: Record<string, readonly string[]> = {
  flow: [],
  provider: ["flow"],
  platform: ["flow"],
  cli: ["flow", "provider", "platform"],
  sdk: ["provider"],
  examples: ["flow", "sdk"],
};
/** The one file of the provider that the generated SDK may import. */
const PROVIDER_ENTRY = "provider/index";
const PACKAGE_PARTS: Record<string, string> = {
  "pulumi-sluice": "sdk",
  "pulumi-sluice/plugin": "sdk",
  "pulumi-sluice/provider": "provider",
  "pulumi-sluice/flow": "flow",
  "sluice-platform": "platform",
};

function statementsOf(path: string): readonly ts.Statement[] {
  return ts.createSourceFile(path, read(path), ts.ScriptTarget.Latest).statements;
}

interface Import {
  from: string;
  specifier: string;
  target: string;
}

/** Where an import leads: a path without extension below the root, or a package name. */
function resolveTarget(from: string, specifier: string): string {
  if (!specifier.startsWith(".")) return specifier;
  return posix.join(posix.dirname(from), specifier).replace(/\.(js|mjs|ts)$/, "");
}

function importsOf(path: string): Import[] {
  return ts.preProcessFile(read(path), true, true).importedFiles.map(({ fileName }) => ({
    from: path,
    specifier: fileName,
    target: resolveTarget(path, fileName),
  }));
}

const imports = sources.flatMap(importsOf);

function partOf(target: string, specifier: string): string | undefined {
  if (!specifier.startsWith(".")) return PACKAGE_PARTS[specifier];
  const folder = target.split("/")[0] ?? "";
  return folder in ALLOWED || folder === "test" || folder === "tools" ? folder : undefined;
}

function forbiddenImports(part: string, allowed: readonly string[]): string[] {
  return imports
    .filter(({ from }) => from.startsWith(`${part}/`))
    .filter(({ target, specifier }) => {
      const importedPart = partOf(target, specifier);
      return importedPart !== undefined && importedPart !== part && !allowed.includes(importedPart);
    })
    .map(({ from, specifier }) => `${from} imports ${specifier}`);
}

/** Import statements that the compiler leaves standing, so that the module loads with the file that imports it. */
function eagerImportsOf(path: string): string[] {
  return statementsOf(path).flatMap((statement) => {
    if (ts.isImportDeclaration(statement) && ts.isStringLiteral(statement.moduleSpecifier)) {
      return statement.importClause?.isTypeOnly === true ? [] : [statement.moduleSpecifier.text];
    }
    if (
      ts.isExportDeclaration(statement) &&
      statement.moduleSpecifier !== undefined &&
      !statement.isTypeOnly
    ) {
      return ts.isStringLiteral(statement.moduleSpecifier) ? [statement.moduleSpecifier.text] : [];
    }
    return [];
  });
}

describe("import directions", () => {
  it("sees the imports of every part that has sources", () => {
    const partsWithImports = Object.keys(ALLOWED).filter((part) =>
      imports.some(({ from }) => from.startsWith(`${part}/`)),
    );
    expect(partsWithImports).toEqual(
      Object.keys(ALLOWED).filter((part) => sources.some((path) => path.startsWith(`${part}/`))),
    );
    expect(
      imports.some(({ from, target }) => from === "test/boundaries.test.ts" && target === "typescript"),
    ).toBe(true);
  });

  it.each(Object.entries(ALLOWED))("%s imports only its own parts and %j", (part, allowed) => {
    expect(forbiddenImports(part, allowed)).toEqual([]);
  });

  it("the generated SDK reaches the provider only through its public entry", () => {
    const reached = imports
      .filter(({ from, target }) => from.startsWith("sdk/") && target.startsWith("provider/"))
      .filter(({ target }) => target !== PROVIDER_ENTRY);
    expect(reached).toEqual([]);
  });

  it("the command line loads the platform only when a command needs it", () => {
    const eager = sources
      .filter((path) => path.startsWith("cli/"))
      .flatMap((path) => eagerImportsOf(path).map((specifier) => ({ path, specifier })))
      .filter(({ path, specifier }) => partOf(resolveTarget(path, specifier), specifier) === "platform");
    expect(eager).toEqual([]);
  });

  it.each([
    { folder: "provider/hosts", what: "knows Pulumi", packages: /^@pulumi\// },
    { folder: "provider/client", what: "does HTTP", packages: /^(undici|node:https?|node:net|node:tls)$/ },
  ])("in the provider only $folder $what", ({ folder, packages }) => {
    const elsewhere = imports
      .filter(({ from, specifier }) => from.startsWith("provider/") && packages.test(specifier))
      .filter(({ from }) => !from.startsWith(`${folder}/`));
    expect(elsewhere).toEqual([]);
  });

  it("no source of the product imports from the tests", () => {
    const reached = imports.filter(
      ({ from, target }) => !from.startsWith("test/") && target.startsWith("test/"),
    );
    expect(reached).toEqual([]);
  });

  it("every relative import names an emitted file", () => {
    const bare = imports.filter(
      ({ from, specifier }) => !FOREIGN.test(from) && specifier.startsWith(".") && extname(specifier) === "",
    );
    expect(bare.map(({ from, specifier }) => `${from} imports ${specifier}`)).toEqual([]);
  });

  it("Node's own modules carry the node: prefix", () => {
    const builtin =
      /^(assert|buffer|child_process|crypto|events|fs|http|https|net|os|path|stream|url|util|zlib)(\/|$)/;
    expect(imports.filter(({ specifier }) => builtin.test(specifier))).toEqual([]);
  });
});

describe("files", () => {
  it("none that a person writes is longer than 400 lines", () => {
    const readable = handWritten.filter((path) => /\.(ts|mts|mjs|md|json5?|ya?ml)$/.test(path));
    const tooLong = readable
      .map((path) => ({ path, lines: read(path).split("\n").length - 1 }))
      .filter(({ lines }) => lines > 400);
    expect(tooLong).toEqual([]);
  });

  it("sources are named in kebab-case", () => {
    const kebab = /^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9-]+)*$/;
    const named = sources.filter((path) => !GENERATED.test(path)).flatMap((path) => path.split("/"));
    expect([...new Set(named)].filter((name) => !kebab.test(name))).toEqual([]);
  });

  it("no name says nothing", () => {
    const empty = ["utils", "util", "helpers", "helper", "common", "misc", "manager", "data"];
    const stems = files.flatMap((path) =>
      path.split("/").map((name) => ({ path, stem: name.split(".")[0] ?? "" })),
    );
    expect(stems.filter(({ stem }) => empty.includes(stem)).map(({ path }) => path)).toEqual([]);
  });

  it("only public entries do nothing but pass exports on", () => {
    const entries = ["flow/index.ts", "provider/index.ts", "platform/index.ts", "sdk/nodejs/index.ts"];
    const barrels = sources.filter((path) => {
      const statements = statementsOf(path);
      const passesOn = (statement: ts.Statement): boolean =>
        ts.isExportDeclaration(statement) && statement.moduleSpecifier !== undefined;
      return statements.length > 0 && statements.every(passesOn);
    });
    expect(barrels.filter((path) => !entries.includes(path) && !FOREIGN.test(path))).toEqual([]);
  });

  it("no source has a default export but the settings of tools that ask for one", () => {
    const isDefault = (statement: ts.Statement): boolean =>
      (ts.isExportAssignment(statement) && statement.isExportEquals !== true) ||
      (ts.canHaveModifiers(statement) &&
        (ts.getModifiers(statement) ?? []).some(({ kind }) => kind === ts.SyntaxKind.DefaultKeyword));
    const withDefault = sources.filter((path) => statementsOf(path).some(isDefault));
    expect(withDefault.filter((path) => !basename(path).includes(".config."))).toEqual([]);
  });

  it("none names a folder of the machine it was written on", () => {
    const machinePath = /(^|[\s"'`(=:])\/(work|root|home\/\w+|Users\/\w+)(\/|$)/m;
    const texts = handWritten.filter((path) => /\.(ts|mts|mjs|md|json5?|ya?ml|sh)$|^\.ci\//.test(path));
    expect(
      texts.filter((path) => path !== "test/boundaries.test.ts" && machinePath.test(read(path))),
    ).toEqual([]);
  });

  it("no comment promises work without an issue", () => {
    const promise = /\b(TODO|FIXME|XXX)\b(?! \(#\d+\))/;
    const promising = handWritten.filter(
      (path) => path !== "test/boundaries.test.ts" && /\.(ts|mts|mjs)$/.test(path),
    );
    expect(promising.filter((path) => promise.test(read(path)))).toEqual([]);
  });
});

interface PackageFile {
  dependencies: Record<string, string>;
  devDependencies?: Record<string, string>;
}

function readPackageFile(path: string): PackageFile {
  return JSON.parse(read(path)) as PackageFile;
}

describe("packages", () => {
  const root = readPackageFile("package.json");
  const platform = readPackageFile("platform/package.json");

  it("the platform asks for the same version of a package as the root does", () => {
    const wanted = { ...root.devDependencies, ...root.dependencies };
    const different = Object.entries(platform.dependencies).filter(
      ([name, version]) => wanted[name] !== undefined && wanted[name] !== version,
    );
    expect(different).toEqual([]);
  });

  /** The sources of `folders` and every source that they import, however far: what a package is compiled from. */
  function compiledFrom(folders: readonly string[]): Set<string> {
    const reached = new Set(sources.filter((path) => folders.includes(path.split("/")[0] ?? "")));
    for (const path of reached) {
      for (const { from, target } of imports)
        if (from === path && sources.includes(`${target}.ts`)) reached.add(`${target}.ts`);
    }
    return reached;
  }

  const nameOf = (specifier: string): string =>
    specifier
      .split("/")
      .slice(0, specifier.startsWith("@") ? 2 : 1)
      .join("/");

  it.each([
    { of: "the provider", folders: ["flow", "provider", "cli", "sdk"], declared: root.dependencies },
    { of: "the platform", folders: ["platform"], declared: platform.dependencies },
  ])("the package of $of declares every package that its sources import", ({ folders, declared }) => {
    const compiled = compiledFrom(folders);
    const undeclared = imports
      .filter(({ from, specifier }) => compiled.has(from) && !/^(\.|node:)/.test(specifier))
      .map(({ from, specifier }) => ({ from, name: nameOf(specifier) }))
      .filter(({ name }) => !(name in declared) && PACKAGE_PARTS[name] === undefined);
    expect(undeclared).toEqual([]);
  });
});
