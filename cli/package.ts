import { mkdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { Command } from "commander";
import { describeContents, type FlowContents, type PackageContents } from "../flow/contents.js";
import { contentDigest } from "../flow/digest.js";
import { createNamer } from "../flow/graph.js";
import type { FlowPackage } from "../flow/model.js";
import { readPackage } from "../flow/read.js";
import { applyRules } from "../flow/rules.js";
import { buildPackage } from "../flow/source.js";
import { writePackage } from "../flow/write.js";
import type { Output } from "./run.js";

/** `sluice package`: packages on this machine, without any platform. */
export function packageCommand(output: Output): Command {
  const command = new Command("package").description("Flow packages on this machine");
  command
    .command("build")
    .description("Build a package from its readable source")
    .argument("<directory>", "folder with package.json5 or one *.flow.json5, or such a file")
    .requiredOption("--out <file>", "the ZIP to write; its folder is made when missing")
    .action((directory: string, options: { out: string }) => build(directory, options.out, output));
  command
    .command("show")
    .description("Show a package's flows: recipes with their steps, inputs and outputs")
    .argument("<file>", "a package, or the folder of its readable source")
    .option("--json", "print JSON for programs", false)
    .action((file: string, options: { json: boolean }) => show(file, options.json, output));
  return command;
}

async function build(directory: string, file: string, output: Output): Promise<void> {
  const pkg = await buildPackage(directory);
  const bytes = await writePackage(pkg);
  await replaceFile(file, bytes);
  const recipes = pkg.flows.reduce(
    (count, flow) => count + flow.nodes.filter((node) => node.isWrangled).length,
    0,
  );
  const parts = [
    count(pkg.flows.length, "flow"),
    count(recipes, "recipe"),
    `${String(bytes.length)} bytes`,
    `content ${contentDigest(pkg).slice(0, 12)}`,
  ];
  output.out(`wrote ${file}: ${parts.join(", ")}\n`);
}

/** Written beside and renamed, so that nobody reads half a package. */
async function replaceFile(file: string, bytes: Uint8Array): Promise<void> {
  const part = `${file}.${String(process.pid)}.part`;
  try {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(part, bytes);
    await rename(part, file);
  } catch (error) {
    // The first error says more than one of cleaning up.
    await rm(part, { force: true }).catch(() => undefined);
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`package not written to ${file}: ${reason}`, { cause: error });
  }
}

async function show(file: string, isJson: boolean, output: Output): Promise<void> {
  const isFolder = await stat(file).then(
    (found) => found.isDirectory(),
    () => false,
  );
  const pkg = isFolder ? await buildPackage(file) : await readPackage(file);
  const unruled = applyRules(pkg, { connections: [], values: [] });
  // Without a target nothing is mapped, so the connections are shown as the package has them.
  const described = describeContents(unruled, { maxBytes: Number.POSITIVE_INFINITY });
  const contents = { ...described, connections: listConnections(pkg) };
  if (isJson) {
    const { uuid, productVersion, exportedAt } = pkg.metadata;
    const head = { uuid, productVersion, exportedAt, contentDigest: contentDigest(pkg) };
    output.out(`${JSON.stringify({ ...head, ...contents }, null, 2)}\n`);
    return;
  }
  output.out(`${[...describeHead(pkg), ...describe(contents)].join("\n")}\n`);
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

function describe(contents: PackageContents): string[] {
  const lines = Object.entries(contents.flows).flatMap(([name, flow]) => [
    "",
    `flow ${name}`,
    ...describeFlow(flow),
  ]);
  return [...lines, ...describeMap("connections", contents.connections, 0, 1)];
}

function describeFlow(flow: FlowContents): string[] {
  const lines = flow.description === undefined ? [] : [`  ${flow.description}`];
  lines.push(...describeMap("inputs", flow.inputs, 1), ...describeMap("parameters", flow.parameters, 1));
  for (const [name, text] of Object.entries(flow.recipes ?? {})) {
    const reads = flow.reads?.[name];
    lines.push("", `  recipe ${name}${reads === undefined ? "" : ` (reads ${reads})`}`);
    text.split("\n").forEach((step, index) => lines.push(`  ${String(index + 1).padStart(4)}  ${step}`));
  }
  const outputs = Object.entries(flow.outputs ?? {}).map(
    ([name, targets]) => [name, targets.join("; ")] as const,
  );
  return [
    ...lines,
    ...describeMap("outputs", Object.fromEntries(outputs), 1, 1),
    ...describeMap("webhooks", flow.webhooks, 1, 1),
  ];
}

/** A heading and one line for each entry; nothing when there are none. */
function describeMap(
  title: string,
  entries: { readonly [name: string]: string } | undefined,
  depth: number,
  emptyLines = 0,
): string[] {
  const indent = "  ".repeat(depth);
  const lines = Object.entries(entries ?? {}).map(([name, text]) => `${indent}  ${name}: ${text}`);
  return lines.length === 0 ? [] : [...Array<string>(emptyLines).fill(""), `${indent}${title}`, ...lines];
}

function count(number: number, noun: string): string {
  return `${String(number)} ${noun}${number === 1 ? "" : "s"}`;
}
