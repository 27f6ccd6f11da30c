import { Command, InvalidArgumentError, Option } from "commander";
import type { AdoptOptions } from "./adopt/adopt-environment.js";
import { LANGUAGES } from "./adopt/languages.js";
import { FOUND_SOMETHING, type CommandOutput } from "./run.js";

/** Exit code of a program that Ctrl-C ended, as shells have it. */
const INTERRUPTED = 130;

/** `sluice adopt`: exit code 1 when there is an object that could not be adopted. */
export function adoptCommand(output: CommandOutput): Command {
  return new Command("adopt")
    .description("Write a program, and a file for `pulumi import`, that state what a platform holds already")
    .requiredOption(
      "--environment <name>",
      "name of the environment; the program's stack is called so",
      parseName,
    )
    .requiredOption("--out <directory>", "where the program goes; empty, or of a run that broke off")
    .option("--endpoint <url>", "base URL of the environment, without /v4 (default: SLUICE_ENDPOINT)")
    .option("--only <types>", "types to adopt, by comma, for example `deployments,releases` (default: all)")
    .option(
      "--name <pattern>",
      "adopt objects of this name only, and what belongs to them: `orders*`, `/^orders-[0-9]+$/`; may be repeated",
      (pattern: string, earlier: readonly string[] = []) => [...earlier, pattern],
    )
    .addOption(
      new Option("--language <language>", "language of the program; `both` makes a folder for each")
        .choices([...LANGUAGES, "both"])
        .default("typescript"),
    )
    .option("--project <name>", "name of the Pulumi project (default: the directory's)", parseName)
    .option("--requests-per-second <number>", "most requests a second; 0 sets no limit", parseRate, 0)
    .addHelpText(
      "after",
      "\nThe token is SLUICE_TOKEN. The platform is only read. A run that broke off goes on where it stopped\nwhen the same command is given again.",
    )
    .action(async (options: AdoptOptions) => {
      const { adoptEnvironment } = await import("./adopt/adopt-environment.js");
      const stop = () => {
        output.error("interrupted; the same command goes on from here\n");
        process.exit(INTERRUPTED);
      };
      process.once("SIGINT", stop);
      try {
        if (!(await adoptEnvironment(options, output))) output.exitWith(FOUND_SOMETHING);
      } finally {
        process.removeListener("SIGINT", stop);
      }
    });
}

/** What Pulumi allows in names of stacks and projects. */
function parseName(text: string): string {
  if (/^[\w.-]{1,100}$/.test(text)) return text;
  throw new InvalidArgumentError("It must be of letters, digits, `-`, `_` and `.`, as names of stacks are.");
}

function parseRate(text: string): number {
  const rate = Number(text);
  if (text.trim() !== "" && Number.isFinite(rate) && rate >= 0) return rate;
  throw new InvalidArgumentError("It must be a number, 0 or more.");
}
