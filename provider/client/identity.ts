import { z } from "zod";
import { PlatformError, Unavailable } from "./errors.js";

/** What the environment behind an endpoint must say of itself. What is left out may be anything. */
export interface Expectation {
  readonly name?: string | undefined;
  readonly id?: string | undefined;
  readonly stage?: string | undefined;
}

/** The endpoint leads to another environment than the settings expect. Nothing but this question was asked of it. */
export class WrongEnvironment extends PlatformError {
  override readonly name = "WrongEnvironment";
}

/** Where a platform says which environment it is. In the product: the workspace of the account. */
export const IDENTITY_PATH = "/v4/workspaces/current";

/** `stage` is what the embedded platform adds to the product's answer. */
const identity = z.object({
  id: z.union([z.int().transform(String), z.string()]).nullish(),
  name: z.string().nullish(),
  stage: z.string().nullish(),
});

/**
 * Asks the environment who it is and holds the answer against what is expected. Throws {@link WrongEnvironment}, also
 * when the platform does not tell; what the client throws when it cannot be asked at all.
 */
export async function confirmIdentity(
  endpoint: string,
  expected: Expectation,
  ask: (answer: typeof identity) => Promise<z.output<typeof identity>>,
): Promise<void> {
  const found: Partial<Record<string, string | null>> = await ask(identity).catch((error: unknown) => {
    const isAnswer = error instanceof PlatformError && error.status !== 0 && !(error instanceof Unavailable);
    // A wrong token says nothing of the platform, and its message says what to do.
    if (!isAnswer || error.status === 401) throw error;
    throw refusal(
      endpoint,
      `does not say which environment it is (${error.message}); where a platform has no such answer, take sluice:expect out of the configuration`,
      error,
    );
  });
  for (const [property, wanted] of Object.entries(expected)) {
    if (wanted === undefined) continue;
    const said = found[property];
    if (said === undefined || said === null)
      throw refusal(
        endpoint,
        `does not tell its ${property}, and sluice:expect wants it to be ${JSON.stringify(wanted)}: take the ${property} out of sluice:expect`,
      );
    if (said !== wanted)
      throw refusal(
        endpoint,
        `is the environment with the ${property} ${JSON.stringify(said)}, and sluice:expect wants ${JSON.stringify(wanted)}: nothing was read or written there; correct sluice:endpoint, or sluice:expect if this is the right place`,
      );
  }
}

function refusal(endpoint: string, why: string, cause?: unknown): WrongEnvironment {
  const url = endpoint + IDENTITY_PATH;
  return new WrongEnvironment(`${endpoint} ${why}`, { status: 0, method: "GET", url, cause });
}
