import { isDeepStrictEqual } from "node:util";
import { findBrokenPromises, writesOf } from "./announcements.js";
import { findDifferences } from "./compare.js";
import type { Engine, Host, UpOptions } from "./engine.js";
import { EngineModel } from "./engine-model.js";
import { PulumiEngine } from "./pulumi-engine.js";
import type { FuzzEnvironment, FuzzPlatform } from "./fuzz-platform.js";
import { TOKEN } from "./fuzz-platform.js";
import { editByHand } from "./hand-edits.js";
import type { Plant } from "./operation.js";
import { takePicture } from "./picture.js";
import { PlatformModel } from "./platform-model.js";
import { CANARY, Program } from "./program.js";
import type { Declared } from "./program.js";
import { findLies } from "./state-truth.js";
import type { Disturbance, FuzzCase, Step } from "./steps.js";

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

/** Why a deployment with releases of somebody else is not deleted. */
const FOREIGN = "release(s) that this stack did not import";
/** What a program is told that meets what it made itself, after an update that broke off. */
const ADOPTABLE = "set `adopt: true`";

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
  const engine = await startEngine(platform, environment, mode);
  const life = new Life(platform, environment, engine);
  const all: Step[] = [...steps, { do: "up", refreshFirst: true }, { do: "destroy" }];
  try {
    for (const [index, step] of all.entries())
      await life.take(step).catch((error: unknown) => {
        if (error instanceof Wrong) throw new FuzzFailure(index, error.problems);
        throw new FuzzFailure(index, [
          error instanceof Error ? (error.stack ?? error.message) : String(error),
        ]);
      });
  } finally {
    await engine.close();
  }
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
  platform: FuzzPlatform,
  environment: FuzzEnvironment,
  { engine = "model", host = "dynamic", plant = (it) => it }: Partial<Mode>,
): Promise<Engine> {
  const { packages, folder } = platform;
  if (engine === "pulumi") return PulumiEngine.start({ environment, packages, host, root: folder }, "prod");
  return new EngineModel("shop/prod", () => ({
    endpoint: environment.endpoint(),
    token: TOKEN,
    plant,
    packages,
    requests: () => environment.requests(),
  }));
}

/** Ends a step. */
class Wrong extends Error {
  constructor(readonly problems: readonly string[]) {
    super(problems.join("\n"));
  }
}

function demand(what: string, problems: readonly string[]): void {
  if (problems.length > 0) throw new Wrong(problems.map((problem) => `${what}: ${problem}`));
}

class Life {
  readonly #program = new Program();
  readonly #engine: Engine;
  #model = new PlatformModel();
  /** A person changed something that state does not know of. */
  #isEdited = false;

  constructor(
    private readonly platform: FuzzPlatform,
    private readonly environment: FuzzEnvironment,
    engine: Engine,
  ) {
    this.#engine = engine;
  }

  async take(step: Step): Promise<void> {
    switch (step.do) {
      case "declare":
        this.#program.declare(step.slot, step.as);
        return;
      case "refresh":
        await this.#refresh();
        return;
      case "up":
        await this.#settle(this.#resources(), step.refreshFirst, step.disturbances);
        return;
      case "destroy":
        await this.#settle([], true, step.disturbances);
        return;
      case "by-hand": {
        const hands = { call: this.environment.call, model: this.#model, packages: this.platform.packages };
        if (await editByHand(hands, step)) this.#isEdited = true;
        return;
      }
      case "restart-platform":
        await this.environment.restart();
        return;
      case "lose-state": {
        // What is found again is found by its name and place: the program must be what the platform has.
        await this.#settle(this.#resources(), true);
        await this.#engine.loseState();
        await this.#up(this.#resources(), { adopt: true }, false);
      }
    }
  }

  #resources(): Declared[] {
    return this.#program.resources(new Set(this.#engine.state.keys()));
  }

