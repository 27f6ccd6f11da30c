import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { FlowPackage } from "../../flow/index.js";
import { writePackage } from "../../flow/index.js";
import { startPlatform } from "../../platform/index.js";
import type { PlatformOptions, RequestRecord, RunningPlatform } from "../../platform/index.js";
import { provider } from "../../provider/hosts/dynamic.js";

/** Token of every platform that these tests start. */
export const TOKEN = "provider-test-token-2c7a";

export type Values = Record<string, unknown>;

/**
 * A host's provider for one resource in one operation. What it answers of state and inputs is what the engine keeps:
 * on a host that knows secrets they are marked as such.
 */
export interface HostProvider {
  check(
    olds: Values,
    news: Values,
  ): Promise<{ inputs: Values; failures: { property: string; reason: string }[] }>;
  diff(
    id: string,
    olds: Values,
    news: Values,
    oldInputs?: Values,
  ): Promise<{ changes: boolean; replaces: string[] }>;
  create(inputs: Values): Promise<{ id: string; outs: Values }>;
  /** Without an id in the answer the object is gone. */
  read(id: string, state: Values, inputs?: Values): Promise<{ id?: string; props?: Values; inputs?: Values }>;
  update(id: string, olds: Values, news: Values, oldInputs?: Values): Promise<{ outs: Values }>;
  delete(id: string, state: Values): Promise<void>;
  /** Names of every object of this kind that there is; only of a host that people can ask for it. */
  list?(): Promise<string[]>;
  /** What is known of state before a create (without an id) or an update; only of a host that previews ask. */
  plan?(id: string, olds: Values, news: Values, oldInputs: Values): Promise<Values>;
}

/** A way of the engine to the definitions. */
export interface Host<Provider extends HostProvider = HostProvider> {
  /** The provider of a resource in a new operation; `configuration` is the stack's. */
  open(type: string, owner: string, configuration: Values): Promise<Provider>;
  /** Calls a function in a new operation; only of a host that has them. Throws what is wrong with its inputs, too. */
  invoke?(name: string, inputs: Values, configuration: Values): Promise<Values>;
}

/** The dynamic host, in this process. */
export const dynamicHost: Host = {
  open: async (type, _owner, configuration) => {
    const made = provider(type);
    operations += 1;
    await made.configure({
      config: { rawConfig: { ...configuration, "test:operation": String(operations) } },
    });
    return made;
  },
};

/** A real platform, and a host's provider pointed at its environment `prod`. */
export interface ProviderTest {
  readonly platform: RunningPlatform;
  /** A folder for packages. */
  readonly folder: string;
  /** Calls the platform as a person with curl would. */
  call<T = Values>(method: string, path: string, body?: unknown): Promise<T>;
  /** Requests of an action, in order. */
  requestsDuring(action: () => Promise<unknown>): Promise<RequestRecord[]>;
  /** A resource of a program; `stack` is `project/stack`, `configuration` goes over that of the test. */
  resource(type: string, name?: string, stack?: string, configuration?: Values): ManagedResource;
  /** Writes a package into the folder; gives its path. */
  packageFile(name: string, source: FlowPackage): Promise<string>;
}

/** Starts a platform that stops when the test ends. */
export async function startProviderTest(
  settings: PlatformOptions["settings"] = {},
  configuration: Values = {},
  host: Host = dynamicHost,
): Promise<ProviderTest> {
  const folder = await mkdtemp(join(tmpdir(), "sluice-provider-"));
  const platform = await startPlatform({
    data: join(folder, "platform"),
    environments: ["dev", "prod"],
    token: TOKEN,
    settings: { recordRequests: true, ...settings },
  });
  onTestFinished(async () => {
    await platform.close();
    await rm(folder, { recursive: true, force: true });
  });
  const base = { "sluice:endpoint": platform.endpoint("prod"), "sluice:token": TOKEN, ...configuration };
  return {
    platform,
    folder,
    call: (method, path, body) => call(platform, method, path, body),
    requestsDuring: async (action) => {
      const before = platform.requests.length;
      await action();
      return platform.requests.slice(before);
    },
    resource: (type, name = "it", stack = "shop/prod", more = {}) =>
      new ManagedResource(type, `${stack}/${name}`, { ...base, ...more }, host),
    packageFile: async (name, source) => {
      const path = join(folder, name);
      await writeFile(path, await writePackage(source));
      return path;
    },
  };
}

let operations = 0;

