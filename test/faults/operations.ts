import type { ConformanceCase } from "../conformance/cases.js";
import { startOperation } from "../provider/lifecycle-of.js";
import type { ManagedResource, Values } from "../provider/provider-test.js";
import type { FaultyTest } from "./platform-slots.js";

/** A resource on its way through an operation. */
export interface Life {
  readonly test: FaultyTest;
  readonly entry: ConformanceCase;
  readonly resource: ManagedResource;
  readonly inputs: Values;
  readonly changed: Values;
}

/** What the engine asks of a provider, from its beginning to its end. */
export interface Operation {
  readonly name: string;
  /** How an error of it begins. */
  readonly verbs: readonly string[];
  /** Brings the resource to where the operation begins. */
  readonly begin: (life: Life) => Promise<unknown>;
  /** Throws when it failed; then it is called again. */
  readonly run: (life: Life) => Promise<unknown>;
  /** Inputs that hold afterwards; without any the resource is gone. */
  readonly settles?: (life: Life) => Values;
  /** The one host that has it: the dynamic one cannot import, and a list takes the same way on both. */
  readonly only?: "dynamic" | "plugin";
}

const up = ({ resource, inputs }: Life) => resource.up(inputs);
const nothing = () => Promise.resolve();

/** Every operation that a resource goes through. */
export const operations: readonly Operation[] = [
  {
    name: "previewing the making of",
    verbs: ["checking", "creating"],
    begin: nothing,
    run: preview,
    settles: ({ inputs }) => inputs,
  },
  {
    name: "creating",
    verbs: ["checking", "creating"],
    begin: nothing,
    run: up,
    settles: ({ inputs }) => inputs,
  },
  {
    name: "reading",
    verbs: ["reading"],
    begin: async (life) => {
      await up(life);
      await life.entry.editByHand(life.test, life.resource);
    },
    run: async ({ resource }) => {
      if (!(await resource.refresh())) throw new Error("what was edited by hand counts as gone");
    },
    settles: ({ inputs }) => inputs,
  },
  {
    name: "updating",
    verbs: ["checking", "updating"],
    begin: up,
    run: ({ resource, changed }) => resource.up(changed),
    settles: ({ changed }) => changed,
  },
  {
    name: "deleting",
    verbs: ["deleting"],
    begin: up,
    run: ({ resource }) => (resource.id === "" ? nothing() : resource.destroy()),
  },
  {
    name: "importing",
    verbs: ["importing"],
    begin: up,
    run: async ({ resource, entry }) => {
      const taken = await (await resource.provider()).read(entry.importName, {}, {});
      if (taken.id !== resource.id) throw new Error(`found ${taken.id} in place of ${resource.id}`);
    },
    settles: ({ inputs }) => inputs,
    only: "plugin",
  },
  {
    name: "listing",
    verbs: ["listing"],
    begin: up,
    run: async ({ test, resource, entry }) => {
      const settings = { timeoutSeconds: test.timeoutSeconds, retries: test.retries };
      const found = await startOperation(test, settings).of(resource.type).list({ owner: resource.owner });
      const names = found.map(({ name }) => name);
      if (!names.includes(entry.importName))
        throw new Error(`${entry.importName} is not among ${names.join()}`);
    },
    settles: ({ inputs }) => inputs,
    only: "dynamic",
  },
];

/** Check, diff and, on a host that is asked for it, the plan. */
async function preview({ resource, inputs }: Life): Promise<void> {
  const checked = await resource.check(inputs);
  if (checked.failures.length > 0) throw new Error(checked.failures.map(({ reason }) => reason).join("; "));
  if ("plan" in (await resource.provider())) await resource.preview(inputs);
}
