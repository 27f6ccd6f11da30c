import { count } from "../../flow/count.js";
import { registry } from "../../provider/registry.js";
import type { AdoptedObject } from "./adopted-object.js";
import type { Problem } from "./collect.js";
import { settingsOf } from "./program.js";
import type { ProgramResource } from "./program.js";
import type { Language } from "./languages.js";
import type { Project } from "./project.js";
import { nounOf } from "./types.js";

/** Folder of a project, as the user gave it, and its language. */
export interface WrittenProject {
  readonly folder: string;
  readonly language: Language;
}

/** What was adopted, what was not and why, what to know, and the commands that come next. */
export function printSummary(
  project: Project,
  written: readonly WrittenProject[],
  resources: readonly ProgramResource[],
  problems: readonly Problem[],
): string {
  const objects = resources.map(({ object }) => object);
  const settings = settingsOf(resources);
  const lines = [
    `adopted ${count(resources.length, "object")} of ${project.endpoint} into ${written.map(({ folder }) => folder).join(" and ")}`,
    ...registry.flatMap(({ name }) => {
      const number = objects.filter(({ definition }) => definition.name === name).length;
      return number === 0 ? [] : [`  ${count(number, ...nounOf(name))}`];
    }),
    ...section(
      "not adopted",
      problems.map(({ object, reason }) => `${object}: ${reason}`),
    ),
    ...section("to know", remarksOn(objects, settings)),
    ...(resources.length === 0 ? [] : section("next", nextCommands(project, written, settings))),
  ];
  return `${lines.join("\n")}\n`;
}

function remarksOn(objects: readonly AdoptedObject[], settings: readonly string[]): string[] {
  const released = new Set(objects.filter(isRelease).map(({ id }) => id));
  const hasReleases = released.size > 0;
  const idle = objects.filter(({ definition, id }) => definition.name === "Deployment" && !released.has(id));
  return [
    ...(hasReleases && idle.length > 0
      ? [
          `${count(idle.length, "deployment has", "deployments have")} no active release, so the program states none: ${shortList(idle.map(({ name }) => JSON.stringify(name)))}`,
        ]
      : []),
    ...objects.flatMap(({ warnings }) => warnings),
    ...(settings.length > 0
      ? [
          `values that look like secrets are not in the program, it takes them from settings: ${shortList(settings)}`,
        ]
      : []),
  ];
}

function isRelease({ definition }: AdoptedObject): boolean {
  return definition.name === "Release";
}

function nextCommands(
  project: Project,
  written: readonly WrittenProject[],
  settings: readonly string[],
): string[] {
  const [first, second] = written;
  const choice = second === undefined ? "" : `   # or ${shellWord(second.folder)}, not both`;
  return [
    `cd ${shellWord(first?.folder ?? ".")} && npm install${choice}`,
    `pulumi stack init ${project.environment}`,
    "pulumi config set --secret sluice:token …",
    ...settings.map((name) => `pulumi config set --secret ${name} …`),
    "pulumi import --file import.json --generate-code=false --yes",
    "pulumi preview",
  ];
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ["", title, ...lines.map((line) => `  ${line}`)];
}

/** Names of the first few; a platform may have hundreds. */
function shortList(names: readonly string[]): string {
  const shown = names.slice(0, 10).join(", ");
  return names.length > 10 ? `${shown} and ${String(names.length - 10)} more` : shown;
}

function shellWord(text: string): string {
  return /^[\w./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
