import { Command, CommanderError } from "commander";
import { printable } from "../flow/printable.js";
import { adoptCommand } from "./adopt.js";
import { describeOption } from "./help.js";
import { readManifest } from "./manifest.js";
import { migrateStateCommand } from "./migrate-state.js";
import { packageCommand } from "./package.js";
import { platformCommand } from "./platform.js";
import { previewReportCommand } from "./preview-report.js";
import { runDeploymentCommand } from "./run-deployment.js";

/** Where `sluice` writes; whole lines. */
export interface Output {
  readonly out: (text: string) => void;
  readonly error: (text: string) => void;
  /** Whether somebody looks at what comes out, in place of a file or a program that reads it. */
  readonly isTerminal?: boolean;
}

/** What a command writes to, and how it ends with another code than 0 without having failed. */
export interface CommandOutput {
  /** For people. */
  readonly out: (text: string) => void;
  readonly error: (text: string) => void;
  /** For files and programs: rows, queries and JSON. */
  readonly data: (text: string) => void;
  readonly exitWith: (code: number) => void;
}

/** Exit code of a command that did its work and found changes or findings. */
export const FOUND_SOMETHING = 1;

/** Exit code of every failure, a wrong command line included. */
const FAILURE = 2;

/** Runs `sluice` with these arguments. Answers the exit code; 2 after one line on `output.error`. */
export async function run(commandLine: readonly string[], terminal: Output): Promise<number> {
  let exitCode = 0;
  // Packages and platforms name things as somebody wished; what a program reads is what they say, to the letter.
  const output: CommandOutput = {
    out: (text) => terminal.out(printable(text)),
    error: (text) => terminal.error(printable(text)),
    data: (text) => terminal.out(terminal.isTerminal === true ? printable(text) : text),
    exitWith: (code) => {
      exitCode = code;
    },
  };
  const program = new Command("sluice")
    .description("Builds, inspects and compares flow packages, runs deployments and the embedded platform.")
    .version(readManifest().version)
    .addCommand(adoptCommand(output))
    .addCommand(migrateStateCommand(output))
    .addCommand(packageCommand(output))
    .addCommand(platformCommand())
    .addCommand(previewReportCommand(output))
    .addCommand(runDeploymentCommand(output));
  prepare(program, output);
  try {
    await program.parseAsync(commandLine, { from: "user" });
    return exitCode;
  } catch (error) {
    // Commander has written its own message already.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : FAILURE;
    output.error(`error: ${error instanceof Error ? error.message : String(error)}\n`);
    return FAILURE;
  }
}

/** Commands that were made apart do not take over these settings, so each gets them. */
function prepare(command: Command, output: CommandOutput): void {
  command
    .exitOverride()
    .configureHelp({ optionDescription: describeOption })
    .configureOutput({ writeOut: output.out, writeErr: output.error })
    .showSuggestionAfterError();
  tellUnknownFirst(command);
  for (const child of command.commands) prepare(child, output);
}

/** Of an option that there is not, it is said so with the nearest one, before another is missed: mostly it stands for that one. */
function tellUnknownFirst(command: Command): void {
  const parse = command.parseOptions.bind(command);
  command.parseOptions = (words) => {
    const parsed = parse(words);
    const isHelpWanted = parsed.unknown.some((word) => word === "--help" || word === "-h");
    // Nothing runs without them: with an unknown option the command ends.
    if (parsed.unknown.length > 0 && !isHelpWanted)
      for (const option of command.options) option.makeOptionMandatory(false);
    return parsed;
  };
}
