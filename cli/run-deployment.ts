import { Command, InvalidArgumentError } from "commander";
import type { RunCommandOptions } from "./run-deployment/run-and-report.js";
import { toParameters } from "./parameters.js";
import type { CommandOutput } from "./run.js";

/** `sluice run`: runs a deployment's active release and waits for the end, for pipelines. */
export function runDeploymentCommand(output: CommandOutput): Command {
  return new Command("run")
    .description("Run what a deployment has active, and wait until its jobs have ended")
    .requiredOption("--deployment <name>", "the deployment's name, or id:12")
    .option("--endpoint <url>", "base URL of the environment, without /v4 (default: SLUICE_ENDPOINT)")
    .option("--expect <name>", "what the environment must say its name is; another one is not touched")
    .option("--parameter <name=value>", "a parameter's value for this run; may be repeated", toParameters, {})
    .option("--wait", "wait until the jobs have ended (default)", true)
    .option("--no-wait", "end when the jobs are started")
    .option("--timeout <time>", "longest wait, as in 90s, 30m or 2h (default: no limit)", toSeconds)
    .option("--cancel-on-timeout", "cancel the jobs when the time is over; without it they go on", false)
    .option("--cancel-on-interrupt", "cancel the jobs on Ctrl-C and SIGTERM; without it they go on", false)
    .option("--json", "print the result as JSON", false)
    .addHelpText(
      "after",
      [
        "",
        "The token is SLUICE_TOKEN. Progress goes to stderr, the result to stdout. Exit codes:",
        "  0    every job is complete; with --no-wait: started",
        "  1    a job failed or was cancelled",
        "  2    nothing was run, or what became of it is not known: a wrong command line, no active",
        "       release, a platform that refuses or does not answer",
        "  3    the time was over first",
        "  130  Ctrl-C (143: SIGTERM)",
      ].join("\n"),
    )
    .action(async (options: RunCommandOptions) => {
      if (
        !options.wait &&
        (options.timeout !== undefined || options.cancelOnTimeout || options.cancelOnInterrupt)
      )
        throw new Error(
          "--no-wait leaves nothing to limit or cancel: leave out --timeout, --cancel-on-timeout and --cancel-on-interrupt",
        );
      const { runAndReport } = await import("./run-deployment/run-and-report.js");
      output.exitWith(await runAndReport(options, output));
    });
}

const SECONDS = { s: 1, m: 60, h: 3600 } as const;

function toSeconds(text: string): number {
  const [, number = "", unit = "s"] = /^(\d{1,6})([smh])?$/.exec(text) ?? [];
  const seconds = Number(number) * SECONDS[unit as keyof typeof SECONDS];
  if (seconds > 0) return seconds;
  throw new InvalidArgumentError("It must be a time such as 90s, 30m or 2h.");
}
