import { isDeepStrictEqual } from "node:util";
import type { FaultReport, FaultRule } from "../../platform/index.js";
import { CANARY } from "../conformance/cases.js";
import { TOKEN } from "../provider/provider-test.js";
import { contentsOf } from "./contents.js";
import { QUOTED, SHORT_TIMEOUT } from "./fault-list.js";
import type { NamedFault } from "./fault-list.js";
import type { Life, Operation } from "./operations.js";
import type { FaultyTest, PlatformSlots, Sending } from "./platform-slots.js";

/** Attempts after the first, in every case. */
export const RETRIES = 3;
const LONG_TIMEOUT = 30;
const BOUND_MILLISECONDS = 10_000;

/** Where a fault strikes: a method and a path as the OpenAPI document has it. */
export interface Place {
  readonly method: string;
  readonly route: string;
}

/** A place with what an undisturbed run does there. */
export interface StruckPlace extends Place {
  readonly count: number;
  readonly hasBody: boolean;
}

/** What an undisturbed run did, and came to. */
export interface Undisturbed {
  /** In the order of their first request. */
  readonly places: readonly StruckPlace[];
  readonly contents: unknown;
}

/** Makes a resource's life in the environment of the test. */
export type BeginLife = (test: FaultyTest) => Promise<Life>;

/** Runs the operation without a fault. */
export async function runUndisturbed(
  slots: PlatformSlots,
  operation: Operation,
  beginLife: BeginLife,
): Promise<Undisturbed> {
  return slots.use({ retries: RETRIES, timeoutSeconds: LONG_TIMEOUT }, async (test) => {
    const life = await beginLife(test);
    await operation.begin(life);
    const routes = await routesOf(test);
    const requests = await test.requestsDuring(() => operation.run(life));
    const counts = new Map<string, StruckPlace>();
    for (const { method, path, status } of requests) {
      const route = routeOf(routes, path);
      const known = counts.get(`${method} ${route}`);
      counts.set(`${method} ${route}`, {
        method,
        route,
        count: (known?.count ?? 0) + 1,
        hasBody: status !== 204,
      });
    }
    await settle(operation, life);
    return { places: [...counts.values()], contents: await contentsOf(test) };
  });
}

/** Runs the operation with a fault; gives what is wrong with what came of it. */
export async function findProblems(
  slots: PlatformSlots,
  operation: Operation,
  beginLife: BeginLife,
  undisturbed: Undisturbed,
  place: StruckPlace,
  named: NamedFault,
): Promise<string[]> {
  const sending: Sending = { retries: RETRIES, timeoutSeconds: named.isLate ? SHORT_TIMEOUT : LONG_TIMEOUT };
  return slots.use(sending, async (test) => {
    const problems: string[] = [];
    const life = await beginLife(test);
    await operation.begin(life);
    await routesOf(test);
    const counter = arm(operation, life, place, named);
    const failure = await failureOf(operation, life);
    await quiet(test, counter);
    const attempts = reportOf(test, counter).seen;
    if (!reportOf(test, counter + 1).struck && named.fault.kind !== "stale")
      problems.push("nothing was struck");
    test.faults.clear(test.environment);

    problems.push(...attemptProblems(place, named, attempts, failure === undefined));
    if (failure) problems.push(...messageProblems(operation, life, named, failure));
    if (failure) {
      const again = await failureOf(operation, life);
      if (again) return [...problems, `the next run fails, too: ${again.message}`];
    }
    problems.push(...(await settle(operation, life)));
    const contents = await contentsOf(test);
    if (!isDeepStrictEqual(contents, undisturbed.contents))
      problems.push(
        `the platform holds ${JSON.stringify(contents)}, not ${JSON.stringify(undisturbed.contents)}`,
      );
    for (const secret of [CANARY, TOKEN])
      if (JSON.stringify([life.resource.state, failure?.message]).includes(secret))
        problems.push(`a secret shows in state or message: ${failure?.message}`);
    return problems;
  });
}

/** The secrets that a request of this operation holds: a change sends the new ones, and what removes sends none. */
function secretsOf({ name }: Operation, { inputs, changed }: Life): string[] {
  if (name === "deleting") return [];
  const text = JSON.stringify(name === "updating" ? changed : inputs);
  return [...text.matchAll(/"([^"]*)"/g)].flatMap(([, value = ""]) =>
    value.includes(CANARY) ? [value] : [],
  );
}

/** Puts the fault in force; gives the id of the rule before it, which only counts. */
function arm(
  operation: Operation,
  life: Life,
  { method, route }: Place,
  { fault, isForEver }: NamedFault,
): number {
  const { test } = life;
  const rule: Omit<FaultRule, "fault"> = { method, route, environment: test.environment };
  const never = { skip: Number.MAX_SAFE_INTEGER, times: null } as const;
  const { id } = test.faults.add({ ...rule, ...never, fault: { kind: "status", status: 500 } });
  const isQuoting = fault.kind === "status" && fault.body?.includes(QUOTED);
  const secrets = [TOKEN, ...secretsOf(operation, life)];
  test.faults.add({
    ...(fault.kind === "stale" ? { environment: test.environment } : rule),
    times: isForEver ? null : 1,
    fault: isQuoting ? { ...fault, body: fault.body?.replace(QUOTED, secrets.join(" ")) ?? "" } : fault,
  });
  return id;
}

