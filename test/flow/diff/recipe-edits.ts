import type { FlowPackage, Step } from "../../../flow/model.js";
import { filterStep } from "../small-package.js";
import {
  draw,
  editFlow,
  everyNode,
  replace,
  replaceFlow,
  type PackageEdit,
  type Random,
} from "./edit-tools.js";

function isHiddenLoad({ task }: Step): boolean {
  return task.type === "Load" && task.annotations["hidden"] === true;
}

/** Edits the steps of a recipe that somebody made. */
function editSteps(change: (steps: readonly Step[], random: Random) => readonly Step[] | null) {
  return (pkg: FlowPackage, random: Random): FlowPackage | null => {
    const found = draw(
      everyNode(pkg).filter(({ node }) => node.isWrangled),
      random,
    );
    if (found === undefined) return null;
    const steps = change(found.recipe.steps, random);
    if (steps === null) return null;
    const recipes = replace(found.flow.recipes, found.recipe, { ...found.recipe, steps });
    return replaceFlow(pkg, found.flow, { recipes });
  };
}

/** Steps that stand alone: they neither load a table nor use a loaded one. */
function plainPlaces(steps: readonly Step[]): number[] {
  const loaded = steps.flatMap(({ task }) => (task.type === "Load" ? [task.outputName ?? ""] : []));
  return steps.flatMap(({ task }, index) => {
    const usesTable = loaded.some(
      (name) => name !== "" && JSON.stringify(task.parameters).includes(JSON.stringify(name)),
    );
    return task.type === "Load" || usesTable ? [] : [index];
  });
}

function editStep(step: Step): Step {
  return { ...step, task: { ...step.task, annotations: { ...step.task.annotations, edited: true } } };
}

function editValue(step: Step): Step | null {
  let isEdited = false;
  const edited = JSON.parse(JSON.stringify(step.task.parameters), (key, value: unknown) => {
    const isValue = key === "value" && typeof value === "string" && !isEdited && !value.startsWith("table_");
    if (isValue) isEdited = true;
    return isValue ? `${String(value)} edited` : value;
  }) as Step["task"]["parameters"];
  return isEdited ? { ...step, task: { ...step.task, parameters: edited } } : null;
}

/** Edits of flows, recipes and steps. */
export const RECIPE_EDITS: readonly PackageEdit[] = [
  { title: "rename a flow", kind: "changed", object: "flow", edit: editFlow(() => ({ name: "edited" })) },
  {
    title: "change an engine setting of a flow",
    kind: "changed",
    object: "flow",
    edit: editFlow(() => ({ settings: { optimize: "edited" } })),
  },
  {
    title: "insert a step",
    kind: "added",
    object: "step",
    edit: editSteps((steps, random) => {
      const places = steps.flatMap((_, index) => (index > 0 ? [index] : []));
      const at = draw([...places, steps.length], random) ?? steps.length;
      return [...steps.slice(0, at), filterStep("edited", "new"), ...steps.slice(at)];
    }),
  },
  {
    title: "remove a step",
    kind: "removed",
    object: "step",
    edit: editSteps((steps, random) => {
      const at = draw(plainPlaces(steps), random);
      return at === undefined ? null : steps.filter((_, index) => index !== at);
    }),
  },
  {
    title: "edit a value in a step",
    kind: "changed",
    object: "step",
    edit: editSteps((steps, random) => {
      const at = draw(plainPlaces(steps), random);
      const edited = at === undefined ? null : editValue(steps[at]!);
      return edited === null ? null : steps.map((step, index) => (index === at ? edited : step));
    }),
  },
  {
    title: "edit what a step's text does not show",
    kind: "changed",
    object: "step",
    edit: editSteps((steps, random) => {
      const at = draw(plainPlaces(steps), random);
      return at === undefined ? null : steps.map((step, index) => (index === at ? editStep(step) : step));
    }),
  },
  {
    title: "move a step",
    kind: "moved",
    object: "step",
    edit: editSteps((steps, random) => {
      const places = plainPlaces(steps);
      const from = draw(places, random);
      const to = draw(
        places.filter((place) => place !== from),
        random,
      );
      const step = steps[from ?? -1];
      if (from === undefined || to === undefined || step === undefined) return null;
      const rest = steps.filter((_, index) => index !== from);
      return [...rest.slice(0, to), step, ...rest.slice(to)];
    }),
  },
  {
    title: "take out a step with the table that it reads",
    kind: "removed",
    object: "step",
    edit: (pkg, random) => {
      const found = draw(
        everyNode(pkg).flatMap(({ flow, node, recipe }) =>
          recipe.steps.flatMap((load, index) => {
            const user = recipe.steps[index + 1];
            const reads = JSON.stringify(user?.task.parameters ?? {}).includes(
              load.task.outputName ?? "\u0000",
            );
            const isPair = isHiddenLoad(load) && load.port !== null && user?.task.type !== "Load" && reads;
            return isPair ? [{ flow, node, recipe, load, user }] : [];
          }),
        ),
        random,
      );
      if (found === undefined) return null;
      const { flow, node, recipe, load, user } = found;
      const steps = recipe.steps.filter((step) => step !== load && step !== user);
      return replaceFlow(pkg, flow, {
        recipes: replace(flow.recipes, recipe, { ...recipe, steps }),
        edges: flow.edges.filter((edge) => edge.to !== node.id || edge.port !== load.port),
      });
    },
  },
  {
    title: "rename a recipe",
    kind: "changed",
    object: "recipe",
    edit: (pkg, random) => {
      const found = draw(
        everyNode(pkg).filter(({ node }) => node.isWrangled),
        random,
      );
      if (found === undefined) return null;
      const { flow, recipe } = found;
      return replaceFlow(pkg, flow, {
        recipes: replace(flow.recipes, recipe, { ...recipe, name: "edited" }),
      });
    },
  },
  {
    title: "switch a recipe off",
    kind: "changed",
    object: "recipe",
    edit: (pkg, random) => {
      const found = draw(
        everyNode(pkg).filter(({ node }) => node.isWrangled),
        random,
      );
      if (found === undefined) return null;
      const { flow, recipe } = found;
      const switched = { ...recipe, isActive: !recipe.isActive };
      return replaceFlow(pkg, flow, { recipes: replace(flow.recipes, recipe, switched) });
    },
  },
  {
    title: "rename a dataset, and so its parsing recipe",
    kind: "changed",
    object: "dataset",
    edit: (pkg, random) => {
      const found = draw(
        everyNode(pkg).flatMap(({ flow, recipe }) => {
          const dataset = flow.datasets.find(({ parsingRecipeId }) => parsingRecipeId === recipe.id);
          return dataset === undefined ? [] : [{ flow, recipe, dataset }];
        }),
        random,
      );
      if (found === undefined) return null;
      const { flow, recipe, dataset } = found;
      return replaceFlow(pkg, flow, {
        recipes: replace(flow.recipes, recipe, { ...recipe, name: "edited" }),
        datasets: replace(flow.datasets, dataset, { ...dataset, name: "edited" }),
      });
    },
  },
];
