import { z } from "zod";
import { checkValues } from "./check.js";
import type { FunctionDefinition, LocalContext, PlatformContext } from "./define-function.js";
import { InputRefused } from "./define-function.js";
import type { CheckFailure } from "./define-resource.js";
import { askedEnvironment } from "./fields.js";
import type { Values } from "./lifecycle.js";
import { hasUnknown } from "./unknown.js";

/** What a call of a function comes to: its outputs, or what is wrong with its inputs, all at once. */
export type Answer = { readonly outputs: Values } | { readonly failures: CheckFailure[] };

/** Where functions get their contexts from; a platform's is asked for by those only that need one. */
export interface InvocationContexts {
  local(): LocalContext;
  /** The context for the environment that these values name. */
  platform(values: Values): PlatformContext;
}

/** Calls of one function as every host runs them. Free of any host's protocol. */
export class Invocation {
  readonly #fields: Readonly<Record<string, z.ZodType>>;
  readonly #schema: z.ZodObject;

  constructor(
    readonly definition: FunctionDefinition,
    private readonly contexts: InvocationContexts,
  ) {
    this.#fields = functionFields(definition);
    this.#schema = z.strictObject(this.#fields);
  }

  /**
   * Checks the inputs, then answers. Outputs are empty while an input is unknown, as the engine accepts no unknown back.
   * Throws what the client throws, with the function's name in front.
   */
  async invoke(given: Values): Promise<Answer> {
    const { inputs, failures } = checkValues(this.#fields, this.#schema, given);
    if (failures.length > 0) return { failures };
    if (hasUnknown(inputs)) return { outputs: {} };
    try {
      return { outputs: await this.#answer(inputs) };
    } catch (error) {
      if (error instanceof InputRefused) return { failures: [...error.failures] };
      if (error instanceof Error) error.message = `calling ${this.definition.name}: ${error.message}`;
      throw error;
    }
  }

  #answer(inputs: Values): Promise<Values> {
    const { definition, contexts } = this;
    if (!definition.usesPlatform) return definition.invoke(contexts.local(), inputs);
    const { environment: _chosen, ...own } = inputs;
    return definition.invoke(contexts.platform(inputs), own);
  }
}

/** All input fields of a function: its own, and the environment when it asks a platform. */
export function functionFields(definition: FunctionDefinition): Readonly<Record<string, z.ZodType>> {
  const own = definition.inputs.shape as Record<string, z.ZodType>;
  return definition.usesPlatform ? { ...own, environment: askedEnvironment } : own;
}
