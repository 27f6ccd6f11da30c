import type { Client } from "../../provider/client/client.js";
import { readSettings } from "../../provider/config.js";
import type { ResourceDefinition } from "../../provider/framework/define-resource.js";
import { Lifecycle } from "../../provider/framework/lifecycle.js";
import { Contexts } from "../../provider/hosts/contexts.js";
import { DynamicProvider } from "../../provider/hosts/dynamic.js";
import { findDefinition } from "../../provider/registry.js";
import type { ProviderRun, RunProvider } from "./provider-run.js";
import type { Disturbance } from "./steps.js";

/** Changes a definition, so that it has a defect which the fuzzer must find. */
export type Plant = (definition: ResourceDefinition) => ResourceDefinition;

/** How the provider reaches the platform. */
export interface Surroundings {
  readonly endpoint: string;
  readonly token: string;
  readonly plant: Plant;
}

/** A provider that was killed says nothing; this is what its host notices. */
export class Killed extends Error {
  override readonly name = "Killed";
}

/** A run of the dynamic host in this process. */
export class Operation implements ProviderRun {
  isKilled = false;
  readonly #lifecycles = new Map<string, Lifecycle>();
  readonly #contexts: Contexts;
  readonly #clients = new WeakMap<Client, Client>();
  readonly #interruption = new AbortController();
  #writes = 0;
  #calls = 0;

  constructor(
    private readonly surroundings: Surroundings,
    private readonly disturbances: readonly Disturbance[] = [],
  ) {
    const { endpoint, token } = surroundings;
    const settings = readSettings({ endpoint, token, retries: "1", timeoutSeconds: "5" });
    this.#contexts = new Contexts(settings, { signal: this.#interruption.signal });
  }

  provider(type: string): RunProvider {
    const lifecycle = this.#lifecycle(type);
    const provider = new DynamicProvider(lifecycle);
    return {
      check: (olds, news) => provider.check(olds, news),
      diff: (_id, olds, news) => Promise.resolve(lifecycle.diff(olds, news)),
      create: (inputs) => provider.create(inputs),
      read: (id, state) => provider.read(id, state),
      update: (id, olds, news) => provider.update(id, olds, news),
      delete: (id, state) => provider.delete(id, state),
    };
  }

  #lifecycle(type: string): Lifecycle {
    let lifecycle = this.#lifecycles.get(type);
    if (lifecycle === undefined) {
      const definition = findDefinition(type);
      if (definition === undefined) throw new Error(`there is no resource named ${type}`);
      lifecycle = new Lifecycle(this.surroundings.plant(definition), (values) => {
        const context = this.#contexts.of(values);
        return { ...context, client: this.#disturbed(context.client) };
      });
      this.#lifecycles.set(type, lifecycle);
    }
    return lifecycle;
  }

  /** The client as definitions see it: each of its calls may be the last one. */
  #disturbed(client: Client): Client {
    const known = this.#clients.get(client);
    if (known) return known;
    const proxy = new Proxy(client, {
      get: (target, name) => {
        const member: unknown = Reflect.get(target, name, target);
        if (typeof member !== "function") return member;
        const call = (...given: unknown[]): unknown => Reflect.apply(member, target, given);
        if (READS.has(String(name))) return (...given: unknown[]) => this.#call(() => call(...given), false);
        if (WRITES.has(String(name))) return (...given: unknown[]) => this.#call(() => call(...given), true);
        return call;
      },
    });
    this.#clients.set(client, proxy);
    return proxy;
  }

  async #call(call: () => unknown, isWrite: boolean): Promise<unknown> {
    this.#calls += 1;
    if (isWrite) this.#writes += 1;
    this.#refuse();
    for (const one of this.disturbances)
      if (one.kind === "interrupt" && one.call === this.#calls) this.#interruption.abort();
    if (isWrite) this.#kill("before");
    const answer = await call();
    if (isWrite) this.#kill("after");
    return answer;
  }

  #kill(when: "before" | "after"): void {
    const isNow = this.disturbances.some(
      (one) => one.kind === "kill" && one.when === when && one.write === this.#writes,
    );
    if (isNow) this.isKilled = true;
    this.#refuse();
  }

  #refuse(): void {
    if (this.isKilled) throw new Killed("the provider was killed");
  }
}

const READS = new Set(["get", "list", "getById", "download", "tryUpload"]);
const WRITES = new Set(["post", "create", "put", "patch", "delete", "upload"]);
