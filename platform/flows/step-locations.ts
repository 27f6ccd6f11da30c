import type { JsonObject, Step } from "../../flow/model.js";

/** Local ids of what a Load step can name: `id://<dataset>` and `artifactId://<artifact>`. */
export interface LocationIds {
  readonly datasets: ReadonlyMap<number, number>;
  readonly artifacts: ReadonlyMap<number, number>;
}

const LOCATION = /^(id|artifactId):\/\/(\d+)$/;

/**
 * The same steps with every Load pointing at the given ids. Ids that are not in the maps stay, so that a step whose
 * dataset is not part of the package keeps its text. Everything else of the task is untouched.
 */
export function relocateSteps(steps: readonly Step[], ids: LocationIds): readonly Step[] {
  return steps.map((step) => {
    const location = step.task.parameters["location"];
    const target = location && relocate(location, ids);
    if (!target) return step;
    return { ...step, task: { ...step.task, parameters: { ...step.task.parameters, location: target } } };
  });
}

function relocate(location: JsonObject, ids: LocationIds): JsonObject | null {
  const value = location["value"];
  const parts = typeof value === "string" ? LOCATION.exec(value) : null;
  if (!parts) return null;
  const scheme = parts[1];
  const id = (scheme === "id" ? ids.datasets : ids.artifacts).get(Number(parts[2]));
  return id === undefined ? null : { ...location, value: `${scheme}://${id}` };
}
