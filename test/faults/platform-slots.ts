import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writePackage } from "../../flow/index.js";
import { startPlatform } from "../../platform/index.js";
import type { FaultControl, RunningPlatform } from "../../platform/index.js";
import { provider } from "../../provider/hosts/dynamic.js";
import { ManagedResource, TOKEN } from "../provider/provider-test.js";
import type { Host, ProviderTest, Values } from "../provider/provider-test.js";

const ENVIRONMENTS = 150;
/** A disk in memory, where there is one: how lasting a write is, other tests ask. */
const MEMORY = existsSync("/dev/shm") ? "/dev/shm" : tmpdir();
let operations = 0;

/**
 * The dynamic host for many operations at the same time: it has one configuration in the process, which each call puts
 * in place first.
 */
export const dynamicHostForMany: Host = {
  open: (type, _owner, configuration) => {
    operations += 1;
    const rawConfig = { ...configuration, "test:operation": String(operations) };
    const made = provider(type);
    const configured = () => {
      // What it remembers is there before it resolves.
      void made.configure({ config: { rawConfig } });
      return made;
    };
    return Promise.resolve({
      check: (olds, news) => configured().check(olds, news),
      diff: (id, olds, news) => configured().diff(id, olds, news),
      create: (inputs) => configured().create(inputs),
      read: (id, state) => configured().read(id, state),
      update: (id, olds, news) => configured().update(id, olds, news),
      delete: (id, state) => configured().delete(id, state),
    });
  },
};

/** A test in an environment of its own, and what makes its requests go wrong. */
export interface FaultyTest extends ProviderTest {
  readonly environment: string;
  readonly faults: FaultControl;
  /** Calls a function of the provider. Throws where the host has none. */
  invoke(name: string, inputs: Values): Promise<Values>;
  /** As the provider has them. */
  readonly retries: number;
  /** May be set, for what begins from then on. */
  timeoutSeconds: number;
}

/** How the provider sends its requests. */
export type Sending = Pick<FaultyTest, "retries" | "timeoutSeconds">;

/** Platforms side by side, so that cases can wait at the same time and no connection is shared by two of them. */
export class PlatformSlots {
  readonly #free: Slot[] = [];
  readonly #waiting: ((slot: Slot) => void)[] = [];
  readonly #all: Slot[] = [];

  /** A slot for each of the hosts. */
  static async start(hosts: readonly Host[]): Promise<PlatformSlots> {
    const slots = new PlatformSlots();
    for (const host of hosts) slots.#all.push(await Slot.start(host));
    slots.#free.push(...slots.#all);
    return slots;
  }

  /** Runs something in a fresh environment of a slot that nobody else uses meanwhile. */
  async use<T>(sending: Sending, action: (test: FaultyTest) => Promise<T>): Promise<T> {
    const slot = this.#free.pop() ?? (await new Promise<Slot>((resolve) => this.#waiting.push(resolve)));
    try {
      return await action(await slot.begin(sending));
    } finally {
      const next = this.#waiting.shift();
      if (next) next(slot);
      else this.#free.push(slot);
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.#all.map((slot) => slot.close()));
  }
}

class Slot {
  #used = 0;
  #generation = 0;

  private constructor(
    private readonly host: Host,
    private readonly folder: string,
    private platform: RunningPlatform,
  ) {}

  static async start(host: Host): Promise<Slot> {
    const folder = await mkdtemp(join(MEMORY, "sluice-faults-"));
    return new Slot(host, folder, await startWithEnvironments(join(folder, "0")));
  }

  async begin({ retries, timeoutSeconds }: Sending): Promise<FaultyTest> {
    if (this.#used === ENVIRONMENTS) {
      await this.platform.close();
      this.#generation += 1;
      this.#used = 0;
      this.platform = await startWithEnvironments(join(this.folder, String(this.#generation)));
    }
    this.#used += 1;
    const environment = `e${this.#used}`;
    const { platform, folder } = this;
    const { faults } = platform;
    if (faults === null) throw new Error("the platform has no fault control");
    const endpoint = platform.endpoint(environment);
    const base = {
      "sluice:retries": String(retries),
      "sluice:timeoutSeconds": String(timeoutSeconds),
      "sluice:endpoint": endpoint,
      "sluice:token": TOKEN,
    };
    const configurations: Values[] = [base];
    const from = platform.requests.length;
    const requests = () => platform.requests.slice(from).filter((one) => one.environment === environment);
    return {
      environment,
      faults,
      retries,
      get timeoutSeconds() {
        return Number(base["sluice:timeoutSeconds"]);
      },
      set timeoutSeconds(seconds) {
        for (const one of configurations) one["sluice:timeoutSeconds"] = String(seconds);
      },
      folder,
      platform: {
        ...platform,
        endpoint: () => endpoint,
        get requests() {
          return requests();
        },
      },
      call: (method, path, body) => call(endpoint, method, path, body),
      requestsDuring: async (action) => {
        const before = requests().length;
        await action();
        return requests().slice(before);
      },
      invoke: (name, inputs) => {
        if (!this.host.invoke) throw new Error("this host has no functions");
        return this.host.invoke(name, inputs, base);
      },
      resource: (type, name = "it", stack = "shop/prod", more = {}) => {
        const configuration = { ...base, ...more };
        configurations.push(configuration);
        return new ManagedResource(type, `${stack}/${name}`, configuration, this.host);
      },
      packageFile: async (name, source) => {
        const path = join(folder, `${environment}-${name}`);
        await writeFile(path, await writePackage(source));
        return path;
      },
    };
  }

  async close(): Promise<void> {
    await this.platform.close();
    await rm(this.folder, { recursive: true, force: true });
  }
}

function startWithEnvironments(folder: string): Promise<RunningPlatform> {
  return startPlatform({
    data: folder,
    environments: Array.from({ length: ENVIRONMENTS }, (_, index) => `e${index + 1}`),
    token: TOKEN,
    settings: { faults: true, recordRequests: true, fireSchedules: false },
  });
}

async function call<T>(endpoint: string, method: string, path: string, body: unknown): Promise<T> {
  const isForm = body instanceof FormData;
  const send = () =>
    fetch(`${endpoint}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${TOKEN}`,
        ...(body !== undefined && !isForm && { "content-type": "application/json" }),
      },
      body: body === undefined ? null : isForm ? body : JSON.stringify(body),
    });
  // A connection that a fault is about to reset may still be among those kept open.
  const response = await send().catch((error: unknown) => {
    if (method !== "GET") throw error;
    return send();
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
  return (text === "" ? undefined : JSON.parse(text)) as T;
}
