import { Option, type Command } from "commander";

/** How a command prints its answer. */
const FORMATS = ["text", "markdown", "json"] as const;
export type Format = (typeof FORMATS)[number];

/** What `addFormat` adds to a command's options. */
export interface FormatOptions {
  readonly format: Format;
  readonly json: boolean;
}

/** Adds `--format` and its short form for programs, `--json`. */
export function addFormat(command: Command): Command {
  return command
    .addOption(
      new Option("--format <format>", "text for a terminal, markdown for a comment, json for programs")
        .choices(FORMATS)
        .default("text"),
    )
    .option("--json", "the same as --format json", false);
}

/** The format that the options ask for. */
export function chooseFormat({ format, json }: FormatOptions): Format {
  return json ? "json" : format;
}
