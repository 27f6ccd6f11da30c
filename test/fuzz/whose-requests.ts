import type { RequestRecord } from "../../platform/index.js";
import { writesOf } from "./announcements.js";
import type { EngineStep, StateEntry } from "./engine.js";
import { parentOf } from "./program.js";
import type { Slot, Values } from "./program.js";

/** What tells whose a request is, beside the steps. */
export interface Ownership {
  /** After the steps. */
  readonly state: ReadonlyMap<Slot, StateEntry>;
  /** Ids of deployments by ids of their releases, also of those that the steps removed. */
  readonly deploymentOf: ReadonlyMap<string, string>;
}

/**
 * Gives every write to the step of the resource that it is about, by its path and, of what was made, by its body: an engine in
 * another process does not tell. What is nobody's is given to every step, none of which may own it.
 */
export function giveRequests(
  steps: readonly EngineStep[],
  ownership: Ownership,
  requests: readonly RequestRecord[],
): EngineStep[] {
  const own = new Map<EngineStep, RequestRecord[]>(steps.map((step) => [step, []]));
  for (const request of writesOf(requests)) {
    const owners = steps.filter((step) => isAbout(request, step, ownership));
    for (const owner of owners.length > 0 ? owners.map((step) => moverOf(step, request, steps)) : steps)
      own.get(owner)?.push(request);
  }
  return steps.map((step) => ({ ...step, requests: own.get(step) ?? [] }));
}

const PATH = /^\/v4\/(\w+)(?:\/(\d+)(?:\/(\w+))?)?/;

function isAbout(
  { path, body }: RequestRecord,
  step: EngineStep,
  { state, deploymentOf }: Ownership,
): boolean {
  const [, collection = "", id, part = ""] = PATH.exec(path) ?? [];
  const { type, before, slot, inputs } = step;
  if (typeOf(collection, part) !== type) return false;
  if (id === undefined) return (body as Values | null)?.name === inputs.name;
  const target = collection === "releases" ? deploymentOf.get(id) : id;
  return target === before?.id || target === state.get(slot)?.id;
}

function typeOf(collection: string, part: string): string {
  switch (collection) {
    case "connections":
      return "Connection";
    case "deployments":
      return part.endsWith("ImportRules") ? "ImportRules" : part === "" ? "Deployment" : "Release";
    case "releases":
      return "Release";
    default:
      return "Schedule";
  }
}

/** A flow's schedule is moved by the release, where nothing else about it changes. */
function moverOf(step: EngineStep, { method }: RequestRecord, all: readonly EngineStep[]): EngineStep {
  const isMove = step.type === "Schedule" && step.op === "same" && method === "PUT";
  const release = all.find(({ slot }) => slot === `${parentOf(step.slot)}/release`);
  return isMove && release ? release : step;
}
