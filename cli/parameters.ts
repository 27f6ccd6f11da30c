import { InvalidArgumentError } from "commander";
import type { FlowPackage } from "../flow/model.js";
import { unknownParameters } from "../flow/parameters.js";

/** Values of parameters by name, as `--parameter` gives them. */
export type Parameters = Readonly<Record<string, string>>;

/** Adds a `name=value` of the command line to the earlier ones. */
export function toParameters(text: string, earlier: Parameters): Parameters {
  const at = text.indexOf("=");
  if (at < 1) throw new InvalidArgumentError("It must be a name and a value, as in region=EU.");
  return { ...earlier, [text.slice(0, at)]: text.slice(at + 1) };
}

/** Throws Error for names that the package does not know: a run would pass them over without a word. */
export function refuseUnknown(parameters: Parameters, pkg: FlowPackage): void {
  const unknown = unknownParameters(pkg, Object.keys(parameters));
  if (unknown.length === 0) return;
  throw new Error(unknown.map(({ name, reason }) => `--parameter ${name}: ${reason}`).join("; "));
}
