import type { Values } from "../../framework/lifecycle.js";

/** Inputs of a provider resource that are the engine's own. */
const ENGINE_SETTINGS: readonly string[] = ["version", "pluginDownloadURL", "__internal"];

/** Sluice's settings among the inputs of a provider resource. */
export function ownSettings(values: Readonly<Values>): Values {
  return Object.fromEntries(Object.entries(values).filter(([name]) => !ENGINE_SETTINGS.includes(name)));
}
