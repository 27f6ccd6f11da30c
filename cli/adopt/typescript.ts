import type { AdoptedObject } from "./adopted-object.js";
import { nameFiles } from "./names.js";
import { groupByRoot, settingsOf } from "./program.js";
import type { ProgramResource } from "./program.js";
import { quoteScript } from "./quote.js";
import { flatten } from "./references.js";
import { printExpression, printMap } from "./script-expression.js";
import { pluralOf } from "./types.js";

/** Most resources in one file; a program of more is split. */
const RESOURCES_IN_A_FILE = 40;

interface Module {
  /** Path from the program's folder, without extension. */
  readonly path: string;
  readonly resources: readonly ProgramResource[];
}

/** The modules of a TypeScript program: path → text. A small program is one `index.ts`. */
export function printTypeScript(resources: readonly ProgramResource[]): Map<string, string> {
  const isSmall = resources.length <= RESOURCES_IN_A_FILE;
  const modules = isSmall ? [{ path: "index", resources }] : split(resources);
  const program = new Program(modules);
  const files = new Map(modules.map((module) => [`${module.path}.ts`, program.print(module)]));
  if (!isSmall) files.set("index.ts", modules.map(({ path }) => `import "./${path}";\n`).join(""));
  return files;
}

/** What belongs together has a file of its own; what stands alone shares files with its like. */
function split(resources: readonly ProgramResource[]): Module[] {
  const byType = new Map<string, ProgramResource[][]>();
  for (const group of groupByRoot(resources)) {
    const type = group[0]?.root.definition.name ?? "";
    byType.set(type, [...(byType.get(type) ?? []), group]);
  }
  return [...byType].flatMap(([type, groups]) => {
    if (groups.every((group) => group.length === 1)) return inChunks(pluralOf(type), groups.flat());
    const roots = groups.flatMap(([first]) => (first ? [{ type, id: first.root.id, name: first.name }] : []));
    const names = nameFiles(roots);
    return groups.map((group, index) => ({
      path: `${pluralOf(type)}/${names[index] ?? String(index)}`,
      resources: group,
    }));
  });
}

function inChunks(name: string, resources: readonly ProgramResource[]): Module[] {
  const count = Math.ceil(resources.length / RESOURCES_IN_A_FILE);
  return Array.from({ length: count }, (_, index) => ({
    path: count === 1 ? name : `${name}-${String(index + 1)}`,
    resources: resources.slice(index * RESOURCES_IN_A_FILE, (index + 1) * RESOURCES_IN_A_FILE),
  }));
}

/** Knows which resource is in which module, and which are referred to. */
class Program {
  readonly #places = new Map<AdoptedObject, { variable: string; module: Module }>();
  readonly #targets = new Set<AdoptedObject>();
  readonly #imported = new Set<AdoptedObject>();

  constructor(modules: readonly Module[]) {
    for (const module of modules)
      for (const { object, variable } of module.resources) this.#places.set(object, { variable, module });
    for (const module of modules)
      for (const target of targetsOf(module)) {
        this.#targets.add(target);
        if (this.#places.get(target)?.module !== module) this.#imported.add(target);
      }
  }

  print(module: Module): string {
    const body = module.resources.map((resource) => this.#printResource(resource)).join("\n");
    const hasSettings = settingsOf(module.resources).length > 0;
    return [
      hasSettings ? `import * as pulumi from "@pulumi/pulumi";\n` : "",
      `import * as sluice from "pulumi-sluice/plugin";\n`,
      this.#printImports(module),
      hasSettings ? "\nconst config = new pulumi.Config();\n" : "",
      `\n${body}`,
    ].join("");
  }

  #printImports(module: Module): string {
    const byPath = new Map<string, string[]>();
    for (const target of targetsOf(module)) {
      const place = this.#places.get(target);
      if (place === undefined || place.module === module) continue;
      byPath.set(place.module.path, [...(byPath.get(place.module.path) ?? []), place.variable]);
    }
    const up = "../".repeat(module.path.split("/").length - 1) || "./";
    return [...byPath]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([path, names]) => `import { ${names.sort().join(", ")} } from "${up}${path}";\n`)
      .join("");
  }

  #printResource({ object, name, variable, arguments: entries }: ProgramResource): string {
    const remarks = object.remarks.map((remark) => `// ${remark}\n`).join("");
    const isTarget = this.#targets.has(object);
    const start = `${this.#imported.has(object) ? "export " : ""}${isTarget ? `const ${variable} = ` : ""}`;
    const nameOf = (target: AdoptedObject) => this.#places.get(target)?.variable ?? "";
    const body =
      entries.length === 1 ? printExpression({ kind: "map", entries }, nameOf) : printMap(entries, nameOf);
    return `${remarks}${start}new sluice.${object.definition.name}(${quoteScript(name)}, ${body});\n`;
  }
}

function targetsOf({ resources }: Module): Set<AdoptedObject> {
  const expressions = resources.flatMap((resource) =>
    resource.arguments.flatMap(([, value]) => flatten(value)),
  );
  return new Set(expressions.flatMap((value) => (value.kind === "reference" ? [value.to] : [])));
}
