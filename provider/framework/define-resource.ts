import type { z } from "zod";
import type { Client } from "../client/client.js";
import type { View } from "./views.js";

/** What a resource's methods get to work with. */
export interface Context {
  /** The platform's environment that the resource lives in. */
  readonly client: Client;
  /** `project/stack/name` of the program's resource; tells our objects from another program's. */
  readonly owner: string;
  /** Names of the source environment's buckets, hosts or databases, which nothing may point to after the rules. */
  readonly sourceMarkers: readonly string[];
  /** The command that takes the object with this id into state, as it is, for the resource; undefined on a host that has none. */
  readonly importCommand?: ((id: string) => string) | undefined;
  /** Tells people what goes on while a long operation runs, and what they should know. Never a secret. */
  readonly say: Say;
}

/** `progress` is for the moment only; `info` and `warning` stay in the engine's output. */
export type Say = (severity: "progress" | "info" | "warning", message: string) => void;

/** What the host adds to the values of every resource; absent in state that was made elsewhere. */
export interface HostValues {
  readonly owner?: string;
}

/** One problem with an input. `property` is its path, empty for the resource as a whole. Never holds a value. */
export interface CheckFailure {
  property: string;
  reason: string;
}

export interface CheckRequest<Inputs> {
  /** Valid as far as known: any value may be, or hold, the unknown sentinel. */
  readonly inputs: Inputs;
  /** The inputs of the last update; undefined before the first. */
  readonly previous: (Inputs & HostValues) | undefined;
}

export interface CheckAnswer<Inputs> {
  /** Values for fields with the rule `derived`. */
  readonly derived?: Partial<Inputs>;
  readonly failures?: CheckFailure[];
}

export interface Created<Outputs> {
  readonly id: string;
  readonly outputs: Outputs;
}

/** What the platform holds now. */
export interface Observed<Inputs, Outputs> {
  /** Inputs as the platform has them; leave out what it does not tell. */
  readonly inputs: Partial<Inputs>;
  readonly outputs: Outputs;
}

/** An object that the platform holds, whoever made it. */
export interface ExistingObject {
  /** As the resource's id in state. */
  readonly id: string;
  readonly name: string;
  /** What tells objects of one name apart, for example `of deployment "orders"`. */
  readonly place?: string;
}

/** How objects come under a program's control that state does not know. */
export interface Existing<Inputs, Outputs> {
  /** Every object of this kind that the account sees. */
  list(context: Context): Promise<ExistingObject[]>;
  /** The object without help from state; leaves out what only a program knows. Throws NotFound. */
  read(context: Context, id: string): Promise<Observed<Inputs, Outputs>>;
}

/**
 * A resource: what exists, and how it lives. Methods get valid, complete arguments and throw what the
 * client throws; the framework adds operation, type and name, works out the diff and keeps secrets out of state.
 */
export interface ResourceDefinition<
  InputShape extends z.ZodObject = z.ZodObject,
  OutputShape extends z.ZodObject = z.ZodObject,
  Inputs = z.output<InputShape>,
  Outputs = z.output<OutputShape>,
> {
  /** PascalCase; the token is `sluice:index:<name>`. */
  readonly name: string;
  readonly description: string;
  /** Path of the API that it speaks, for the docs. */
  readonly api: string;
  readonly inputs: InputShape;
  readonly outputs: OutputShape;
  /** Program fragments for the docs; `minimal` holds the required inputs only. */
  readonly examples: { readonly minimal: string; readonly full: string };

  /** Checks that need more than one field, a file or a look at the platform. Must not write. */
  check?(context: Context, request: CheckRequest<Inputs>): Promise<CheckAnswer<Inputs>>;
  create(context: Context, inputs: Inputs): Promise<Created<Outputs>>;
  /** Throws NotFound when the object is gone. */
  read(
    context: Context,
    id: string,
    state: Inputs & Outputs & HostValues,
  ): Promise<Observed<Inputs, Outputs>>;
  /** Without it every change replaces. */
  update?(
    context: Context,
    id: string,
    state: Inputs & Outputs & HostValues,
    inputs: Inputs,
  ): Promise<Outputs>;
  /** For import, adoption and listing. */
  readonly existing: Existing<Inputs, Outputs>;
  /** Why the engine should read the object before it works out what changes; costs a read of it in every preview. */
  readonly refreshBeforeUpdate?: string;
  /** An object that is gone is success. */
  delete(context: Context, id: string, state: Inputs & Outputs & HostValues): Promise<void>;
  /** What previews draw below the resource, out of checked inputs or of state; undefined while that is not known. */
  views?(inputs: Inputs): View[] | undefined;
}

/** Ties the types of a definition together. */
export function defineResource<I extends z.ZodObject, O extends z.ZodObject>(
  definition: ResourceDefinition<I, O>,
): ResourceDefinition<I, O> {
  return definition;
}

/** The object exists but is not as it should be: the engine keeps its id and state and tries an update next time. */
export class NotReadyError extends Error {
  override readonly name = "NotReadyError";
  /** State to keep; the framework completes it with the inputs. */
  state: Record<string, unknown> = {};

  constructor(
    message: string,
    readonly id: string,
    readonly outputs: Record<string, unknown>,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

const AGAIN = "run `pulumi up` again";

/** Does what is left once the object is there. When that fails the object is not lost from state: throws {@link NotReadyError}. */
export async function completing<T>(
  what: string,
  { id, outputs }: Created<Record<string, unknown>>,
  action: () => Promise<T>,
): Promise<T> {
  try {
    return await action();
  } catch (error) {
    if (error instanceof NotReadyError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    // An interrupted request says the same for itself.
    const advised = reason.endsWith(AGAIN) ? reason : `${reason}; ${AGAIN}`;
    throw new NotReadyError(`${what}, but not finished: ${advised}`, id, outputs, { cause: error });
  }
}

/** A fault of this provider, not of the program or the platform. */
export class ProviderBug extends Error {
  override readonly name = "ProviderBug";
  constructor(message: string) {
    super(`${message}. This is a fault of Sluice; please report it`);
  }
}
