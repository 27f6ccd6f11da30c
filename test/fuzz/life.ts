import { isDeepStrictEqual } from "node:util";
import { hasUnknown } from "../../provider/framework/unknown.js";
import { findBrokenPromises, isReplacing, isTried, writesOf } from "./announcements.js";
import { findDifferences } from "./compare.js";
import type { Engine, EngineStep, UpOptions } from "./engine.js";
import type { FuzzEnvironment } from "./fuzz-platform.js";
import { MISSPELT } from "./fuzz-packages.js";
import type { PackageFolder } from "./fuzz-packages.js";
import { editByHand } from "./hand-edits.js";
import { Neighbour } from "./neighbour.js";
import { takePicture } from "./picture.js";
import type { Picture } from "./picture.js";
import { PlatformModel } from "./platform-model.js";
import { CANARY, fallsShort, parentOf, Program } from "./program.js";
import type { Declared, Slot } from "./program.js";
import { findLies } from "./state-truth.js";
import type { Disturbance, NeighbourAct, Step } from "./steps.js";
import { demand, Wrong } from "./wrong.js";

/** Why a deployment with releases of somebody else is not deleted. */
const FOREIGN = "release(s) that this stack did not import";
/** What a program is told that meets what it made itself, after an update that broke off. */
const ADOPTABLE = "set `adopt: true`";

/** Where a life takes place. */
export interface Surroundings {
  readonly environment: FuzzEnvironment;
  readonly packages: PackageFolder;
  /** The engine of a stack, by its name. */
  readonly engineOf: (stack: string) => Promise<Engine>;
}

/** The life of a stack, held against the model after every step. */
export class Life {
  readonly #program: Program;
  readonly #environment: FuzzEnvironment;
  #model: PlatformModel;
  #neighbour: Neighbour | undefined;
  /** A person changed something that state does not know of. */
  #isEdited = false;

  constructor(
    private readonly surroundings: Surroundings,
    private readonly engine: Engine,
  ) {
    this.#environment = surroundings.environment;
    this.#program = new Program(this.#environment.variant);
    this.#model = new PlatformModel(this.#environment.variant);
  }

  /** Throws {@link Wrong}. */
  async take(step: Step): Promise<void> {
    switch (step.do) {
      case "declare":
        this.#program.declare(step.slot, step.as);
        return;
      case "refresh":
        await this.#refresh();
        return;
      case "up":
        await this.#settle(() => this.#resources(), step.refreshFirst, step.disturbances);
        return;
      case "destroy":
        await this.#settle(() => [], true, step.disturbances);
        return;
      case "rename":
        this.#program.rename(step.slot);
        return;
      case "neighbour":
        await this.#meet(step);
        return;
      case "by-hand": {
        const { packages } = this.surroundings;
        const hands = { call: this.#environment.call, model: this.#model, packages };
        if (await editByHand(hands, step)) this.#isEdited = true;
        return;
      }
      case "restart-platform":
        await this.#environment.restart();
        return;
      case "lose-state": {
        // What is found again is found by its name and place: the program must be what the platform has.
        await this.#settle(() => this.#resources(), true);
        await this.engine.loseState();
        await this.#up(this.#resources(), { adopt: true }, false);
      }
    }
  }

  /** Nothing of anybody else was touched. */
  async end(): Promise<void> {
    await this.#neighbour?.requireUntouched();
  }

  async #meet(step: NeighbourAct): Promise<void> {
    this.#neighbour ??= new Neighbour(await this.surroundings.engineOf("other"), this.#environment);
    switch (step.act) {
      case "move-in":
        await this.#neighbour.moveIn(this.#model, step.package);
        return;
      case "claim":
        await this.#neighbour.claim(this.#model, step.slot, this.engine.stack);
        return;
      case "take-over": {
        const deployment = this.#model.deploymentOf(step.deployment);
        const spec = { ...step.package, usesWarehouse: false };
        if (deployment && (await this.#neighbour.takeOver(this.#model, deployment, spec)))
          this.#isEdited = true;
      }
    }
  }

  #resources(): Declared[] {
    return this.#program.resources(new Set(this.engine.state.keys()));
  }

  /** Brings the platform to what is stated, whatever is in the way, and checks that it is there. */
  async #settle(
    stated: () => readonly Declared[],
    refreshFirst: boolean,
    disturbances: readonly Disturbance[] = [],
  ): Promise<void> {
    await this.#correct(stated());
    if (this.#isEdited) {
      // Without a refresh an update goes by what it knows, and may fail; it must come right all the same.
      if (!refreshFirst) await this.#attempt(stated(), []);
      await this.#refresh();
    }
    if (disturbances.length > 0) await this.#attempt(stated(), disturbances);
    if (refreshFirst && !this.#isEdited) await this.#refresh();
    const options = await this.#insistence(stated());
    const wasTakenBack = await this.#takeBack(stated(), options, disturbances.length > 0);
    await this.#up(stated(), options, wasTakenBack || disturbances.length > 0);
  }

  /** A parameter that is misspelt is told of in the preview, where it is known what will run; then it is taken out. */
  async #correct(resources: readonly Declared[]): Promise<void> {
    const wrong = resources.filter(
      ({ declaration }) => declaration.kind === "Schedule" && MISSPELT in declaration.parameters,
    );
    const isKnown = wrong.some(({ slot }) => {
      const release = resources.find((one) => one.slot === `${parentOf(slot)}/release`)?.declaration;
      const isComing = release?.kind === "Release" && release.active;
      const known = this.#model.deploymentOf(slot);
      return known !== undefined && (isComing || known.releases.some(({ isActive }) => isActive));
    });
    // Before a refresh it is not known what else a preview stops at.
    if (isKnown && !this.#isEdited) {
      const from = this.#environment.requests().length;
      const message = await failureOf(this.engine.preview(resources));
      if (!message.includes(`parameters.${MISSPELT}: `))
        throw new Wrong([`a preview does not tell of the parameter ${MISSPELT}; it says "${message}"`]);
      demand("a refused preview", this.#writesSince(from));
    }
    for (const { slot } of wrong) this.#program.correct(slot);
  }

  /** Where the neighbour's release runs, the program is told whose it is, until it insists. */
  async #insistence(resources: readonly Declared[]): Promise<UpOptions> {
    const lost = this.#model.deployments.filter(({ releases }) =>
      releases.some(({ isActive, isMarked, key }) => isActive && isMarked && key === null),
    );
    const own = lost.flatMap(({ slot }) => resources.filter((one) => one.slot === `${slot ?? ""}/release`));
    if (own.some(({ declaration }) => declaration.kind === "Release" && declaration.active)) {
      const from = this.#environment.requests().length;
      const message = await failureOf(this.engine.preview(resources));
      const owner = `${this.#neighbour?.stack ?? ""}/`;
      if (!message.includes(owner))
        throw new Wrong([`a preview does not name the other stack ${owner}; it says "${message}"`]);
      demand("a refused preview", this.#writesSince(from));
    }
    return lost.length > 0 ? { adopt: true } : {};
  }

