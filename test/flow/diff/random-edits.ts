import type { FlowPackage, Recipe, Step } from "../../../flow/model.js";
import { createRandom, randomPackage } from "../random-package.js";
import { filterStep, tableName } from "../small-package.js";

/** A step that looks values up in the table that a Load brings. */
export function lookupStep(table: string, current: string): Step {
  return {
    port: null,
    task: {
      type: "Lookup",
      parameters: {
        with: { kind: "table", type: "Table", value: table },
        col: { kind: "column", type: "Column", value: "country", relation: current },
        key: { kind: "column", type: "Column", value: "code", relation: table },
        as: { kind: "array", type: "Array", value: [{ kind: "constant", type: "String", value: "name" }] },
        table: { kind: "table", type: "Table", value: current },
      },
      annotations: {},
      outputName: "",
    },
    columns: [],
  };
}

/** A random package with something to edit: recipes of several steps, some with a lookup, and some open inputs. */
export function packageToEdit(seed: number): FlowPackage {
  const random = createRandom(seed);
  const below = (count: number) => Math.floor(random() * count);
  const addSteps = (recipe: Recipe): Recipe => {
    const [primary, side, ...rest] = recipe.steps;
    if (primary === undefined || side === undefined) return recipe;
    const lookups =
      random() < 0.4 ? [lookupStep(side.task.outputName ?? "", tableName(500_000 + recipe.id))] : [];
    const added = Array.from({ length: below(6) }, () => filterStep(`c${below(4)}`, `v${below(4)}`));
    return { ...recipe, steps: [primary, side, ...lookups, ...rest, ...added] };
  };
  const pkg = randomPackage(seed);
  return {
    ...pkg,
    flows: pkg.flows.map((flow) => ({
      ...flow,
      edges: flow.edges.filter(() => random() < 0.7),
      recipes: flow.recipes.map(addSteps),
    })),
  };
}