  /** Brings the platform to these resources, whatever is in the way, and checks that it is there. */
  async #settle(
    resources: readonly Declared[],
    refreshFirst: boolean,
    disturbances: readonly Disturbance[] = [],
  ): Promise<void> {
    if (this.#isEdited) {
      // Without a refresh an update goes by what it knows, and may fail; it must come right all the same.
      if (!refreshFirst) await this.#attempt(resources, []);
      await this.#refresh();
    }
    if (disturbances.length > 0) await this.#attempt(resources, disturbances);
    if (refreshFirst && !this.#isEdited) await this.#refresh();
    await this.#up(resources, {}, disturbances.length > 0);
  }

  /** An update that may fail. */
  async #attempt(resources: readonly Declared[], disturbances: readonly Disturbance[]): Promise<void> {
    const faults = this.environment.faults();
    for (const one of disturbances) {
      if (one.kind !== "fault") continue;
      const { method, skip, fault } = one;
      faults.add({ environment: this.environment.name, ...(method && { method }), skip, times: 1, fault });
    }
    try {
      await this.#engine.up(resources, { disturbances });
    } catch (error) {
      await this.#searchSecrets((error as Error).message);
    } finally {
      faults.clear(this.environment.name);
    }
    await this.#searchSecrets();
  }

  async #refresh(): Promise<void> {
    const from = this.environment.requests().length;
    await this.#engine.refresh();
    demand("a refresh", this.#writesSince(from));
    demand("after a refresh", findLies(this.#engine.state, await takePicture(this.environment.call)));
    await this.#searchSecrets();
    this.#isEdited = false;
  }

  /** Preview, update, second preview, refresh: nothing may be wrong with any of them. */
  async #up(resources: readonly Declared[], options: UpOptions, wasDisturbed: boolean): Promise<void> {
    const wanted = this.#model.copy();
    const refused = wanted.apply(resources);
    let given = options;
    try {
      await this.#promised(resources, given, wasDisturbed, refused.length > 0);
    } catch (error) {
      if (!wasDisturbed || !(error instanceof Error) || !error.message.includes(ADOPTABLE)) throw error;
      given = { adopt: true };
      await this.#promised(resources, given, wasDisturbed, refused.length > 0);
    }
    this.#model = wanted;
    if (refused.length > 0) {
      await this.#removeForeign(refused);
      await this.#up(resources, given, wasDisturbed);
      return;
    }
    const actual = await takePicture(this.environment.call);
    demand("after an update", findDifferences(this.#model, actual, wasDisturbed));
    demand("after an update", findLies(this.#engine.state, actual));
    await this.#requireRest(resources);
  }

  /** Preview and update, which must be the same. */
  async #promised(
    resources: readonly Declared[],
    options: UpOptions,
    wasDisturbed: boolean,
    isRefused: boolean,
  ): Promise<void> {
    const state = JSON.stringify([...this.#engine.state]);
    const from = this.environment.requests().length;
    const announced = await this.#engine.preview(resources, options);
    demand("a preview", this.#writesSince(from));
    if (JSON.stringify([...this.#engine.state]) !== state) throw new Wrong(["a preview changed state"]);
    try {
      const done = await this.#engine.up(resources, options);
      if (isRefused)
        throw new Wrong(["releases that somebody else imported were deleted with their deployment"]);
      // What an update that broke off has done already does not have to be done again.
      if (!wasDisturbed && options.adopt !== true) demand("an update", findBrokenPromises(announced, done));
    } catch (error) {
      if (error instanceof Wrong || !isRefused || !(error as Error).message.includes(FOREIGN)) throw error;
    }
    await this.#searchSecrets();
  }

  async #removeForeign(refused: readonly string[]): Promise<void> {
    for (const slot of refused) {
      const deployment = this.#model.deploymentOf(slot);
      for (const { id } of deployment?.releases ?? [])
        await this.environment.call("DELETE", `/v4/releases/${id}`);
      if (deployment) deployment.releases = [];
    }
  }

  /** The second preview is empty, and so is a refresh. */
  async #requireRest(resources: readonly Declared[]): Promise<void> {
    const from = this.environment.requests().length;
    const again = await this.#engine.preview(resources);
    const restless = again.filter(({ op }) => op !== "same");
    demand(
      "the second preview",
      restless.map(({ op, slot, changes }) => `${op} ${slot} (${changes.join(", ")})`),
    );
    const before = new Map(this.#engine.state);
    await this.#engine.refresh();
    for (const [slot, entry] of before)
      if (!isDeepStrictEqual(this.#engine.state.get(slot), entry))
        throw new Wrong([
          `a refresh changed ${slot} from ${JSON.stringify(entry)} to ${JSON.stringify(this.#engine.state.get(slot))}`,
        ]);
    demand("a preview or refresh", this.#writesSince(from));
  }

  #writesSince(from: number): string[] {
    return writesOf(this.environment.requests().slice(from)).map(
      ({ method, path }) => `wrote ${method} ${path}`,
    );
  }

  async #searchSecrets(text = ""): Promise<void> {
    if ((await this.#engine.written()).includes(CANARY)) throw new Wrong(["a secret is in state"]);
    if (text.includes(CANARY)) throw new Wrong([`a secret is in a message: ${text}`]);
  }
}
