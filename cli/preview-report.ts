import { readFile } from "node:fs/promises";
import { text } from "node:stream/consumers";
import { Command } from "commander";
import type { CommandOutput } from "./run.js";

/** `sluice preview-report`: one JSON document of what a preview would change, for policy gates. */
export function previewReportCommand(output: CommandOutput): Command {
  return new Command("preview-report")
    .description("Turn the output of `pulumi preview --json` into one document of the whole impact")
    .argument("[file]", "the preview; standard input when left out or -", "-")
    .action(async (file: string) => {
      // Loaded when it is asked for: every other command starts sooner without.
      const { readPreview } = await import("./engine-preview.js");
      const { toImpact } = await import("./to-impact.js");
      const source = file === "-" ? await text(process.stdin) : await readFile(file, "utf8");
      const where = file === "-" ? "standard input" : file;
      output.data(`${JSON.stringify(toImpact(readPreview(source, where)), null, 2)}\n`);
    });
}
