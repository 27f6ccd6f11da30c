import { createRequire } from "node:module";
import { resolve } from "node:path";
import type { CustomResource, CustomResourceOptions } from "@pulumi/pulumi";
import type { EngineEvent, StepEventMetadata } from "@pulumi/pulumi/automation/index.js";
import { interruptEngine } from "../engine/kill-engine.js";
import { killVictim } from "../engine/kill-matrix/victims.js";
import { sluice, startEngineTest } from "../engine/stack.js";
import type { EngineTest } from "../engine/stack.js";
import { Disturber } from "./disturber.js";
import type { Engine, EngineStep, Host, Op, StateEntry, UpOptions } from "./engine.js";
import type { FuzzEnvironment } from "./fuzz-platform.js";
import { TOKEN } from "./fuzz-platform.js";
import type { PackageFolder } from "./fuzz-packages.js";
import { parentOf, slotOf, toArguments } from "./program.js";
import type { Declaration, Declared, Slot, Values } from "./program.js";
import { giveRequests } from "./whose-requests.js";

/** Where Pulumi's engine works, and on what. */
export interface PulumiSurroundings {
  readonly environment: FuzzEnvironment;
  readonly packages: PackageFolder;
  readonly host: Host;
  /** Holds backend and home of the stacks. */
  readonly root: string;
}

/** No platform process that a kill has to spare: it runs in this one. */
const NO_PROCESS = -1;

/** Pulumi's own engine, by its command, on a stack of its own. */
export class PulumiEngine implements Engine {
  state: ReadonlyMap<Slot, StateEntry> = new Map();

  private constructor(
    private readonly test: EngineTest,
    private readonly disturber: Disturber,
    private readonly surroundings: PulumiSurroundings,
  ) {}

  static async start(surroundings: PulumiSurroundings, stackName: string): Promise<PulumiEngine> {
    const { environment, host, root } = surroundings;
    const disturber = await Disturber.start(environment.endpoint());
    const test = await startEngineTest({
      beside: { root, platform: environment.platform() },
      stackName,
      config: {
        "sluice:endpoint": { value: disturber.endpoint },
        "sluice:token": { value: TOKEN, secret: true },
        "sluice:retries": { value: "1" },
        "sluice:timeoutSeconds": { value: "5" },
      },
      ...(host === "plugin" && { plugin: resolve("bin") }),
    });
    return new PulumiEngine(test, disturber, surroundings);
  }

  get stack(): string {
    return `engine-test/${this.test.stack.name}`;
  }

  async preview(resources: readonly Declared[], options: UpOptions = {}): Promise<EngineStep[]> {
    this.#use(resources, options);
    const steps: EngineStep[] = [];
    await this.#run(() =>
      this.test.stack.preview({ parallel: 1, onEvent: (event) => collect(steps, event, this.state) }),
    );
    return inOrder(steps);
  }

  async up(resources: readonly Declared[], options: UpOptions = {}): Promise<EngineStep[]> {
    this.#use(resources, options);
    const { disturbances = [] } = options;
    const { environment, host } = this.surroundings;
    const before = this.state;
    const deploymentOf = await this.#deploymentsOfReleases();
    const from = environment.requests().length;
    const steps: EngineStep[] = [];
    const blows = {
      kill: () => killVictim("provider", host, NO_PROCESS),
      interrupt: interruptEngine,
    };
    await this.#run(() =>
      this.disturber.during(disturbances, blows, () =>
        this.test.stack.up({ parallel: 1, onEvent: (event) => collect(steps, event, before) }),
      ),
    );
    const requests = environment.requests().slice(from);
    for (const [release, deployment] of await this.#deploymentsOfReleases())
      deploymentOf.set(release, deployment);
    return giveRequests(inOrder(steps), { state: this.state, deploymentOf }, requests);
  }

  async refresh(): Promise<void> {
    await this.#run(() => this.test.stack.refresh({ parallel: 1 }));
  }

  async loseState(): Promise<void> {
    const state = await this.test.stack.exportStack();
    const { resources: _resources, ...rest } = state.deployment as { resources?: unknown };
    await this.#run(() => this.test.stack.importStack({ ...state, deployment: rest }));
  }

  written(): Promise<string> {
    return this.test.state();
  }

  async close(): Promise<void> {
    await this.test.close();
    await this.disturber.close();
  }

  async #run(action: () => Promise<unknown>): Promise<void> {
    try {
      await action();
    } finally {
      this.state = readState(await this.test.state());
    }
  }

  async #deploymentsOfReleases(): Promise<Map<string, string>> {
    const { data } = await this.surroundings.environment.call<{
      data: { id: number; deployment: { id: number } }[];
    }>("GET", "/v4/releases?limit=500");
    return new Map(data.map(({ id, deployment }) => [String(id), String(deployment.id)]));
  }

  #use(resources: readonly Declared[], { adopt = false, foreign }: UpOptions): void {
    const { host, packages } = this.surroundings;
    const classes = (host === "dynamic" ? sluice : plugin()) as ResourceClasses;
    this.test.use(async () => {
      const made = new Map<Slot, CustomResource>();
      const rulesOf = (slot: Slot, stated: Values) => {
        const rules = made.get(slot) as (CustomResource & Values) | undefined;
        if (rules === undefined) return stated;
        return host === "dynamic" ? rules : { connections: rules.connections, values: rules.values };
      };
      const references = {
        idOf: (slot: Slot) => made.get(slot)?.id ?? foreign?.get(slot),
        rulesOf,
        packages,
      };
      for (const one of resources) {
        const { kind } = one.declaration;
        const given = await toArguments(one, resources, references, adopt);
        const release = made.get(`${parentOf(one.slot)}/release`);
        const [name = one.slot, ...earlier] = one.names;
        const options = {
          aliases: earlier.map((other) => ({ name: other })),
          ...(kind === "Schedule" && release && { dependsOn: [release] }),
        };
        made.set(one.slot, new classes[kind](name, given, options));
      }
    });
  }
}

