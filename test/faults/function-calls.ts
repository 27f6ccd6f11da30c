import type { FunctionDefinition } from "../../provider/framework/define-function.js";
import { functionCases } from "../conformance/function-cases.js";
import type { Values } from "../provider/provider-test.js";
import { withoutOwn } from "./contents.js";
import type { Operation, Subject } from "./operations.js";
import type { FaultyTest } from "./platform-slots.js";

/** A function with what it is called with, and what it last answered. */
export interface FunctionCall extends Subject {
  readonly inputs: Values;
  answer: Values | undefined;
}

/** Makes at the platform what the function is asked about. */
export async function beginCall(test: FaultyTest, { name }: FunctionDefinition): Promise<FunctionCall> {
  const entry = functionCases[name];
  if (entry === undefined) throw new Error(`${name} has no case in test/conformance/function-cases.ts`);
  const inputs = entry.inputs((await entry.prepare?.(test)) ?? {});
  const subject: FunctionCall = { test, title: name, inputs, answer: undefined, told: () => subject.answer };
  return subject;
}

/** The one thing that is asked of a function. */
export const calling: Operation<FunctionCall> = {
  name: "calling",
  verbs: ["calling"],
  begin: () => Promise.resolve(),
  run: call,
  outcome: ({ answer }) => withoutOwn(answer),
  settle: async (subject) => {
    await call(subject);
    return [];
  },
};

async function call(subject: FunctionCall): Promise<void> {
  subject.answer = undefined;
  subject.answer = await subject.test.invoke(subject.title, subject.inputs);
}
