import type { Flow, FlowPackage } from "../model.js";
import { parameterNames } from "../parameters.js";
import { quote, toFinding, type Finding } from "./finding.js";

/** What others may rely on and the previous package still had. Flows are compared by name. */
export function checkRemovals(pkg: FlowPackage, previous: FlowPackage): Finding[] {
  const flows = new Map(pkg.flows.map((flow) => [flow.name, flow]));
  return previous.flows.flatMap((before): Finding[] => {
    const flow = flows.get(before.name);
    const object = `flow ${quote(before.name)}`;
    const references = goneNames(before, flow, (one) => one.references.map(({ name }) => name));
    const parameters = flow === undefined ? [] : goneNames(before, flow, parameterNames);
    return [
      ...references.map((name) =>
        toFinding(
          "reference-removed",
          `${object}, reference ${quote(name)}`,
          `${object} no longer publishes the reference ${quote(name)}: flows that read it have no input any more. ` +
            `Look for its readers in the target before you release this package`,
        ),
      ),
      ...parameters.map((name) =>
        toFinding(
          "parameter-removed",
          `${object}, parameter ${quote(name)}`,
          `${object} no longer has the parameter ${quote(name)}: schedules and runs that set it have no effect any more. ` +
            `Take it out of them`,
        ),
      ),
    ];
  });
}

function goneNames(before: Flow, after: Flow | undefined, names: (flow: Flow) => string[]): string[] {
  const left = new Set(after === undefined ? [] : names(after));
  return names(before).filter((name) => !left.has(name));
}
