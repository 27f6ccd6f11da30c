import { tokenOf } from "../../provider/framework/token.js";
import type { Manifest } from "../manifest.js";
import type { Language } from "./languages.js";
import type { ProgramResource } from "./program.js";
import { quoteYaml } from "./quote.js";
import { printTypeScript } from "./typescript.js";
import { printYaml } from "./yaml.js";

/** What the files of a project say beside its resources. */
export interface Project {
  /** Name of the Pulumi project. */
  readonly name: string;
  /** Name of the environment, which is also the stack's. */
  readonly environment: string;
  readonly endpoint: string;
  readonly manifest: Manifest;
}

/** The files of a Pulumi project that states these resources, with the file that `pulumi import` takes: path → text. */
export function printProject(
  language: Language,
  project: Project,
  resources: readonly ProgramResource[],
): Map<string, string> {
  return new Map([
    ...(language === "typescript" ? typeScriptFiles(project, resources) : yamlFiles(project, resources)),
    [`Pulumi.${project.environment}.yaml`, `config:\n  sluice:endpoint: ${quoteYaml(project.endpoint)}\n`],
    ["import.json", printImport(language, project, resources)],
    [".gitignore", "node_modules/\n"],
  ]);
}

function typeScriptFiles(project: Project, resources: readonly ProgramResource[]): [string, string][] {
  const { dependencies, devDependencies } = project.manifest;
  const compilerOptions = {
    target: "ES2022",
    module: "node16",
    moduleResolution: "node16",
    // Without it the compiler takes the folder that the files share, and refuses to guess it.
    rootDir: ".",
    strict: true,
    skipLibCheck: true,
    noEmit: true,
  };
  return [
    ...printTypeScript(resources),
    ["Pulumi.yaml", projectSettings(project, "nodejs")],
    ["tsconfig.json", json({ compilerOptions, files: ["index.ts"] })],
    [
      "package.json",
      packageJson(project, {
        dependencies: pick(dependencies, ["@pulumi/pulumi"]),
        devDependencies: pick(devDependencies, ["ts-node", "typescript"]),
      }),
    ],
  ];
}

function yamlFiles(project: Project, resources: readonly ProgramResource[]): [string, string][] {
  return [
    ["Pulumi.yaml", `${projectSettings(project, "yaml")}${printYaml(resources)}`],
    ["package.json", packageJson(project, {})],
  ];
}

function projectSettings({ name, environment }: Project, runtime: string): string {
  return [
    `name: ${quoteYaml(name)}`,
    `runtime: ${runtime}`,
    `description: ${quoteYaml(`Adopted from the environment ${environment}.`)}`,
    "plugins:",
    "  providers:",
    "    - name: sluice",
    "      path: node_modules/pulumi-sluice/bin",
    "",
  ].join("\n");
}

interface Dependencies {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

/** Also a YAML project has one: npm is the way in which the provider's plugin comes. */
function packageJson({ name, manifest }: Project, more: Dependencies): string {
  return json({
    name: name.toLowerCase(),
    private: true,
    dependencies: { ...more.dependencies, "pulumi-sluice": `^${manifest.version}` },
    ...(more.devDependencies && { devDependencies: more.devDependencies }),
  });
}

function pick(versions: Readonly<Record<string, string>>, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.map((name) => [name, `^${(versions[name] ?? "0").replace(/^\^/, "")}`]));
}

/** The format is that of `pulumi import --file`. */
function printImport(language: Language, project: Project, resources: readonly ProgramResource[]): string {
  // The provider that the import makes must be the one that the program asks for; its SDK asks for its own version.
  const version = language === "typescript" ? { version: project.manifest.version } : {};
  return json({
    resources: resources.map(({ object, name }) => ({
      type: tokenOf(object.definition.name),
      name,
      id: object.id,
      ...version,
    })),
  });
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