/**
 * One resource, driven the way the engine drives it: check, then create, update or replace; each call is an
 * operation of its own, as each `pulumi` command has its own provider process.
 */
export class ManagedResource {
  id = "";
  /** What the engine keeps: outputs, and inputs of the last update. */
  state: Values = {};
  inputs: Values = {};
  #isUnfinished = false;

  constructor(
    readonly type: string,
    /** `project/stack/name`; another name is what a renamed stack or resource has. */
    public owner: string,
    private readonly configuration: Values,
    private readonly host: Host,
  ) {}

  /** The provider in a new operation. */
  provider(): Promise<HostProvider> {
    return this.host.open(this.type, this.owner, this.configuration);
  }

  async check(given: Values): Promise<{ inputs: Values; failures: { property: string; reason: string }[] }> {
    return (await this.provider()).check(this.inputs, { owner: this.owner, ...given });
  }

  async diff(given: Values): Promise<{ changes: boolean; replaces: string[] }> {
    const { inputs } = await this.check(given);
    return (await this.provider()).diff(this.id, this.state, inputs, this.inputs);
  }

  /** What `pulumi preview` asks; answers what it tells of state, on a host that is asked for that. */
  async preview(given: Values): Promise<Values | undefined> {
    await this.diff(given);
    const { inputs } = await this.check(given);
    return (await this.provider()).plan?.(this.id, this.state, inputs, this.inputs);
  }

  /** What `pulumi up` does with the resource; says what it did. */
  async up(given: Values): Promise<"create" | "update" | "replace" | "same"> {
    const { inputs, failures } = await this.check(given);
    if (failures.length > 0)
      throw new Error(failures.map(({ property, reason }) => `${property}: ${reason}`).join("; "));
    if (this.id === "") {
      await this.#create(inputs);
      return "create";
    }
    const { changes, replaces } = await (
      await this.provider()
    ).diff(this.id, this.state, inputs, this.inputs);
    if (replaces.length > 0) {
      await this.destroy();
      await this.#create(inputs);
      return "replace";
    }
    if (changes || this.#isUnfinished) {
      await this.#keepingPartial(inputs, async () => {
        const { outs } = await (await this.provider()).update(this.id, this.state, inputs, this.inputs);
        this.state = outs;
      });
      return "update";
    }
    this.inputs = inputs;
    return "same";
  }

  /** What `pulumi refresh` does; false when the object is gone. */
  async refresh(): Promise<boolean> {
    const found = await (await this.provider()).read(this.id, this.state, this.inputs);
    if (found.id === undefined) {
      this.forget();
      return false;
    }
    this.state = found.props ?? {};
    if (found.inputs) this.inputs = found.inputs;
    return true;
  }

  async destroy(): Promise<void> {
    await (await this.provider()).delete(this.id, this.state);
    this.forget();
  }

  /** Loses state, as when a person deletes it. */
  forget(): void {
    this.id = "";
    this.state = {};
    this.inputs = {};
  }

  async #create(inputs: Values): Promise<void> {
    await this.#keepingPartial(inputs, async () => {
      const { id, outs } = await (await this.provider()).create(inputs);
      this.id = id;
      this.state = outs;
    });
  }

  /** The engine keeps id and state that an error carries, and updates such a resource the next time. */
  async #keepingPartial(inputs: Values, action: () => Promise<void>): Promise<void> {
    try {
      await action();
      this.#isUnfinished = false;
    } catch (error) {
      const { id, properties } = error as { id?: string; properties?: Values };
      if (id === undefined) throw error;
      this.id = id;
      this.state = properties ?? {};
      this.inputs = inputs;
      this.#isUnfinished = true;
      throw error;
    }
    this.inputs = inputs;
  }
}

async function call<T>(platform: RunningPlatform, method: string, path: string, body: unknown): Promise<T> {
  const isForm = body instanceof FormData;
  const response = await fetch(`${platform.endpoint("prod")}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${TOKEN}`,
      ...(body !== undefined && !isForm && { "content-type": "application/json" }),
    },
    body: body === undefined ? null : isForm ? body : JSON.stringify(body),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
  return (text === "" ? undefined : JSON.parse(text)) as T;
}

/** Requests that change something; a dry run does not. Numbers in paths are replaced by N. */
export function writesOf(requests: readonly RequestRecord[]): string[] {
  return requests
    .filter((request) => request.method !== "GET" && !/\/dryRun$/i.test(request.path))
    .map((request) => `${request.method} ${request.path.replaceAll(/\/\d+/g, "/N")}`);
}