function reportOf(test: FaultyTest, id: number): FaultReport {
  const found = test.faults.list(test.environment).find((report) => report.id === id);
  if (!found) throw new Error(`there is no rule ${id}`);
  return found;
}

async function failureOf(operation: Operation, life: Life): Promise<Error | undefined> {
  try {
    await operation.run(life);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

/** Waits until every request that came is through, also one whose sender has gone. */
async function quiet(test: FaultyTest, counter: number): Promise<void> {
  const { method, route } = reportOf(test, counter);
  const routes = await routesOf(test);
  const until = performance.now() + BOUND_MILLISECONDS;
  const isBusy = () => {
    const done = test.platform.requests.filter(
      (one) => one.method === method && routeOf(routes, one.path) === route,
    );
    return done.length < reportOf(test, counter).seen;
  };
  while (isBusy() && performance.now() < until) await new Promise((resolve) => setTimeout(resolve, 10));
}

/** The attempts that the rules of repeating allow. */
function attemptProblems(place: StruckPlace, named: NamedFault, attempts: number, isDone: boolean) {
  const isRepeatable = place.method !== "POST" || /\/dryRun$/i.test(place.route);
  const isRepeated = named.effect === "postponed" || (named.effect === "transient" && isRepeatable);
  // Without a body there is nothing to break but the connection afterwards.
  const isAny = named.effect === "any" || (!place.hasBody && isInBody(named));
  const expected = () => {
    if (isAny) return attempts;
    if (named.effect === "harmless") return place.count;
    if (isRepeated && named.isForEver) return isDone ? attempts : 1 + RETRIES;
    if (isRepeated) return place.count + 1;
    return isDone ? place.count : 1;
  };
  const problems = attempts === expected() ? [] : [`${attempts} attempts, not ${expected()}`];
  const mustSucceed = named.effect === "harmless" || (isRepeated && !named.isForEver);
  if (mustSucceed && !isDone) problems.push("it failed");
  return problems;
}

function isInBody({ fault }: NamedFault): boolean {
  if (fault.kind === "cut") return fault.at === "head" || fault.at === "body";
  return fault.kind === "truncated" || fault.kind === "slow-body";
}

/** An error names operation, resource, cause and what to do. */
function messageProblems(
  { verbs }: Operation,
  { resource }: Life,
  named: NamedFault,
  error: Error,
): string[] {
  // A failed check has no property where it is not about one.
  const message = error.message.replace(/^: /, "");
  const name = resource.owner.split("/").at(-1) ?? "";
  const isNamed = verbs.some((verb) => message.startsWith(`${verb} ${resource.type} "${name}": `));
  const hasCause = /(GET|POST|PUT|PATCH|DELETE) http:\/\/\S+|already exists|holds other rules/.test(message);
  // What is wrong with a request only the platform can say.
  const isSaid =
    named.fault.kind === "status" && named.fault.status === 400 && message.includes("this is wrong");
  const saysWhatToDo = isSaid || /\b(run|check|set|remove|allow|pass|may not)\b/.test(message);
  return [
    ...(isNamed ? [] : [`the error names neither operation nor resource: ${message}`]),
    ...(hasCause ? [] : [`the error has no cause: ${message}`]),
    ...(saysWhatToDo ? [] : [`the error does not say what to do: ${message}`]),
  ];
}

/** Makes what the operation leads to last; state must tell the truth, and a run more must not write. */
async function settle({ settles }: Operation, life: Life): Promise<string[]> {
  const { test, resource } = life;
  if (settles === undefined) return [];
  const inputs = settles(life);
  await resource.up(inputs);
  const before = structuredClone({ state: resource.state, inputs: resource.inputs });
  const problems: string[] = [];
  if (!(await resource.refresh())) return ["it is gone"];
  if (!isDeepStrictEqual({ state: resource.state, inputs: resource.inputs }, before))
    problems.push(`state told ${JSON.stringify(before)}, and the platform ${JSON.stringify(resource.state)}`);
  const writes = (await test.requestsDuring(() => resource.up(inputs))).filter(
    ({ method, path }) => method !== "GET" && !/\/dryRun$/i.test(path),
  );
  if (writes.length > 0) problems.push(`a run more writes: ${writes.map(({ path }) => path).join()}`);
  return problems;
}

type Routes = readonly { readonly route: string; readonly pattern: RegExp }[];
const known = new WeakMap<object, Routes>();

async function routesOf(test: FaultyTest): Promise<Routes> {
  const found = known.get(test.faults);
  if (found) return found;
  const { paths } = await test.call<{ paths: object }>("GET", "/v4/open-api-spec");
  // A path without a parameter is meant before one with.
  const routes = Object.keys(paths)
    .sort((one, other) => one.split("{").length - other.split("{").length)
    .map((route) => ({ route, pattern: new RegExp(`^${route.replaceAll(/\{\w+\}/g, "[^/]+")}$`) }));
  known.set(test.faults, routes);
  return routes;
}

function routeOf(routes: Routes, path: string): string {
  const bare = path.split("?", 1)[0] ?? "";
  const found = routes.find(({ pattern }) => pattern.test(bare));
  if (!found) throw new Error(`no route fits ${path}`);
  return found.route;
}
