import type { ClientHooks, ClientSettings } from "../provider/client/client.js";
import { readSettings, targetOf } from "../provider/config.js";

/** Environment of a platform that a command talks to. */
export type PlatformTarget = Omit<ClientSettings, keyof ClientHooks>;

/**
 * The environment that `--endpoint` or SLUICE_ENDPOINT names, with the token in SLUICE_TOKEN. Throws Error that says which
 * of them is missing, and ConfigurationError for one that cannot be used. `expect` is the name that it must say of itself.
 */
export function platformTarget(
  given: string | undefined,
  more: { readonly requestsPerSecond?: number; readonly expect?: string | undefined } = {},
): PlatformTarget {
  const endpoint = given ?? process.env["SLUICE_ENDPOINT"];
  if (!endpoint) throw new Error("no platform is named: give --endpoint or set SLUICE_ENDPOINT");
  if (!process.env["SLUICE_TOKEN"]) throw new Error(`no token for ${endpoint}: set SLUICE_TOKEN`);
  const settings = readSettings(more);
  // Not as a setting: what is wrong with it would be blamed on the configuration of a stack.
  return { ...settings, ...targetOf(settings, undefined, { ...process.env, SLUICE_ENDPOINT: endpoint }) };
}
