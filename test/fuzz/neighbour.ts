import { writesOf } from "./announcements.js";
import type { Engine } from "./engine.js";
import type { FuzzEnvironment } from "./fuzz-platform.js";
import type { PackageSpec } from "./fuzz-packages.js";
import type { ModelDeployment } from "./model-objects.js";
import { PlatformModel } from "./platform-model.js";
import { parentOf, Program } from "./program.js";
import type { Declaration, Declared, Slot } from "./program.js";
import { demand, Wrong } from "./wrong.js";

const HOME = "n1";
const ANY_PACKAGE: PackageSpec = { factor: 8, output: "clean", usesWarehouse: false, exported: 0 };

/** Another stack on the same platform. */
export class Neighbour {
  readonly #program: Program;
  /** The release with which it took a deployment over; one only, as its program would take others away. */
  #prize: Slot | undefined;

  constructor(
    private readonly engine: Engine,
    private readonly environment: FuzzEnvironment,
  ) {
    this.#program = new Program(environment.variant);
  }

  get stack(): string {
    return this.engine.stack;
  }

  /** Makes what is its own; it is in the model from then on. */
  async moveIn(model: PlatformModel, spec: PackageSpec): Promise<void> {
    if (this.#own().length > 0 || this.#prize !== undefined) return;
    this.#program.declare("n2", {
      kind: "Connection",
      name: "of the neighbour",
      params: {},
      description: "",
      isGlobal: false,
    });
    this.#program.declare(HOME, { kind: "Deployment", name: HOME, forceDelete: false });
    this.#program.declare(`${HOME}/release`, toRelease({ ...spec, usesWarehouse: false }));
    this.#program.declare(`${HOME}/nightly`, toSchedule("nightly"));
    await this.engine.up(this.#own());
    const own = new PlatformModel(this.environment.variant);
    own.apply(this.#own());
    model.absorb(own);
  }

  /** States what is the other stack's, and has to be told so. */
  async claim(model: PlatformModel, slot: Slot, owner: string): Promise<void> {
    const deployment = model.deploymentOf(slot);
    const isMarked = deployment?.releases.some(
      ({ isActive, isMarked, key }) => isActive && isMarked && key !== null,
    );
    const claim = this.#toClaim(model, slot, isMarked === true);
    if (claim === undefined) return;
    const from = this.environment.requests().length;
    const foreign = new Map(deployment?.slot ? [[deployment.slot, deployment.id]] : []);
    const message = await this.engine.up([...this.#own(), claim], { foreign }).then(
      () => "",
      (error: unknown) => (error as Error).message,
    );
    const told = isMarked ? `by ${owner}/|to ${owner}/` : "already (?:exists|has)";
    if (!new RegExp(told).test(message))
      throw new Wrong([`a neighbour that states ${slot} was told "${message}", which lacks ${told}`]);
    const writes = writesOf(this.environment.requests().slice(from));
    demand(
      `a neighbour that states ${slot}`,
      writes.map(({ method, path }) => `wrote ${method} ${path}`),
    );
  }

  /** Insists on a release of the other stack's deployment; it runs from then on. False: it has another one already. */
  async takeOver(model: PlatformModel, deployment: ModelDeployment, spec: PackageSpec): Promise<boolean> {
    const slot = `${deployment.slot ?? ""}/release`;
    if (this.#prize !== undefined && this.#prize !== slot) return false;
    this.#prize = slot;
    const rules = model.expected().deployments.find(({ id }) => id === deployment.id)?.rules;
    const declaration = {
      ...toRelease(spec),
      notes: "of the neighbour",
      ...(rules && { rules: { ...rules } }),
    };
    const prize = { slot, names: [slot], declaration };
    const foreign = new Map([[parentOf(slot), deployment.id]]);
    await this.engine.refresh();
    await this.engine.up([...this.#own(), prize], { foreign, adopt: true });
    const id = String(this.engine.state.get(slot)?.outputs.releaseId);
    model.addRelease(deployment, { id, package: spec, notes: declaration.notes, isMarked: true });
    return true;
  }

  /** Its own is as it left it. */
  async requireUntouched(): Promise<void> {
    const own = this.#own();
    if (own.length === 0) return;
    const steps = await this.engine.preview(own);
    const touched = steps.filter(({ op, slot }) => op !== "same" && own.some((one) => one.slot === slot));
    demand(
      "the neighbour's preview",
      touched.map(({ op, slot, changes }) => `${op} ${slot} (${changes.join(", ")})`),
    );
    await this.engine.refresh();
    const gone = own.filter(({ slot }) => !this.engine.state.has(slot));
    demand(
      "the neighbour's refresh",
      gone.map(({ slot }) => `${slot} is gone`),
    );
  }

  #own(): Declared[] {
    return this.#program.resources(new Set());
  }

  /** The object as a program states it; undefined for what cannot be told to be the other stack's. */
  #toClaim(model: PlatformModel, slot: Slot, isMarked: boolean): Declared | undefined {
    const declaration = this.#claimed(model, slot, isMarked);
    return declaration && { slot, declaration, names: [slot] };
  }

  #claimed(model: PlatformModel, slot: Slot, isMarked: boolean): Declaration | undefined {
    const connection = model.connections.find((one) => one.slot === slot);
    if (connection)
      return { kind: "Connection", name: connection.name, params: {}, description: "", isGlobal: false };
    const deployment = model.deploymentOf(slot);
    if (deployment === undefined) return undefined;
    if (deployment.slot === slot) return { kind: "Deployment", name: deployment.name, forceDelete: false };
    if (slot.endsWith("/release")) return isMarked ? toRelease(ANY_PACKAGE) : undefined;
    if (slot.endsWith("/rules")) {
      const { connections, values } = deployment.rules;
      return connections.length + values.length > 0 ? { kind: "ImportRules", values: [] } : undefined;
    }
    const schedule = deployment.schedules.find((one) => one.slot === slot);
    // A flow that no marker names is nobody's.
    const isTold = schedule !== undefined && (schedule.runs === null || isMarked);
    return isTold ? toSchedule(schedule.name) : undefined;
  }
}

function toRelease(spec: PackageSpec) {
  return { kind: "Release", package: spec, notes: "", active: true } as const;
}

function toSchedule(name: string): Declaration {
  return { kind: "Schedule", name, triggers: [{ hourly: { minuteOfHour: 7 } }], parameters: {} };
}
