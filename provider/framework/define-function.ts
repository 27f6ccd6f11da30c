import type { z } from "zod";
import type { CheckFailure, Context } from "./define-resource.js";

/** What every function gets to work with, also where no platform is configured. */
export type LocalContext = Pick<Context, "sourceMarkers" | "say">;

/** What a function gets to work with that asks the platform. */
export type PlatformContext = LocalContext & Pick<Context, "client">;

interface Signature<InputShape extends z.ZodObject, OutputShape extends z.ZodObject> {
  /** camelCase; the token is `sluice:index:<name>`. */
  readonly name: string;
  readonly description: string;
  readonly inputs: InputShape;
  readonly outputs: OutputShape;
  /** A program fragment for the docs. */
  readonly example: string;
}

/** Reads what it is given; needs no endpoint and no token. */
export interface LocalFunction<
  InputShape extends z.ZodObject = z.ZodObject,
  OutputShape extends z.ZodObject = z.ZodObject,
> extends Signature<InputShape, OutputShape> {
  readonly usesPlatform: false;
  invoke(context: LocalContext, inputs: z.output<InputShape>): Promise<z.output<OutputShape>>;
}

/** Asks the platform; gets the input `environment` beside its own. */
export interface PlatformFunction<
  InputShape extends z.ZodObject = z.ZodObject,
  OutputShape extends z.ZodObject = z.ZodObject,
> extends Signature<InputShape, OutputShape> {
  readonly usesPlatform: true;
  invoke(context: PlatformContext, inputs: z.output<InputShape>): Promise<z.output<OutputShape>>;
}

/**
 * A question that programs may ask while they are previewed, too: `invoke` gets valid, complete inputs, writes nothing,
 * never answers a password or token, and throws {@link InputRefused} or what the client throws.
 */
export type FunctionDefinition = LocalFunction | PlatformFunction;

/** Ties the types of a definition together. */
export function defineFunction<I extends z.ZodObject, O extends z.ZodObject>(
  definition: LocalFunction<I, O>,
): LocalFunction<I, O>;
export function defineFunction<I extends z.ZodObject, O extends z.ZodObject>(
  definition: PlatformFunction<I, O>,
): PlatformFunction<I, O>;
export function defineFunction(definition: FunctionDefinition): FunctionDefinition {
  return definition;
}

/** Inputs have the right form, and yet there is no answer to them: the program must say something else. */
export class InputRefused extends Error {
  override readonly name = "InputRefused";

  constructor(
    readonly failures: readonly CheckFailure[],
    options?: ErrorOptions,
  ) {
    super(failures.map(({ property, reason }) => `${property}: ${reason}`).join("; "), options);
  }
}
