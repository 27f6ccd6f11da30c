import { isDeepStrictEqual } from "node:util";
import type { RequestRecord } from "../../platform/index.js";
import { hasUnknown } from "../../provider/framework/unknown.js";
import type { EngineStep } from "./engine.js";

/** Requests that change something; a dry run does not. */
export function writesOf(requests: readonly RequestRecord[]): RequestRecord[] {
  return requests.filter(({ method, path }) => method !== "GET" && !/\/dryRun$/i.test(path));
}

/** Says where an update did something else than its preview had announced, or did it without a word. */
export function findBrokenPromises(announced: readonly EngineStep[], done: readonly EngineStep[]): string[] {
  const told = (steps: readonly EngineStep[]) => steps.map(({ slot, op }) => `${op} ${slot}`);
  if (!isDeepStrictEqual(told(announced), told(done)))
    return [`the preview announced ${told(announced).join(", ")}; the update did ${told(done).join(", ")}`];
  return done.flatMap((step, index) => {
    const promise = announced[index];
    if (promise === undefined) return [];
    return [...brokenProperties(promise, step), ...brokenWrites(promise, step)].map(
      (problem) => `${step.op} ${step.slot}: ${problem}`,
    );
  });
}

function brokenProperties(promise: EngineStep, done: EngineStep): string[] {
  const unannounced = done.changes.filter((name) => !promise.changes.includes(name));
  const undone = promise.changes.filter(
    (name) => !done.changes.includes(name) && !hasUnknown(promise.inputs[name]),
  );
  return [
    ...unannounced.map((name) => `changed ${name}, which the preview did not announce`),
    ...undone.map((name) => `did not change ${name}, which the preview had announced`),
    ...(promise.inputs.action === done.inputs.action
      ? []
      : [`announced "${String(promise.inputs.action)}", then "${String(done.inputs.action)}"`]),
  ];
}

/** What may and must be written for a step of each resource. */
function brokenWrites(
  promise: EngineStep,
  { type, op, before, changes, requests, isUnfinished }: EngineStep,
): string[] {
  const writes = writesOf(requests);
  const list = writes.map(({ method, path }) => `${method} ${path}`);
  if (op === "same") return list.length === 0 ? [] : [`wrote ${list.join(", ")} without a word`];
  const problems = strangers(type, op, before?.id, writes);
  if (op === "delete") return problems;
  if (type === "Release") return [...problems, ...brokenRelease(promise, writes)];
  const isLocal = type === "Deployment" && op === "update" && !changes.includes("name");
  if (isLocal && list.length > 0) problems.push(`wrote ${list.join(", ")}, and only state had to change`);
  if (op === "update" && !isLocal && !isUnfinished && list.length === 0)
    problems.push(`announced ${changes.join(", ")}, and wrote nothing`);
  return problems;
}

/** Writes to objects that are none of the resource's business. */
function strangers(
  type: string,
  op: string,
  id: string | undefined,
  writes: readonly RequestRecord[],
): string[] {
  const own = OWN_PATHS[type];
  return writes
    .filter(({ path, method }) => {
      const match = own?.exec(path);
      if (!match) return true;
      const [, target] = match;
      if (target === undefined || type === "Release") return false;
      return op === "update" && method !== "POST" && target !== id;
    })
    .map(({ method, path }) => `wrote ${method} ${path}, which is not its own`);
}

const OWN_PATHS: Readonly<Record<string, RegExp>> = {
  Connection: /^\/v4\/connections(?:\/(\d+))?$/,
  Deployment: /^\/v4\/deployments(?:\/(\d+))?$/,
  ImportRules: /^\/v4\/deployments\/(\d+)\/(?:object|value)ImportRules$/,
  Release: /^\/v4\/(?:releases\/\d+|schedules\/\d+|deployments\/(\d+)\/(?:releases|run))$/,
  Schedule: /^\/v4\/(?:deploymentS|s)chedules(?:\/(\d+)(?:\/(?:en|dis)able)?)?$/,
};

/** What the action says, in requests. */
function brokenRelease(promise: EngineStep, writes: readonly RequestRecord[]): string[] {
  const { before, inputs } = promise;
  const runs = writes.filter(({ path }) => path.endsWith("/run")).length;
  const due = isTried(promise) ? 1 : 0;
  if (runs !== due) return [`announced "${String(inputs.action)}", which is ${due} runs; there were ${runs}`];
  const uploads = writes.filter(({ method, path }) => method === "POST" && path.endsWith("/releases")).length;
  const activations = writes.filter(({ method, body }) => method === "PATCH" && activityIn(body));
  const activated = activations.map(
    ({ path, body }) => `${path.split("/").at(-1)} ${String(activityIn(body))}`,
  );
  const action = isMoving(promise) ? String(inputs.action) : "keep";
  const wrong = (expected: string) => [
    `announced "${action}"${before ? "" : " of a new resource"}, which is ${expected}; there were ${uploads} imports and activations [${activated.join(", ")}]`,
  ];
  if (/^(deploy|re-import)/.test(action)) return uploads === 1 ? [] : wrong("one import");
  if (uploads > 0) return wrong("no import");
  const target = /^(?:rollback|roll-forward|activate)[^#]*#(\d+)/.exec(action)?.[1];
  if (target !== undefined)
    return isDeepStrictEqual(activated, [`${target} true`]) ? [] : wrong(`one activation of #${target}`);
  if (action === "deactivate") return activations.length === 1 ? [] : wrong("one deactivation");
  if (action.startsWith("keep")) return activations.length === 0 ? [] : wrong("no activation");
  return [`announced "${action}", which says nothing`];
}

/** Whether the release that runs may become another one. */
function isMoving({ op, changes }: EngineStep): boolean {
  return op !== "update" || changes.some((name) => ["contentDigest", "rules", "active"].includes(name));
}

/** Whether a preview said that a release will be tried out by a run. */
export function isTried(step: EngineStep): boolean {
  return step.op !== "same" && isMoving(step) && String(step.inputs.action).includes("; then verified by");
}

/** Whether a preview said that another release will run. */
export function isReplacing(step: EngineStep): boolean {
  const isOther = /^(deploy|re-import|rollback|roll-forward)/.test(String(step.inputs.action));
  return step.op !== "same" && isMoving(step) && isOther;
}

/** What a body says of activity, if it says anything. */
function activityIn(body: RequestRecord["body"]): string | undefined {
  if (typeof body !== "object" || body === null || Array.isArray(body)) return undefined;
  return "active" in body ? JSON.stringify(body.active) : undefined;
}
