import { FunctionCalls } from "./function-calls.js";
import type { ResourceCalls } from "./resource-calls.js";
import { Session } from "./session.js";
import { SettingsCalls } from "./settings-calls.js";
import { ResourceCallsWithViews } from "./view-calls.js";

/** Everything that the engine can ask for. */
export interface Calls {
  readonly settings: SettingsCalls;
  readonly resources: ResourceCalls;
  readonly functions: FunctionCalls;
}

/** The calls of one plugin process. */
export function startCalls(engineAddress: string | undefined): Calls {
  const session = new Session();
  session.attach(engineAddress);
  return {
    settings: new SettingsCalls(session),
    resources: new ResourceCallsWithViews(session),
    functions: new FunctionCalls(session),
  };
}
