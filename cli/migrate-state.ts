import { readFile } from "node:fs/promises";
import { text } from "node:stream/consumers";
import { Command, Option } from "commander";
import { count } from "../flow/count.js";
import { readManifest } from "./manifest.js";
import type { HostName } from "./migrate-state-export.js";
import type { CommandOutput } from "./run.js";

/** `sluice migrate-state`: moves a stack's resources between the two hosts, in its exported state alone. */
export function migrateStateCommand(output: CommandOutput): Command {
  return new Command("migrate-state")
    .description(
      "Move the resources in a stack export to the other host; asks the platform nothing and changes nothing there",
    )
    .argument("<export>", "what `pulumi stack export` wrote; - reads it from the standard input")
    .addOption(
      new Option("--to <host>", "where the program will have its resources")
        .choices(["plugin", "dynamic"])
        .default("plugin"),
    )
    .action((file: string, options: { to: HostName }) => migrate(file, options.to, output));
}

async function migrate(file: string, to: HostName, output: CommandOutput): Promise<void> {
  const { moveExport, readStackExport } = await import("./migrate-state-export.js");
  const content = await (file === "-" ? text(process.stdin) : readFile(file, "utf8"));
  try {
    const result = moveExport(readStackExport(content), to, readManifest().version);
    output.data(`${JSON.stringify(result.export, null, 4)}\n`);
    output.error(
      `moved ${count(result.moved.length, "resource")} to the ${to} host; next: \`pulumi stack import --file …\` with what was written\n`,
    );
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`nothing moved in ${file}: ${reason}`, { cause: error });
  }
}
