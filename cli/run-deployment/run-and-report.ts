import { Client } from "../../provider/client/client.js";
import { Interrupted, OutOfTime, Unavailable } from "../../provider/client/errors.js";
import { InputRefused } from "../../provider/framework/define-function.js";
import { findObject } from "../../provider/functions/find-object.js";
import { deployments } from "../../provider/functions/get-deployment.js";
import { DeploymentRun, runDeployment, type RunResult } from "../../provider/jobs/deployment-run.js";
import type { Parameters } from "../parameters.js";
import { platformTarget } from "../platform-target.js";
import { FOUND_SOMETHING, type CommandOutput } from "../run.js";
import { checkParameters } from "./check-parameters.js";
import { formatRun, type RunReport } from "./report.js";
import { StopSignals } from "./stop-signals.js";

/** The options of `sluice run`, as given. */
export interface RunCommandOptions {
  readonly deployment: string;
  readonly endpoint?: string;
  readonly expect?: string;
  readonly parameter: Parameters;
  readonly wait: boolean;
  /** Seconds. */
  readonly timeout?: number;
  readonly cancelOnTimeout: boolean;
  readonly cancelOnInterrupt: boolean;
  readonly json: boolean;
}

/** Exit code when the time was over before the jobs were. */
const TIME_IS_OVER = 3;
/** Milliseconds after the time limit in which the last look at the jobs must be answered. */
const LAST_LOOK = 10_000;

/** Why there was no more waiting: the jobs have ended, or the limit or the user did not let them. */
type End =
  | { readonly kind: "ended" | "late"; readonly result: RunResult }
  /** The platform did not answer any more as the time ran out. */
  | { readonly kind: "late"; readonly result?: undefined }
  | { readonly kind: "stopped" };

/**
 * Runs a deployment, waits and reports; answers the exit code. Progress goes to `output.error`, the result to
 * `output.out`. Throws when nothing was started, or when the platform stays away while its jobs are waited for.
 */
export async function runAndReport(options: RunCommandOptions, output: CommandOutput): Promise<number> {
  const stop = new StopSignals();
  try {
    return await new RunCommand(options, output, stop).run();
  } catch (error) {
    if (!(error instanceof Interrupted) || stop.exitCode === undefined) throw error;
    output.error("interrupted before anything was started\n");
    return stop.exitCode;
  } finally {
    stop.dispose();
  }
}

class RunCommand {
  /** Milliseconds since 1970. */
  private readonly until: number | undefined;
  private readonly client: Client;

  constructor(
    private readonly options: RunCommandOptions,
    private readonly output: CommandOutput,
    private readonly stop: StopSignals,
  ) {
    const until = options.timeout === undefined ? undefined : Date.now() + options.timeout * 1000;
    this.until = until;
    this.client = new Client({
      ...platformTarget(options.endpoint, { expect: options.expect }),
      signal: stop.signal,
      // A platform that hangs must not hold up what the time limit ends.
      deadline: () => until && until + LAST_LOOK,
      onWait: (message) => this.say(message),
      onUnreached: (message) => this.say(message),
    });
  }

  async run(): Promise<number> {
    const { id, name } = await findDeployment(this.client, this.options.deployment);
    const deployment = { id: String(id), name };
    await checkParameters(this.client, deployment.id, this.options.parameter, (line) => this.say(line));
    const run = await this.start(deployment);
    this.say(`deployment "${name}": started ${describeIds(run)}`);
    if (!this.options.wait) {
      this.report({ deployment, outcome: "started", jobGroups: idsOf(run) });
      return 0;
    }
    const end = await this.wait(run);
    switch (end.kind) {
      case "ended":
        this.report({ deployment, outcome: end.result.outcome, jobGroups: end.result.groups });
        this.explain(end.result);
        return end.result.outcome === "complete" ? 0 : FOUND_SOMETHING;
      case "late": {
        const cancelled = await this.leave(run, "the time is over", this.options.cancelOnTimeout);
        const { outcome, groups } = cancelled ?? end.result ?? { outcome: "running", groups: idsOf(run) };
        this.report({ deployment, outcome, jobGroups: groups });
        return TIME_IS_OVER;
      }
      case "stopped":
        await this.leave(run, "interrupted", this.options.cancelOnInterrupt);
        return this.stop.exitCode ?? FOUND_SOMETHING;
    }
  }

  private async start({ id, name }: RunReport["deployment"]): Promise<DeploymentRun> {
    try {
      return await runDeployment(this.client, id, { parameters: this.options.parameter });
    } catch (error) {
      if (error instanceof Interrupted) throw error;
      if (error instanceof Error) error.message = `running deployment "${name}": ${error.message}`;
      if (error instanceof Unavailable && !error.notExecuted)
        error.message +=
          "; it may have been started all the same: look at the platform's jobs before you run it again";
      throw error;
    }
  }

  private async wait(run: DeploymentRun): Promise<End> {
    const { until } = this;
    try {
      const result = await run.wait({ until, onProgress: (message) => this.say(message) });
      return { kind: result.outcome === "running" ? "late" : "ended", result };
    } catch (error) {
      if (error instanceof Interrupted) return { kind: "stopped" };
      if (error instanceof OutOfTime || (until !== undefined && Date.now() >= until)) return { kind: "late" };
      if (error instanceof Error)
        error.message = `waiting for ${describeIds(run)}: ${error.message}; what was started goes on at the platform`;
      throw error;
    }
  }

  /** Ends the wait before the jobs have ended. Answers what became of them when they were to be cancelled. */
  private async leave(run: DeploymentRun, why: string, cancels: boolean): Promise<RunResult | undefined> {
    const ids = describeIds(run);
    if (!cancels) {
      this.say(`${why}; what has not ended of ${ids} goes on at the platform`);
      return undefined;
    }
    this.say(`${why}; cancelling ${ids}`);
    const client = this.client.uninterrupted();
    try {
      await run.cancel(client);
      return await new DeploymentRun(client, run.jobGroupIds).wait({ until: Date.now() + LAST_LOOK });
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.say(`${ids} could not be cancelled and may go on at the platform: ${reason}`);
      return undefined;
    }
  }

  private report(report: RunReport): void {
    const { json: isJson } = this.options;
    this.output[isJson ? "data" : "out"](formatRun(report, isJson));
  }

  private explain({ groups }: RunResult): void {
    for (const { id, recipe, status, reason } of groups) {
      if (status === "Complete") continue;
      const what = `job group ${id}${recipe === undefined ? "" : ` (${recipe})`}`;
      this.say(`${what}: ${status}${reason === undefined ? "" : `: ${reason}`}`);
    }
  }

  private say(line: string): void {
    this.output.error(`${line}\n`);
  }
}

/** By name, or by id behind `id:`. Throws Error that names what is near. */
async function findDeployment(client: Client, text: string): Promise<{ id: number; name: string }> {
  const id = /^id:(\d{1,15})$/.exec(text)?.[1];
  try {
    return await findObject(client, deployments, id === undefined ? { name: text } : { id });
  } catch (error) {
    if (!(error instanceof InputRefused)) throw error;
    const reasons = error.failures.map(({ reason }) => reason).join("; ");
    throw new Error(`${reasons}${id === undefined ? " (an id is given as id:12)" : ""}`, { cause: error });
  }
}

function idsOf({ jobGroupIds }: DeploymentRun): { id: number }[] {
  return jobGroupIds.map((id) => ({ id }));
}

function describeIds({ jobGroupIds: ids }: DeploymentRun): string {
  return `${ids.length === 1 ? "job group" : "job groups"} ${ids.join(", ")}`;
}
