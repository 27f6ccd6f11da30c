import { isDeepStrictEqual } from "node:util";
import type { Lifecycle } from "../../provider/framework/lifecycle.js";
import { CANARY, type ConformanceCase } from "../conformance/cases.js";
import { startOperation } from "../provider/lifecycle-of.js";
import { writesOf } from "../provider/provider-test.js";
import type { ManagedResource, Values } from "../provider/provider-test.js";
import type { FaultyTest } from "./platform-slots.js";

/** What an operation is about, on its way through it. */
export interface Subject {
  readonly test: FaultyTest;
  /** As messages name it. */
  readonly title: string;
  /** What the provider told of it last; no secret may be there. */
  told(): unknown;
}

/** What is asked of a provider, from its beginning to its end. */
export interface Operation<S extends Subject> {
  readonly name: string;
  /** How an error of it begins, before the title. */
  readonly verbs: readonly string[];
  /** What errors name in place of the subject's own title. */
  readonly title?: (subject: S) => string;
  /** Brings the subject to where the operation begins. */
  readonly begin: (subject: S) => Promise<unknown>;
  /** Throws when it failed; then it is called again. */
  readonly run: (subject: S) => Promise<unknown>;
  /** What it comes to without a fault, where that is all that it is for. */
  readonly outcome?: (subject: S) => unknown;
  /** Secrets that its requests hold, and a platform may quote. */
  readonly sends?: (subject: S) => readonly string[];
  /** Makes what the operation leads to last, and gives what is not as it should be then. */
  readonly settle?: (subject: S) => Promise<string[]>;
}

/** A resource on its way through an operation. */
export interface Life extends Subject {
  readonly entry: ConformanceCase;
  readonly resource: ManagedResource;
  readonly inputs: Values;
  readonly changed: Values;
}

/** An operation on a resource. */
export interface ResourceOperation extends Operation<Life> {
  /** The methods of a life that it goes through, on every host. */
  readonly methods: readonly (keyof Lifecycle)[];
}

const up = ({ resource, inputs }: Life) => resource.up(inputs);
const nothing = () => Promise.resolve();
const sendsInputs = ({ inputs }: Life) => secretsIn(inputs);
const settlesAtInputs = (life: Life) => settle(life, life.inputs);

/** Every operation that a resource goes through. */
export const operations: readonly ResourceOperation[] = [
  {
    name: "previewing the making of",
    methods: ["check", "plan"],
    verbs: ["checking", "creating"],
    begin: nothing,
    run: preview,
    sends: sendsInputs,
    settle: settlesAtInputs,
  },
  {
    name: "creating",
    methods: ["check", "create"],
    verbs: ["checking", "creating"],
    begin: nothing,
    run: up,
    sends: sendsInputs,
    settle: settlesAtInputs,
  },
  {
    name: "reading",
    methods: ["read"],
    verbs: ["reading"],
    begin: async (life) => {
      await up(life);
      await life.entry.editByHand(life.test, life.resource);
    },
    run: async ({ resource }) => {
      if (!(await resource.refresh())) throw new Error("what was edited by hand counts as gone");
    },
    sends: sendsInputs,
    settle: settlesAtInputs,
  },
  {
    name: "updating",
    methods: ["check", "diff", "update"],
    verbs: ["checking", "updating"],
    begin: up,
    run: ({ resource, changed }) => resource.up(changed),
    // A change sends the new ones.
    sends: ({ changed }) => secretsIn(changed),
    settle: (life) => settle(life, life.changed),
  },
  {
    name: "deleting",
    methods: ["delete"],
    verbs: ["deleting"],
    begin: up,
    run: ({ resource }) => (resource.id === "" ? nothing() : resource.destroy()),
  },
  {
    name: "importing",
    methods: ["import"],
    verbs: ["importing"],
    begin: up,
    run: async (life) => {
      const { resource, entry } = life;
      const provider = await resource.provider();
      // What is no part of a host takes the way that both hosts share.
      const taken =
        "plan" in provider
          ? await provider.read(entry.importName, {}, {})
          : await lifeOf(life).import(entry.importName, { owner: resource.owner });
      if (taken?.id !== resource.id) throw new Error(`found ${taken?.id} in place of ${resource.id}`);
    },
    sends: sendsInputs,
    settle: settlesAtInputs,
  },
  {
    name: "listing",
    methods: ["list"],
    verbs: ["listing"],
    title: ({ resource }) => resource.type,
    begin: up,
    run: async (life) => {
      const { resource, entry } = life;
      const provider = await resource.provider();
      const names = provider.list
        ? await provider.list()
        : (await lifeOf(life).list({})).map(({ name }) => name);
      if (!names.some((name) => name.startsWith(entry.importName)))
        throw new Error(`${entry.importName} is not among ${names.join()}`);
    },
    sends: sendsInputs,
    settle: settlesAtInputs,
  },
];

/** Check, diff and, on a host that is asked for it, the plan. */
async function preview({ resource, inputs }: Life): Promise<void> {
  const checked = await resource.check(inputs);
  if (checked.failures.length > 0) throw new Error(checked.failures.map(({ reason }) => reason).join("; "));
  if ("plan" in (await resource.provider())) await resource.preview(inputs);
}

/** The life of the resource in an operation without a host. */
function lifeOf({ test, resource }: Life): Lifecycle {
  const { timeoutSeconds, retries } = test;
  return startOperation(test, { timeoutSeconds, retries }).of(resource.type);
}

function secretsIn(values: Values): string[] {
  return [...JSON.stringify(values).matchAll(/"([^"]*)"/g)].flatMap(([, value = ""]) =>
    value.includes(CANARY) ? [value] : [],
  );
}

/** Brings the resource to these inputs; state must tell the truth then, and a run more must not write. */
async function settle({ test, resource }: Life, inputs: Values): Promise<string[]> {
  await resource.up(inputs);
  const before = structuredClone({ state: resource.state, inputs: resource.inputs });
  const problems: string[] = [];
  if (!(await resource.refresh())) return ["it is gone"];
  if (!isDeepStrictEqual({ state: resource.state, inputs: resource.inputs }, before))
    problems.push(`state told ${JSON.stringify(before)}, and the platform ${JSON.stringify(resource.state)}`);
  const writes = writesOf(await test.requestsDuring(() => resource.up(inputs)));
  if (writes.length > 0) problems.push(`a run more writes: ${writes.join()}`);
  return problems;
}
