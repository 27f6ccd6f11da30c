import { fromStackConfiguration, readSettings } from "../config.js";
import { isEqual } from "../framework/canonical.js";
import { NotReadyError, ProviderBug } from "../framework/define-resource.js";
import type { ResourceDefinition, Say } from "../framework/define-resource.js";
import { hiding } from "../framework/hiding.js";
import { labelOf } from "../framework/label.js";
import { Lifecycle } from "../framework/lifecycle.js";
import type { Values } from "../framework/lifecycle.js";
import { findDefinition } from "../registry.js";
import { Contexts } from "./contexts.js";
import { PROVIDER_KEY } from "./dynamic-names.js";
import { isForUsers } from "./errors-for-users.js";

/**
 * The dynamic host's side in the engine's plugin process. What state keeps of it is one line that requires
 * this module and calls {@link provider}; so its path and name can never change.
 */
export function provider(name: string): DynamicProvider {
  const definition = findDefinition(name);
  if (definition === undefined) throw new ProviderBug(`there is no resource named ${name}`);
  return new DynamicProvider(
    new Lifecycle(definition, (values) => {
      contexts ??= new Contexts(readSettings(fromStackConfiguration(configuration)), { onUnreached: warn });
      return contexts.of(values, sayOf(definition, values));
    }),
  );
}

/** The engine shows what this process prints, at once and under the stack; there is no other way to it from here. */
function warn(message: string): void {
  process.stderr.write(`warning: ${message}\n`);
}

/** Passes warnings on. Progress, which the engine would show for a moment only, would stand here for ever. */
function sayOf(definition: ResourceDefinition, values: Values): Say {
  return (severity, message) => {
    if (severity !== "warning") return;
    const hide = hiding(definition, [{ values, secrets: [] }]);
    warn(`${labelOf(definition, values)}: ${hide(message)}`);
  };
}

let configuration: Values = {};
let contexts: Contexts | undefined;

/** Methods as the engine's dynamic provider calls them. */
export class DynamicProvider {
  constructor(private readonly lifecycle: Lifecycle) {}

  /**
   * Only remembers: the caller goes on with a provider whose configuration failed, so failing comes later. It is
   * called once for each type of resource; only other settings end what the clients hold in common.
   */
  configure(request: { config: { rawConfig?: Values } }): Promise<void> {
    const given = request.config.rawConfig ?? {};
    if (isEqual(given, configuration)) return Promise.resolve();
    configuration = given;
    contexts = undefined;
    return Promise.resolve();
  }

  async check(
    olds: Values,
    news: Values,
  ): Promise<{ inputs: Values; failures: { property: string; reason: string }[] }> {
    try {
      return await this.lifecycle.check(plain(olds), plain(news));
    } catch (error) {
      // Thrown, it would be printed with a stack trace; as a failure it reads like any other.
      if (!isForUsers(error)) throw error;
      return { inputs: news, failures: [{ property: "", reason: error.message }] };
    }
  }

  diff(
    _id: string,
    olds: Values,
    news: Values,
  ): Promise<{ changes: boolean; replaces: string[]; deleteBeforeReplace: boolean }> {
    try {
      const { changes, replaces } = this.lifecycle.diff(plain(olds), plain(news));
      // Names are unique at the platform: the new object could not stand beside the old one.
      return Promise.resolve({ changes: changes.length > 0, replaces, deleteBeforeReplace: true });
    } catch (error) {
      return Promise.reject(toldOnce(error));
    }
  }

  async create(inputs: Values): Promise<{ id: string; outs: Values }> {
    const { id, state } = await keepingPartial(inputs, () => this.lifecycle.create(plain(inputs)));
    return { id, outs: state };
  }

  async read(id: string, state: Values): Promise<{ id?: string; props?: Values; inputs?: Values }> {
    const found = await this.lifecycle.read(id, plain(state)).catch((error: unknown) => {
      throw toldOnce(error);
    });
    // The engine takes an empty id for "gone".
    if (found === undefined) return {};
    return { id, props: found.state, ...(found.drifted.length > 0 && { inputs: found.inputs }) };
  }

  async update(id: string, olds: Values, news: Values): Promise<{ outs: Values }> {
    return { outs: await keepingPartial(news, () => this.lifecycle.update(id, plain(olds), plain(news))) };
  }

  async delete(id: string, state: Values): Promise<void> {
    await this.lifecycle.delete(id, plain(state)).catch((error: unknown) => {
      throw toldOnce(error);
    });
  }
}

/**
 * The caller answers the engine with the error's message, which is shown under the resource, and also prints the error with its
 * stack, which is shown under the stack: there it only names the operation, and no place in our code.
 */
function toldOnce(error: unknown): Error {
  if (!(error instanceof Error)) return new Error(String(error));
  if (!isForUsers(error)) return error;
  const [operation] = error.message.split(": ");
  return Object.assign(error, { toString: () => operation, stack: "failed, as its resource tells" });
}

/** The engine keeps id and state of what was made but is not ready, when the error carries them. */
async function keepingPartial<T>(inputs: Values, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    if (!(error instanceof NotReadyError)) throw error;
    throw Object.assign(error, {
      properties: { ...error.state, [PROVIDER_KEY]: inputs[PROVIDER_KEY] },
      reasons: [error.message],
    });
  }
}

function plain(values: Values): Values {
  const { [PROVIDER_KEY]: _line, ...rest } = values;
  return rest;
}
