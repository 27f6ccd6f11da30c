import type { Client } from "../../provider/client/client.js";
import { downloadPackage, isKeptBack } from "../../provider/resources/downloaded-package.js";
import { findActive } from "../../provider/resources/release-history.js";
import { refuseUnknown, type Parameters } from "../parameters.js";

/**
 * Throws Error for parameters that the deployment's active release does not have. Platforms take any name, and a misspelt one
 * would leave the run with the flow's own value. Says so where the platform keeps the package from this account.
 */
export async function checkParameters(
  client: Client,
  deploymentId: string,
  parameters: Parameters,
  say: (line: string) => void,
): Promise<void> {
  if (Object.keys(parameters).length === 0) return;
  const active = await findActive(client, deploymentId);
  // The platform's own message says that there is nothing to run.
  if (active === undefined) return;
  try {
    refuseUnknown(parameters, await downloadPackage(client, `/v4/releases/${active.id}/package`));
  } catch (error) {
    if (!isKeptBack(error)) throw error;
    say(`the names of parameters are not checked: this account may not read the release's package`);
  }
}