type ResourceClasses = Readonly<
  Record<
    Declaration["kind"],
    new (name: string, given: Values, options: CustomResourceOptions) => CustomResource
  >
>;

function plugin(): unknown {
  return createRequire(__filename)("pulumi-sluice/plugin");
}

const KINDS = new Set<string>(["Connection", "Deployment", "ImportRules", "Release", "Schedule"]);
const OPS: Readonly<Record<string, Op>> = {
  same: "same",
  create: "create",
  update: "update",
  "create-replacement": "replace",
  delete: "delete",
};

/** Takes what an event says of a step, if it is about a resource of the program. */
function collect(
  steps: EngineStep[],
  { resourcePreEvent }: EngineEvent,
  state: ReadonlyMap<Slot, StateEntry>,
): void {
  const { metadata } = resourcePreEvent ?? {};
  if (metadata === undefined) return;
  const op = OPS[metadata.op];
  if (op === undefined || !KINDS.has(kindOf(metadata.type))) return;
  const slot = slotOf(nameOf(metadata.urn));
  const before = state.get(slot);
  steps.push({
    slot,
    type: kindOf(metadata.type),
    op,
    changes: op === "update" || op === "replace" ? changesIn(metadata) : [],
    before,
    inputs: (metadata.new?.inputs ?? {}) as Values,
    requests: [],
    isUnfinished: before?.isUnfinished ?? false,
  });
}

/** As the engine shows them: secrets are masked, so that another password is no change of these. */
function changesIn({ old, new: next }: StepEventMetadata): string[] {
  const [was, is] = [(old?.inputs ?? {}) as Values, (next?.inputs ?? {}) as Values];
  const names = new Set([...Object.keys(was), ...Object.keys(is)]);
  return [...names].filter((name) => JSON.stringify(was[name]) !== JSON.stringify(is[name])).sort();
}

/** The engine may begin what does not hang together in any order. */
function inOrder(steps: readonly EngineStep[]): EngineStep[] {
  return steps.toSorted((a, b) => (a.slot < b.slot ? -1 : 1));
}

interface WrittenResource {
  readonly urn: string;
  readonly type: string;
  readonly id?: string;
  readonly inputs?: Values;
  readonly outputs?: Values;
  readonly initErrors?: readonly string[];
  /** Deleted, and its replacement was not made. */
  readonly pendingReplacement?: boolean;
}

/** The resources of a stack's state file. */
function readState(text: string): Map<Slot, StateEntry> {
  const { checkpoint } = JSON.parse(text) as {
    checkpoint: { latest?: { resources?: WrittenResource[] } | null };
  };
  const resources = checkpoint.latest?.resources ?? [];
  return new Map(
    resources
      .filter(({ type, pendingReplacement }) => KINDS.has(kindOf(type)) && pendingReplacement !== true)
      .map(({ urn, type, id = "", inputs = {}, outputs = {}, initErrors = [] }) => [
        slotOf(nameOf(urn)),
        {
          type: kindOf(type),
          id,
          inputs: plain(inputs),
          outputs: plain(outputs),
          isUnfinished: initErrors.length > 0,
        },
      ]),
  );
}

/** Without the line of the dynamic host, and without what encryption makes anew each time. */
function plain({ __provider: _line, ...values }: Values): Values {
  return JSON.parse(
    JSON.stringify(values, (name, value: unknown) => (name === "ciphertext" ? "[secret]" : value)),
  ) as Values;
}

function kindOf(type: string): string {
  return type.split(":").at(-1) ?? "";
}

function nameOf(urn: string): string {
  return urn.split("::").at(-1) ?? "";
}
