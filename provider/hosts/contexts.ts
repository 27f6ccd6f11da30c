import { Client } from "../client/client.js";
import type { ClientHooks } from "../client/client.js";
import { targetOf } from "../config.js";
import type { Settings, Target } from "../config.js";
import type { LocalContext } from "../framework/define-function.js";
import type { Context, Say } from "../framework/define-resource.js";
import type { Values } from "../framework/lifecycle.js";

const SILENCE: Say = () => undefined;

/** How a host takes the object with an id to import into state, as the resource that the operation is about. */
export type ImportCommand = (id: string) => string;

/** What resources and functions work with under one set of settings: a client for each environment, shared by all. */
export class Contexts {
  readonly #clients = new Map<string, Client>();
  /** Working a target out of the settings takes time, and every call asks. */
  readonly #byEnvironment = new Map<string | undefined, Client>();

  constructor(
    readonly settings: Settings,
    private readonly clientHooks: ClientHooks = {},
    private readonly importCommand?: ImportCommand,
  ) {}

  /** The context of what asks no platform. */
  local(say: Say = SILENCE): LocalContext {
    return { sourceMarkers: this.settings.sourceMarkers, say };
  }

  /** The context for the environment that these values name. Throws ConfigurationError. */
  of(values: Values, say: Say = SILENCE): Context {
    const environment = typeof values.environment === "string" ? values.environment : undefined;
    const { importCommand } = this;
    return {
      ...this.local(say),
      client: this.#client(environment),
      owner: String(values.owner),
      importCommand:
        importCommand && ((id) => importCommand(environment === undefined ? id : `${environment}/${id}`)),
    };
  }

  #client(environment: string | undefined): Client {
    let client = this.#byEnvironment.get(environment);
    if (client === undefined) {
      client = this.#clientOf(targetOf(this.settings, environment));
      this.#byEnvironment.set(environment, client);
    }
    return client;
  }

  /** Environments that are the same platform share the client, as lists and limits are the platform's. */
  #clientOf(target: Target): Client {
    const key = JSON.stringify([target.endpoint, target.authorization(), target.expect]);
    let client = this.#clients.get(key);
    if (client === undefined) {
      client = new Client({ ...this.settings, ...target, ...this.clientHooks });
      this.#clients.set(key, client);
    }
    return client;
  }
}
