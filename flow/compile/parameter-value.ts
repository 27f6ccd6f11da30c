import type { Flow } from "../model.js";
import { showDefault } from "../template.js";

/** A parameter's value by its name, where the run or the flow gives one. */
export type GivenValue = (name: string) => string | undefined;

/** The values that a flow's parameters have in a run: the run's own, else the flow's override, else the default. */
export function givenValues(flow: Flow, ofRun: Readonly<Record<string, string>> = {}): GivenValue {
  return (name) => {
    if (Object.hasOwn(ofRun, name)) return ofRun[name];
    const found =
      flow.overrides.find((one) => one.name === name) ?? flow.parameters.find((one) => one.name === name);
    return found === undefined ? undefined : showDefault(found.value);
  };
}
