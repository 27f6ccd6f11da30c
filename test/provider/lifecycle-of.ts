import { readSettings } from "../../provider/config.js";
import type { Say } from "../../provider/framework/define-resource.js";
import { ProviderBug } from "../../provider/framework/define-resource.js";
import { Lifecycle } from "../../provider/framework/lifecycle.js";
import { Contexts } from "../../provider/hosts/contexts.js";
import { findDefinition } from "../../provider/registry.js";
import type { ManagedResource, ProviderTest, Values } from "./provider-test.js";
import { TOKEN } from "./provider-test.js";

/** Lives of resources in one operation, at the test's platform; `messages` is what they said. */
export interface Operation {
  of(type: string): Lifecycle;
  readonly messages: string[];
}

/** A new operation, without a host around the definitions; `signal` interrupts it. */
export function startOperation(test: ProviderTest, settings: Values = {}, signal?: AbortSignal): Operation {
  const contexts = new Contexts(
    readSettings({ endpoint: test.platform.endpoint("prod"), token: TOKEN, ...settings }),
    signal && { signal },
  );
  const messages: string[] = [];
  const say: Say = (severity, message) => void messages.push(`${severity}: ${message}`);
  return {
    messages,
    of: (type) => {
      const definition = findDefinition(type);
      if (definition === undefined) throw new ProviderBug(`there is no resource named ${type}`);
      return new Lifecycle(definition, (values) => contexts.of(values, say));
    },
  };
}

/** Imports an object as the resource, by its id or name; gives what was said. */
export async function importInto(
  test: ProviderTest,
  resource: ManagedResource,
  text: string,
  settings: Values = {},
): Promise<string[]> {
  const operation = startOperation(test, settings);
  const found = await operation.of(resource.type).import(text, { owner: resource.owner });
  if (found === undefined) throw new Error(`there is no ${resource.type} ${text} to import`);
  Object.assign(resource, found);
  return operation.messages;
}
