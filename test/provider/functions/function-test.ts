import { Contexts } from "../../../provider/hosts/contexts.js";
import { fromStackConfiguration, readSettings } from "../../../provider/config.js";
import type { CheckFailure, Say } from "../../../provider/framework/define-resource.js";
import { Invocation } from "../../../provider/framework/invocation.js";
import type { Answer } from "../../../provider/framework/invocation.js";
import { findFunction } from "../../../provider/functions.js";
import type { Values } from "../provider-test.js";

const SILENCE: Say = () => undefined;

/** Calls a function as a host does, under the configuration of a stack. */
export function invoke(name: string, inputs: Values, configuration: Values = {}): Promise<Answer> {
  const definition = findFunction(name);
  if (definition === undefined) throw new Error(`there is no function ${name}`);
  const contexts = new Contexts(readSettings(fromStackConfiguration(configuration)));
  return new Invocation(definition, {
    local: () => ({ sourceMarkers: contexts.settings.sourceMarkers, say: SILENCE }),
    platform: (values) => contexts.of(values),
  }).invoke(inputs);
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
