import { basename, join, resolve } from "node:path";
import { readManifest } from "../manifest.js";
import { platformTarget } from "../platform-target.js";
import type { CommandOutput } from "../run.js";
import type { AdoptedObject } from "./adopted-object.js";
import { Collector } from "./collect.js";
import { Journal } from "./journal.js";
import { KeepingClient } from "./keeping-client.js";
import { LANGUAGES } from "./languages.js";
import type { Language } from "./languages.js";
import { toNameFilter } from "./name-filter.js";
import { planProgram } from "./program.js";
import type { ProgramResource } from "./program.js";
import { printProject } from "./project.js";
import type { Project } from "./project.js";
import { printSummary } from "./summary.js";
import type { WrittenProject } from "./summary.js";
import { selectTypes } from "./types.js";
import { removeParts, writeWhole } from "../write-whole.js";

/** The options of `sluice adopt`, as given. */
export interface AdoptOptions {
  readonly environment: string;
  readonly out: string;
  readonly only?: string;
  readonly name?: readonly string[];
  readonly language: Language | "both";
  readonly endpoint?: string;
  readonly project?: string;
  readonly requestsPerSecond: number;
}

/**
 * Reads what the platform holds and writes projects that state it. Answers whether everything was adopted. Progress
 * goes to `output.error`, the summary to `output.out`. What was read is kept when it throws, for the next run.
 */
export async function adoptEnvironment(options: AdoptOptions, output: CommandOutput): Promise<boolean> {
  const say = (line: string) => output.error(`${line}\n`);
  const out = resolve(options.out);
  const target = platformTarget(options.endpoint, { requestsPerSecond: options.requestsPerSecond });
  const { endpoint } = target;
  const project: Project = {
    name: options.project ?? toProjectName(basename(out)),
    environment: options.environment,
    endpoint,
    manifest: readManifest(),
  };
  const selection = { definitions: selectTypes(options.only), isWanted: toNameFilter(options.name ?? []) };

  const journal = await Journal.open(out, endpoint);
  if (journal.size > 0)
    say(`going on with what was read since ${journal.started}; remove ${options.out} to begin anew`);
  await removeParts(journal.downloads);
  const client = new KeepingClient({ ...target, onUnreached: say }, journal.downloads);
  const owner = `${project.name}/${project.environment}/adopt`;
  const { objects, problems } = await new Collector(client, owner, selection, journal, out, say).collect();

  const languages = options.language === "both" ? LANGUAGES : [options.language];
  const written: WrittenProject[] = [];
  let resources: ProgramResource[] = [];
  for (const language of languages) {
    const folder = languages.length > 1 ? language : "";
    resources = planProgram(folder === "" ? objects : objects.map(fromSubfolder));
    if (resources.length === 0) break;
    for (const [path, text] of printProject(language, project, resources))
      await writeWhole(join(out, folder, path), text);
    written.push({ folder: join(options.out, folder), language });
  }
  await journal.close();
  output.out(printSummary(project, written, resources, problems));
  return problems.length === 0;
}

/** Packages lie beside the folders of the languages. */
function fromSubfolder(object: AdoptedObject): AdoptedObject {
  const path = object.inputs["package"];
  return typeof path === "string"
    ? { ...object, inputs: { ...object.inputs, package: `../${path}` } }
    : object;
}

/** A project's name holds letters, digits, `-`, `_` and `.` only. */
function toProjectName(text: string): string {
  const name = text.replaceAll(/[^\w.-]+/g, "-").replace(/^[-.]+|[-.]+$/g, "");
  return name === "" ? "adopted" : name;
}
