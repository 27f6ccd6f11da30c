import { isDeepStrictEqual } from "node:util";
import type { FaultReport, FaultRule } from "../../platform/index.js";
import { CANARY } from "../conformance/cases.js";
import { CANARY as FUNCTION_CANARY } from "../conformance/function-cases.js";
import { TOKEN } from "../provider/provider-test.js";
import { contentsOf } from "./contents.js";
import { QUOTED, SHORT_TIMEOUT } from "./fault-list.js";
import type { NamedFault } from "./fault-list.js";
import type { Operation, Subject } from "./operations.js";
import type { FaultyTest, PlatformSlots } from "./platform-slots.js";

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
  readonly outcome: unknown;
}

/** Makes what the operation is about in the environment of the test. */
export type Begin<S extends Subject> = (test: FaultyTest) => Promise<S>;

/** Runs the operation without a fault. */
export async function runUndisturbed<S extends Subject>(
  slots: PlatformSlots,
  operation: Operation<S>,
  begin: Begin<S>,
): Promise<Undisturbed> {
  return slots.use({ retries: RETRIES, timeoutSeconds: LONG_TIMEOUT }, async (test) => {
    const subject = await begin(test);
    await operation.begin(subject);
    const routes = await routesOf(test);
    const requests = await test.requestsDuring(() => operation.run(subject));
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
    await operation.settle?.(subject);
    return {
      places: [...counts.values()],
      contents: await contentsOf(test),
      outcome: operation.outcome?.(subject),
    };
  });
}

/** Runs the operation with a fault; gives what is wrong with what came of it. */
export async function findProblems<S extends Subject>(
  slots: PlatformSlots,
  operation: Operation<S>,
  begin: Begin<S>,
  undisturbed: Undisturbed,
  place: StruckPlace,
  named: NamedFault,
): Promise<string[]> {
  return slots.use({ retries: RETRIES, timeoutSeconds: LONG_TIMEOUT }, async (test) => {
    const problems: string[] = [];
    const subject = await begin(test);
    await operation.begin(subject);
    await routesOf(test);
    const counter = arm(test, place, named, operation.sends?.(subject) ?? []);
    const earlier = test.platform.requests.length;
    // Before and after it a busy machine may take its time.
    test.timeoutSeconds = named.isLate ? SHORT_TIMEOUT : LONG_TIMEOUT;
    const failure = await failureOf(operation, subject);
    test.timeoutSeconds = LONG_TIMEOUT;
    await quiet(test, counter, earlier);
    const attempts = reportOf(test, counter).seen;
    if (!reportOf(test, counter + 1).struck && named.fault.kind !== "stale")
      problems.push("nothing was struck");
    test.faults.clear(test.environment);

    problems.push(...attemptProblems(place, named, attempts, failure === undefined));
    const isAsUndisturbed = () => isDeepStrictEqual(operation.outcome?.(subject), undisturbed.outcome);
    if (!failure && named.fault.kind !== "stale" && !isAsUndisturbed() && !isSaid(named, subject.told()))
      problems.push(`it came to ${JSON.stringify(operation.outcome?.(subject))}`);
    if (failure) problems.push(...messageProblems(operation, subject, named, failure));
    if (failure) {
      const again = await failureOf(operation, subject);
      if (again) return [...problems, `the next run fails, too: ${again.message}`];
    }
    problems.push(...((await operation.settle?.(subject)) ?? []));
    if (!isAsUndisturbed())
      problems.push(`the next run came to ${JSON.stringify(operation.outcome?.(subject))}`);
    const contents = await contentsOf(test);
    if (!isDeepStrictEqual(contents, undisturbed.contents))
      problems.push(
        `the platform holds ${JSON.stringify(contents)}, not ${JSON.stringify(undisturbed.contents)}`,
      );
    for (const secret of [CANARY, FUNCTION_CANARY, TOKEN])
      if (JSON.stringify([subject.told(), failure?.message]).includes(secret))
        problems.push(`a secret shows in state or message: ${failure?.message}`);
    return problems;
  });
}

/** Puts the fault in force; gives the id of the rule before it, which only counts. */
function arm(
  test: FaultyTest,
  { method, route }: Place,
  { fault, isForEver }: NamedFault,
  sent: readonly string[],
): number {
  const rule: Omit<FaultRule, "fault"> = { method, route, environment: test.environment };
  const never = { skip: Number.MAX_SAFE_INTEGER, times: null } as const;
  const { id } = test.faults.add({ ...rule, ...never, fault: { kind: "status", status: 500 } });
  const isQuoting = fault.kind === "status" && fault.body?.includes(QUOTED);
  const secrets = [TOKEN, ...sent];
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

async function failureOf<S extends Subject>(operation: Operation<S>, subject: S): Promise<Error | undefined> {
  try {
    await operation.run(subject);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

/** Waits until every request that came after the `earlier` ones is through, also one whose sender has gone. */
async function quiet(test: FaultyTest, counter: number, earlier: number): Promise<void> {
  const { method, route } = reportOf(test, counter);
  const routes = await routesOf(test);
  const until = performance.now() + BOUND_MILLISECONDS;
  const isBusy = () => {
    const done = test.platform.requests
      .slice(earlier)
      .filter((one) => one.method === method && routeOf(routes, one.path) === route);
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
function messageProblems<S extends Subject>(
  { verbs, title = ({ title }) => title }: Operation<S>,
  subject: S,
  named: NamedFault,
  error: Error,
): string[] {
  // A failed check has no property where it is not about one.
  const message = error.message.replace(/^: /, "");
  const isNamed = verbs.some((verb) => message.startsWith(`${verb} ${title(subject)}: `));
  const hasCause = /(GET|POST|PUT|PATCH|DELETE) http:\/\/\S+|already exists|holds other rules/.test(message);
  const saysWhatToDo =
    isSaid(named, message) || /\b(run|check|set|remove|allow|pass|may not)\b/.test(message);
  return [
    ...(isNamed ? [] : [`the error names neither operation nor resource: ${message}`]),
    ...(hasCause ? [] : [`the error has no cause: ${message}`]),
    ...(saysWhatToDo ? [] : [`the error does not say what to do: ${message}`]),
  ];
}

/** Whether this tells what the platform said: what is wrong with a request, nobody else knows. */
function isSaid({ fault }: NamedFault, told: unknown): boolean {
  return fault.kind === "status" && fault.status === 400 && JSON.stringify(told).includes("this is wrong");
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
