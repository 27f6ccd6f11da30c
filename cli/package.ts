import { Command } from "commander";
import { contentDigest } from "../flow/digest.js";
import { writePackage } from "../flow/write.js";
import { count } from "../flow/count.js";
import { checkCommand } from "./package-check.js";
import { diffCommand } from "./package-diff.js";
import { runCommand } from "./package-run.js";
import { showCommand } from "./package-show.js";
import { sqlCommand } from "./package-sql.js";
import type { CommandOutput } from "./run.js";
import { writeWhole } from "./write-whole.js";

/** `sluice package`: packages on this machine, without any platform. */
export function packageCommand(output: CommandOutput): Command {
  const command = new Command("package").description("Flow packages on this machine");
  command
    .command("build")
    .description("Build a package from its readable source")
    .argument("<directory>", "folder with package.json5 or one *.flow.json5, or such a file")
    .requiredOption("--out <file>", "the ZIP to write; its folder is made when missing")
    .action((directory: string, options: { out: string }) => build(directory, options.out, output));
  return command
    .addCommand(showCommand(output))
    .addCommand(diffCommand(output))
    .addCommand(checkCommand(output))
    .addCommand(sqlCommand(output))
    .addCommand(runCommand(output));
}

async function build(directory: string, file: string, output: CommandOutput): Promise<void> {
  const { buildPackage } = await import("../flow/source.js");
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

async function replaceFile(file: string, bytes: Uint8Array): Promise<void> {
  try {
    await writeWhole(file, bytes);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`package not written to ${file}: ${reason}`, { cause: error });
  }
}
