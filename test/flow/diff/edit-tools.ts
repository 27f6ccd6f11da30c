import type { Flow, FlowNode, FlowPackage, Recipe } from "../../../flow/model.js";
import type { ChangedObject, ChangeKind } from "../../../flow/diff.js";

/** One semantic edit of a package, and the only change that a reviewer should see of it. */
export interface PackageEdit {
  readonly title: string;
  readonly kind: ChangeKind;
  readonly object: ChangedObject;
  /** The edited package, or null where the package has nothing to edit so. */
  readonly edit: (pkg: FlowPackage, random: () => number) => FlowPackage | null;
}

export type Random = () => number;

/** Objects are drawn by their place in the package, so that the same draw hits the same object whatever its id. */
export function draw<T>(list: readonly T[], random: Random): T | undefined {
  return list[Math.floor(random() * list.length)];
}

export function replaceFlow(pkg: FlowPackage, flow: Flow, change: Partial<Flow>): FlowPackage {
  return { ...pkg, flows: pkg.flows.map((one) => (one === flow ? { ...one, ...change } : one)) };
}

export function replace<T>(list: readonly T[], old: T, now: T): T[] {
  return list.map((one) => (one === old ? now : one));
}

export function everyNode(pkg: FlowPackage): { flow: Flow; node: FlowNode; recipe: Recipe }[] {
  return pkg.flows.flatMap((flow) =>
    flow.nodes.flatMap((node) => {
      const recipe = flow.recipes.find(({ id }) => id === node.recipeId);
      return recipe === undefined ? [] : [{ flow, node, recipe }];
    }),
  );
}

export function editFlow(change: (flow: Flow) => Partial<Flow>): PackageEdit["edit"] {
  return (pkg, random) => {
    const flow = draw(pkg.flows, random);
    return flow === undefined ? null : replaceFlow(pkg, flow, change(flow));
  };
}

/** An id that no package of these tests uses, nor the next few. */
export const NEW_ID = 900_000;
