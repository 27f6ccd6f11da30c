import { Contexts } from "../../../provider/hosts/contexts.js";
import { fromStackConfiguration, readSettings } from "../../../provider/config.js";
import type { CheckFailure, Say } from "../../../provider/framework/define-resource.js";
import { Invocation } from "../../../provider/framework/invocation.js";
import type { Answer } from "../../../provider/framework/invocation.js";
import { findFunction } from "../../../provider/functions.js";
import { TOKEN } from "../provider-test.js";
import type { ProviderTest, Values } from "../provider-test.js";

const SILENCE: Say = () => undefined;

/** Calls functions as one plugin process does, under the configuration of a stack. */
export function callsUnder(configuration: Values): (name: string, inputs: Values) => Promise<Answer> {
  const contexts = new Contexts(readSettings(fromStackConfiguration(configuration)));
  return (name, inputs) => {
    const definition = findFunction(name);
    if (definition === undefined) throw new Error(`there is no function ${name}`);
    return new Invocation(definition, {
      local: () => ({ sourceMarkers: contexts.settings.sourceMarkers, say: SILENCE }),
      platform: (values) => contexts.of(values),
    }).invoke(inputs);
  };
}

/** Calls one function in a process of its own. */
export function invoke(name: string, inputs: Values, configuration: Values = {}): Promise<Answer> {
  return callsUnder(configuration)(name, inputs);
}

/** The outputs of a call that must succeed. */
export async function outputsOf(name: string, inputs: Values, configuration?: Values): Promise<Values> {
  const answer = await invoke(name, inputs, configuration);
  if ("failures" in answer) throw new Error(JSON.stringify(answer.failures));
  return answer.outputs;
}

/** What is wrong with the inputs of a call that must be refused. */
export async function failuresOf(
  name: string,
  inputs: Values,
  configuration?: Values,
): Promise<CheckFailure[]> {
  const answer = await invoke(name, inputs, configuration);
  if ("outputs" in answer) throw new Error(`${name} answered ${JSON.stringify(answer.outputs)}`);
  return answer.failures;
}

/** The configuration of a stack in the test platform's environment `prod`. */
export function configurationOf(test: ProviderTest): Values {
  return { "sluice:endpoint": test.platform.endpoint("prod"), "sluice:token": TOKEN };
}
