import { Disturber } from "./disturber.js";
import type { Engine, Host } from "./engine.js";
import { EngineModel } from "./engine-model.js";
import type { FuzzEnvironment, FuzzPlatform } from "./fuzz-platform.js";
import { TOKEN } from "./fuzz-platform.js";
import { Life } from "./life.js";
import { Operation } from "./operation.js";
import type { Plant } from "./operation.js";
import type { StartRun } from "./provider-run.js";
import { PulumiEngine } from "./pulumi-engine.js";
import type { FuzzCase, Step } from "./steps.js";
import { Wrong } from "./wrong.js";

/** A case in which something is wrong with the provider, or with the oracle. */
export class FuzzFailure extends Error {
  override readonly name = "FuzzFailure";

  constructor(
    /** Place of the step in the case; its length for what happens at the end. */
    readonly step: number,
    readonly problems: readonly string[],
  ) {
    super(problems.join("\n"));
  }
}

/**
 * Takes a stack through the steps, in an environment of its own, and holds every outcome against the model; at the end
 * everything is destroyed. Throws {@link FuzzFailure}.
 */
export async function runCase(
  platform: FuzzPlatform,
  { on, steps }: FuzzCase,
  mode: Partial<Mode> = {},
): Promise<void> {
  const environment = await platform.environment(on);
  const engines: Engine[] = [];
  const engineOf = async (stack: string) => {
    const engine = await startEngine(platform, environment, stack, mode);
    engines.push(engine);
    return engine;
  };
  const life = new Life({ environment, packages: platform.packages, engineOf }, await engineOf("prod"));
  const all: Step[] = [...steps, { do: "up", refreshFirst: true }, { do: "destroy" }];
  try {
    for (const [index, step] of all.entries()) await life.take(step).catch(failAt(index));
    await life.end().catch(failAt(all.length));
  } finally {
    for (const engine of engines) await engine.close();
  }
}

function failAt(step: number): (error: unknown) => never {
  return (error) => {
    if (error instanceof Wrong) throw new FuzzFailure(step, error.problems);
    throw new FuzzFailure(step, [error instanceof Error ? (error.stack ?? error.message) : String(error)]);
  };
}

/** By what a case is run. */
export interface Mode {
  /** `model` keeps everything in this process, `pulumi` is the real command. */
  readonly engine: "model" | "pulumi";
  readonly host: Host;
  /** A defect of the provider; in this process only. */
  readonly plant: Plant;
}

async function startEngine(
  { packages, folder, plugin }: FuzzPlatform,
  environment: FuzzEnvironment,
  stack: string,
  { engine = "model", host = "dynamic", plant = (it) => it }: Partial<Mode>,
): Promise<Engine> {
  if (engine === "pulumi") return PulumiEngine.start({ environment, packages, host, root: folder }, stack);
  const requests = () => environment.requests();
  if (host === "plugin") {
    const disturber = await Disturber.start(environment.endpoint());
    const startRun = plugin.runsThrough(disturber, TOKEN);
    return new EngineModel(`shop/${stack}`, { startRun, packages, requests, end: () => disturber.close() });
  }
  const startRun: StartRun = (disturbances, action) =>
    action(new Operation({ endpoint: environment.endpoint(), token: TOKEN, plant }, disturbances));
  return new EngineModel(`shop/${stack}`, { startRun, packages, requests, end: () => Promise.resolve() });
}
