import { Command } from "commander";
import { describeContents, type FlowContents, type PackageContents } from "../flow/contents.js";
import { contentDigest } from "../flow/digest.js";
import { createNamer } from "../flow/graph.js";
import type { FlowPackage } from "../flow/model.js";
import { applyRules } from "../flow/rules.js";
import { code, codeLines, fenced, plain, table } from "./markdown.js";
import { addFormat, chooseFormat, type FormatOptions } from "./package-format.js";
import { loadPackage, loadRules } from "./package-input.js";
import type { CommandOutput } from "./run.js";

interface ShowOptions extends FormatOptions {
  readonly rules?: string;
}

/** `sluice package show`: what is in a package. */
export function showCommand(output: CommandOutput): Command {
  const command = new Command("show")
    .description("Show a package's flows: recipes with their steps, inputs and outputs")
    .argument("<file>", "a package, or the folder of its readable source")
    .option("--rules <file>", "import rules (JSON) to apply first");
  addFormat(command).action((file: string, options: ShowOptions) => show(file, options, output));
  return command;
}

async function show(file: string, options: ShowOptions, output: CommandOutput): Promise<void> {
  const ruled = applyRules(await loadPackage(file), await loadRules(options.rules));
  const pkg = ruled.package;
  const described = describeContents(ruled, { maxBytes: Number.POSITIVE_INFINITY });
  // Without rules nothing is mapped, so the connections are shown as the package has them.
  const contents =
    options.rules === undefined ? { ...described, connections: listConnections(pkg) } : described;
  switch (chooseFormat(options)) {
    case "json": {
      const { uuid, productVersion, exportedAt } = pkg.metadata;
      const head = { uuid, productVersion, exportedAt, contentDigest: contentDigest(pkg) };
      output.data(`${JSON.stringify({ ...head, ...contents }, null, 2)}\n`);
      break;
    }
    case "markdown":
      output.out(`${[...describeHead(pkg).map(plain), ...formatMarkdown(contents)].join("\n")}\n`);
      break;
    case "text":
      output.out(`${[...describeHead(pkg), ...formatText(contents)].join("\n")}\n`);
      break;
  }
}

function listConnections(pkg: FlowPackage): { readonly [name: string]: string } {
  const uniqueName = createNamer();
  const byId = [...pkg.connections].sort((a, b) => a.id - b.id);
  return Object.fromEntries(
    byId.map(({ name, uuid, vendor, type }) => [uniqueName(name), `${vendor ?? type} ${uuid}`]),
  );
}

function describeHead(pkg: FlowPackage): string[] {
  const { uuid, productVersion, exportedAt } = pkg.metadata;
  const exported = exportedAt === null ? "" : `, exported ${exportedAt}`;
  return [
    `package ${uuid}${exported}, product ${productVersion === "" ? "unknown" : productVersion}`,
    `content ${contentDigest(pkg)}`,
  ];
}

function formatText(contents: PackageContents): string[] {
  const lines = Object.entries(contents.flows).flatMap(([name, flow]) => [
    "",
    `flow ${name}`,
    ...formatFlow(flow),
  ]);
  return [...lines, ...formatMap("connections", contents.connections, 0, 1)];
}

function formatFlow(flow: FlowContents): string[] {
  const lines = flow.description === undefined ? [] : [`  ${flow.description}`];
  lines.push(...formatMap("inputs", flow.inputs, 1), ...formatMap("parameters", flow.parameters, 1));
  for (const [name, text] of Object.entries(flow.recipes ?? {})) {
    const reads = flow.reads?.[name];
    lines.push("", `  recipe ${name}${reads === undefined ? "" : ` (reads ${reads})`}`);
    lines.push(...numberSteps(text).map((line) => `  ${line}`));
  }
  return [
    ...lines,
    ...formatMap("outputs", joinTargets(flow, "; "), 1, 1),
    ...formatMap("webhooks", flow.webhooks, 1, 1),
  ];
}

function numberSteps(text: string): string[] {
  return text.split("\n").map((step, index) => `${String(index + 1).padStart(4)}  ${step}`);
}

function joinTargets(flow: FlowContents, separator: string): { readonly [name: string]: string } {
  return Object.fromEntries(
    Object.entries(flow.outputs ?? {}).map(([name, targets]) => [name, targets.join(separator)]),
  );
}

/** A heading and one line for each entry; nothing when there are none. */
function formatMap(
  title: string,
  entries: { readonly [name: string]: string } | undefined,
  depth: number,
  emptyLines = 0,
): string[] {
  const indent = "  ".repeat(depth);
  const lines = Object.entries(entries ?? {}).map(([name, text]) => `${indent}  ${name}: ${text}`);
  return lines.length === 0 ? [] : [...Array<string>(emptyLines).fill(""), `${indent}${title}`, ...lines];
}

function formatMarkdown(contents: PackageContents): string[] {
  const flows = Object.entries(contents.flows).flatMap(([name, flow]) => [
    "",
    `## ${plain(name)}`,
    ...(flow.description === undefined ? [] : ["", plain(flow.description)]),
    ...formatTable("Input", flow.inputs),
    ...formatTable("Parameter", flow.parameters),
    ...formatRecipes(flow),
    ...formatTable("Output", joinTargets(flow, "\n")),
    ...formatTable("Webhook", flow.webhooks),
  ]);
  return [...flows, ...formatTable("Connection", contents.connections)];
}

function formatTable(title: string, entries: { readonly [name: string]: string } | undefined): string[] {
  const rows = Object.entries(entries ?? {}).map(([name, text]) => [code(name), codeLines(text)]);
  return rows.length === 0 ? [] : ["", ...table([title, ""], rows)];
}

function formatRecipes(flow: FlowContents): string[] {
  return Object.entries(flow.recipes ?? {}).flatMap(([name, text]) => {
    const reads = flow.reads?.[name];
    return [
      "",
      `### ${plain(name)}`,
      ...(reads === undefined ? [] : ["", `reads ${plain(reads)}`]),
      "",
      ...fenced("", numberSteps(text)),
    ];
  });
}
