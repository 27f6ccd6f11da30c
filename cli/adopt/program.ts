import { registry } from "../../provider/registry.js";
import type { AdoptedObject } from "./adopted-object.js";
import { nameResources, nameVariables } from "./names.js";
import { flatten, References } from "./references.js";
import type { Expression } from "./references.js";

/** A resource of the program, in whatever language it is written. */
export interface ProgramResource {
  readonly object: AdoptedObject;
  /** Name in the stack; unique among resources of its type. */
  readonly name: string;
  /** Unique in the program. */
  readonly variable: string;
  readonly arguments: readonly (readonly [string, Expression])[];
  /** What it belongs to, and what that belongs to, to the end: the object itself when it belongs to nothing. */
  readonly root: AdoptedObject;
}

/**
 * The resources of a program. Each comes after those that it refers to, and what belongs together stands together;
 * sorted by name, so that the order in which a platform lists its objects does not show.
 */
export function planProgram(objects: readonly AdoptedObject[]): ProgramResource[] {
  // The registry has what others refer to before those others.
  const sorted = registry.flatMap((definition) =>
    objects.filter((object) => object.definition === definition).sort(byName),
  );
  const references = new References(sorted);
  const rootOf = (object: AdoptedObject): AdoptedObject => {
    const owner = references.ownerOf(object);
    return owner === undefined ? object : rootOf(owner);
  };
  const named = nameAll(sorted.map((object) => ({ object, root: rootOf(object) })));
  return groupByRoot(named)
    .flat()
    .map((resource) => ({
      ...resource,
      arguments: references.argumentsOf(resource.object, resource.variable),
    }));
}

/** What belongs to the same object, in the order in which those objects come. */
export function groupByRoot<T extends { readonly root: AdoptedObject }>(resources: readonly T[]): T[][] {
  const groups = new Map<AdoptedObject, T[]>();
  for (const resource of resources) {
    const group = groups.get(resource.root);
    if (group === undefined) groups.set(resource.root, [resource]);
    else group.push(resource);
  }
  return [...groups.values()];
}

/** The settings of the stack that these resources need, each once. */
export function settingsOf(resources: readonly ProgramResource[]): string[] {
  const expressions = resources.flatMap((resource) =>
    resource.arguments.flatMap(([, value]) => flatten(value)),
  );
  return [...new Set(expressions.flatMap((value) => (value.kind === "setting" ? [value.name] : [])))];
}

interface Placed {
  readonly object: AdoptedObject;
  readonly root: AdoptedObject;
}

function nameAll(objects: readonly Placed[]): (Placed & { name: string; variable: string })[] {
  const given = objects.map(({ object, root }) => ({
    object,
    root,
    type: object.definition.name,
    id: object.id,
    name: object.name,
    ...(root.name !== object.name && { ownerName: root.name }),
  }));
  const named = registry.flatMap((definition) => {
    const ofType = given.filter(({ type }) => type === definition.name);
    const names = nameResources(ofType);
    return ofType.map((object, index) => ({ ...object, name: names[index] ?? object.id }));
  });
  const variables = nameVariables(named);
  return named.map(({ object, root, name }, index) => ({
    object,
    root,
    name,
    variable: variables[index] ?? name,
  }));
}

function byName(a: AdoptedObject, b: AdoptedObject): number {
  if (a.name !== b.name) return a.name < b.name ? -1 : 1;
  return Number(a.id) - Number(b.id);
}