  /** Releases that fall short are taken back, and the program does not ask that of them any more. */
  async #takeBack(
    resources: readonly Declared[],
    options: UpOptions,
    wasDisturbed: boolean,
  ): Promise<boolean> {
    const short = resources.filter(
      ({ declaration }) => declaration.kind === "Release" && fallsShort(declaration),
    );
    if (short.length === 0) return false;
    if (!wasDisturbed) {
      const announced = await this.engine.preview(resources, options);
      const tried = announced.filter((step) => isTried(step) && short.some(({ slot }) => slot === step.slot));
      if (tried.length === 0) return false;
      const before = await this.#picture();
      const message = await failureOf(this.engine.up(resources, options));
      if (!message.includes("did not pass its verification"))
        throw new Wrong([`a release that falls short has to be taken back; the update says "${message}"`]);
      const after = await this.#picture();
      demand("after a verification", findLies(this.engine.state, after));
      const [first] = tried;
      if (first) demand("after a verification", this.#findMoved(first.slot, before, after));
      await this.#searchSecrets(message);
    }
    for (const { slot } of short) this.#program.trust(slot);
    return true;
  }

  /** What ran before runs again. */
  #findMoved(slot: Slot, before: Picture, after: Picture): string[] {
    const known = this.#model.deploymentOf(slot);
    const active = (picture: Picture) =>
      picture.deployments
        .find(({ name, id }) => (known ? id === known.id : name === slot))
        ?.releases.find(({ isActive }) => isActive)?.id;
    const [was, is] = [active(before), active(after)];
    // What the program had running is what it goes back to, though a person put it out of use.
    const isOwn = known?.isCurrentActive === true && is === known.current?.id;
    return was === is || isOwn ? [] : [`release #${String(was)} ran before, and now #${String(is)}`];
  }

  #picture(): Promise<Picture> {
    return takePicture(this.#environment.call, this.#environment.variant);
  }

  /** An update that may fail. */
  async #attempt(resources: readonly Declared[], disturbances: readonly Disturbance[]): Promise<void> {
    const faults = this.#environment.faults();
    for (const one of disturbances) {
      if (one.kind !== "fault") continue;
      const { method, skip, fault } = one;
      faults.add({ environment: this.#environment.name, ...(method && { method }), skip, times: 1, fault });
    }
    try {
      await this.engine.up(resources, { disturbances });
    } catch (error) {
      await this.#searchSecrets((error as Error).message);
    } finally {
      faults.clear(this.#environment.name);
    }
    await this.#searchSecrets();
  }

  async #refresh(): Promise<void> {
    const from = this.#environment.requests().length;
    await this.engine.refresh();
    demand("a refresh", this.#writesSince(from));
    demand("after a refresh", findLies(this.engine.state, await this.#picture()));
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
      const isAdoptable = error instanceof Error && error.message.includes(ADOPTABLE);
      // A rule that such a platform does not let go is nobody's when its resource is made again.
      const isKept =
        this.#environment.variant.rules === "replace-by-key" && String(error).includes("import rules");
      if (!isAdoptable || !(wasDisturbed || isKept)) throw error;
      given = { adopt: true };
      await this.#promised(resources, given, wasDisturbed, refused.length > 0);
    }
    this.#model = wanted;
    if (refused.length > 0) {
      await this.#removeForeign(refused);
      await this.#up(resources, given, wasDisturbed);
      return;
    }
    const actual = await this.#picture();
    demand("after an update", findDifferences(this.#model, actual, wasDisturbed));
    demand("after an update", findLies(this.engine.state, actual));
    await this.#requireRest(resources);
  }

  /** Preview and update, which must be the same. */
  async #promised(
    resources: readonly Declared[],
    options: UpOptions,
    wasDisturbed: boolean,
    isRefused: boolean,
  ): Promise<void> {
    const state = JSON.stringify([...this.engine.state]);
    const from = this.#environment.requests().length;
    const announced = await this.engine.preview(resources, options);
    demand("a preview", this.#writesSince(from));
    if (!wasDisturbed && options.adopt !== true) demand("a preview", this.#findUnsaid(announced));
    if (JSON.stringify([...this.engine.state]) !== state) throw new Wrong(["a preview changed state"]);
    try {
      const done = await this.engine.up(resources, options);
      if (isRefused)
        throw new Wrong(["releases that somebody else imported were deleted with their deployment"]);
      // What an update that broke off has done already does not have to be done again.
      if (!wasDisturbed && options.adopt !== true) demand("an update", findBrokenPromises(announced, done));
    } catch (error) {
      if (error instanceof Wrong || !isRefused || !(error as Error).message.includes(FOREIGN)) throw error;
    }
    await this.#searchSecrets();
  }

  /** A change that puts a release out of use says what people changed in it. */
  #findUnsaid(announced: readonly EngineStep[]): string[] {
    return announced.filter(isReplacing).flatMap(({ slot, inputs }) => {
      const deployment = this.#model.deploymentOf(slot);
      const active = deployment?.releases.find(({ isActive }) => isActive);
      const hasEdits = active?.isMarked === true && active.isEdited && inputs.active === true;
      const isLosing = hasEdits && active === deployment?.current;
      const isKnown = !hasUnknown(inputs.contents);
      const isSaid = JSON.stringify(inputs.findings ?? []).includes("edited-in-place");
      // What a person put into use goes as well, unless it is what the program wants next.
      if (!isKnown || isSaid === isLosing || (isSaid && hasEdits)) return [];
      return [
        `${slot}: the edits by hand of release #${active?.id ?? ""} are ${isSaid ? "made up" : "not told of"}`,
      ];
    });
  }

  async #removeForeign(refused: readonly string[]): Promise<void> {
    for (const slot of refused) {
      const deployment = this.#model.deploymentOf(slot);
      if (deployment === undefined) continue;
      for (const { id } of deployment.releases) await this.#environment.call("DELETE", `/v4/releases/${id}`);
      this.#model.removeRelease(deployment, () => true);
    }
  }

  /** The second preview is empty, and so is a refresh. */
  async #requireRest(resources: readonly Declared[]): Promise<void> {
    const from = this.#environment.requests().length;
    const again = await this.engine.preview(resources);
    const restless = again.filter(({ op }) => op !== "same");
    demand(
      "the second preview",
      restless.map(({ op, slot, changes }) => `${op} ${slot} (${changes.join(", ")})`),
    );
    const before = new Map(this.engine.state);
    await this.engine.refresh();
    for (const [slot, entry] of before)
      if (!isDeepStrictEqual(this.engine.state.get(slot), entry))
        throw new Wrong([
          `a refresh changed ${slot} from ${JSON.stringify(entry)} to ${JSON.stringify(this.engine.state.get(slot))}`,
        ]);
    demand("a preview or refresh", this.#writesSince(from));
  }

  #writesSince(from: number): string[] {
    return writesOf(this.#environment.requests().slice(from)).map(
      ({ method, path }) => `wrote ${method} ${path}`,
    );
  }

  async #searchSecrets(text = ""): Promise<void> {
    if ((await this.engine.written()).includes(CANARY)) throw new Wrong(["a secret is in state"]);
    if (text.includes(CANARY)) throw new Wrong([`a secret is in a message: ${text}`]);
  }
}

async function failureOf(action: Promise<unknown>): Promise<string> {
  return action.then(
    () => "",
    (error: unknown) => (error as Error).message,
  );
}
