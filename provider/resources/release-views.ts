import type { FlowContents, PackageContents } from "../../flow/index.js";
import type { View } from "../framework/views.js";
import { toViewName } from "../framework/view-name.js";

/** The flows, recipes and outputs of a release, out of what check worked out; undefined while that is not known. */
export function viewContents(contents: unknown): View[] | undefined {
  if (!isContents(contents)) return undefined;
  return Object.entries(contents.flows).flatMap(([name, flow]) => [
    { type: "Flow", name: toViewName(name), inputs: aboutFlow(flow) },
    ...viewRecipes(name, flow),
    ...viewOutputs(name, flow),
  ]);
}

/** State of other versions, or changed by hand, is not worth an error: then there is nothing to draw. */
function isContents(value: unknown): value is PackageContents {
  if (typeof value !== "object" || value === null) return false;
  const { flows } = value as Partial<PackageContents>;
  return typeof flows === "object" && flows !== null;
}

function aboutFlow({ description, summary, inputs, parameters, webhooks }: FlowContents): View["inputs"] {
  return withoutUndefined({ description, summary, inputs, parameters, webhooks });
}

/** Steps stay one text: the engine compares lists by position, and a text by its lines. */
function viewRecipes(flow: string, { recipes = {}, reads = {} }: FlowContents): View[] {
  const names = [...new Set([...Object.keys(recipes), ...Object.keys(reads)])];
  return names.map((name) => ({
    type: "Recipe",
    name: toViewName(flow, name),
    inputs: withoutUndefined({ reads: reads[name], steps: recipes[name] }),
  }));
}

function viewOutputs(flow: string, { outputs = {} }: FlowContents): View[] {
  return Object.entries(outputs).map(([name, targets]) => ({
    type: "Output",
    name: toViewName(flow, name),
    inputs: { writes: targets.join("\n") },
  }));
}

function withoutUndefined(values: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}
