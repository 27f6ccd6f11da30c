import { isEqual } from "./canonical.js";

/** A part of a resource that the engine draws as its child. It lives with the resource and has no id of its own. */
export interface View {
  /** PascalCase, as a resource's name. */
  readonly type: string;
  /** Unique among the resource's views of one type; see {@link toViewName}. */
  readonly name: string;
  /** What a person reads of it: texts, lists of texts, or texts by name. */
  readonly inputs: Readonly<Record<string, unknown>>;
}

/** What happens to one view. `before` is always one of the views there were. */
export type ViewStep<V extends View = View> =
  | { readonly op: "create"; readonly after: V }
  | { readonly op: "update"; readonly before: V; readonly after: V }
  | { readonly op: "delete"; readonly before: V };

/** The steps from the views there were to the views there will be; a view that stays as it is has none. */
export function planViews<V extends View>(before: readonly V[], after: readonly V[]): ViewStep<V>[] {
  const old = new Map(before.map((view) => [keyOf(view), view]));
  const kept = new Set(after.map(keyOf));
  return [
    ...after.flatMap((view): ViewStep<V>[] => {
      const known = old.get(keyOf(view));
      if (known === undefined) return [{ op: "create", after: view }];
      return isEqual(known.inputs, view.inputs) ? [] : [{ op: "update", before: known, after: view }];
    }),
    ...before
      .filter((view) => !kept.has(keyOf(view)))
      .map((view) => ({ op: "delete" as const, before: view })),
  ];
}

function keyOf({ type, name }: View): string {
  return `${type} ${name}`;
}
