import { AsyncLocalStorage } from "node:async_hooks";
import { suggestWord } from "../../../flow/language/nearest-word.js";
import { readSettings } from "../../config.js";
import type { Settings } from "../../config.js";
import type { LocalContext } from "../../framework/define-function.js";
import type { Context, ResourceDefinition, Say } from "../../framework/define-resource.js";
import { Lifecycle } from "../../framework/lifecycle.js";
import type { Values } from "../../framework/lifecycle.js";
import { nameOfToken } from "../../framework/token.js";
import { findDefinition, registry } from "../../registry.js";
import { Contexts } from "../contexts.js";
import { EngineLog } from "./engine-log.js";
import { importCommand } from "./import-command.js";
import { ownSettings } from "./own-settings.js";
import { InvalidCall } from "./status.js";
import { readUrn } from "./urn.js";

/** Takes what is secret out of a text. */
type Hide = (text: string) => string;

/** What goes on with one resource. */
export interface Operation {
  readonly urn: string;
  /** Its messages go through this. */
  readonly hide: Hide;
  /** When it has to be over, in milliseconds since 1970. */
  readonly deadline: number | undefined;
}

/** What one plugin process knows: the engine that it serves, the settings, and a life for each type of resource. */
export class Session {
  /** What this engine can do beyond the oldest one. */
  abilities = { views: false, refreshBeforeUpdate: false };
  readonly #interruption = new AbortController();
  readonly #current = new AsyncLocalStorage<Operation>();
  readonly #lives = new Map<ResourceDefinition, Lifecycle>();
  #log: EngineLog | undefined;
  #contexts: Contexts | undefined;

  /** From now on messages go to the engine at this address. */
  attach(engineAddress: string | undefined): void {
    if (engineAddress) this.#log = new EngineLog(engineAddress);
  }

  /**
   * Takes the settings over of the provider with this URN, where the engine tells it. Throws ConfigurationError: refreshing and
   * importing never checked them before.
   */
  configure(values: Values, providerUrn?: string): void {
    const hooks = {
      signal: this.#interruption.signal,
      deadline: () => this.#current.getStore()?.deadline,
      onWait: (message: string) => this.#say()("progress", message),
      onUnreached: (message: string) => this.#say()("warning", message),
    };
    const byImport = (id: string) => importCommand(this.#current.getStore()?.urn ?? "", id, providerUrn);
    this.#contexts = new Contexts(readSettings(ownSettings(values)), hooks, byImport);
    this.#lives.clear();
  }

  /** Names of the environments that are configured beside the stack's own. */
  get environments(): string[] {
    return Object.keys(this.#contexts?.settings.environments ?? {});
  }

  /** The user interrupted the engine, or it is about to end: nothing waits any longer. */
  cancel(): void {
    this.#interruption.abort();
  }

  /** Where views are told of. */
  get views(): Settings["views"] {
    return this.#contexts?.settings.views ?? "off";
  }

  /** Says it under the resource with this URN. */
  say(urn: string, ...message: Parameters<Say>): void {
    this.#log?.say(urn, ...message);
  }

  /** Runs an action as a part of this operation. */
  during<T>(operation: Operation, action: () => Promise<T>): Promise<T> {
    return this.#current.run(operation, action);
  }

  /** What needs no platform gets this. Throws InvalidCall before the settings are there. */
  local(): LocalContext {
    return this.#configured().local(this.#say());
  }

  /** The environment that the values name. Throws InvalidCall before the settings are there, ConfigurationError without a target. */
  platform(values: Values): Context {
    return this.#configured().of(values, this.#say());
  }

  /** The life of resources of the type in this URN. Throws InvalidCall with the nearest type. */
  lifeOf(urn: string): Lifecycle {
    return this.lifeOfType(readUrn(urn).type);
  }

  /** The life of resources with this token. Throws InvalidCall with the nearest type. */
  lifeOfType(token: string): Lifecycle {
    const name = nameOfToken(token) ?? "";
    const definition = findDefinition(name);
    if (definition === undefined) {
      const guess = suggestWord(
        name || token,
        registry.map((known) => known.name),
      );
      throw new InvalidCall(`there is no resource type ${token} in this version of Sluice${guess}`);
    }
    let life = this.#lives.get(definition);
    if (life === undefined) {
      life = new Lifecycle(definition, (values) => this.platform(values));
      this.#lives.set(definition, life);
    }
    return life;
  }

  #configured(): Contexts {
    if (this.#contexts === undefined)
      throw new InvalidCall(
        "the provider was called before it was configured; this is a fault of the engine",
      );
    return this.#contexts;
  }

  #say(): Say {
    const { urn, hide } = this.#current.getStore() ?? { urn: "", hide: String };
    return (severity, message) => this.say(urn, severity, hide(message));
  }
}
