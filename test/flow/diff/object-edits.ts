import type { Dataset, Flow, FlowEdge, FlowPackage, Output, Recipe, Step } from "../../../flow/model.js";
import { filterStep } from "../small-package.js";
import {
  draw,
  editFlow,
  everyNode,
  NEW_ID,
  replace,
  replaceFlow,
  type PackageEdit,
  type Random,
} from "./edit-tools.js";

function editDataset(change: (dataset: Dataset) => Dataset | null): PackageEdit["edit"] {
  return (pkg, random) => {
    const found = draw(
      pkg.flows.flatMap((flow) => flow.datasets.map((dataset) => ({ flow, dataset }))),
      random,
    );
    const changed = found === undefined ? null : change(found.dataset);
    if (found === undefined || changed === null) return null;
    return replaceFlow(pkg, found.flow, { datasets: replace(found.flow.datasets, found.dataset, changed) });
  };
}

function editOutput(change: (output: Output) => Output | null): PackageEdit["edit"] {
  return (pkg, random) => {
    const found = draw(
      pkg.flows.flatMap((flow) => flow.outputs.map((output) => ({ flow, output }))),
      random,
    );
    const changed = found === undefined ? null : change(found.output);
    if (found === undefined || changed === null) return null;
    return replaceFlow(pkg, found.flow, { outputs: replace(found.flow.outputs, found.output, changed) });
  };
}

function editFirst<T>(list: readonly T[], change: (value: T) => T): T[] | null {
  const [first, ...rest] = list;
  return first === undefined ? null : [change(first), ...rest];
}

function editList<Name extends "parameters" | "overrides" | "references" | "webhooks">(
  name: Name,
  change: (value: Flow[Name][number]) => Flow[Name][number],
): PackageEdit["edit"] {
  return (pkg, random) => {
    const flow = draw(
      pkg.flows.filter((one) => one[name].length > 0),
      random,
    );
    const list = flow === undefined ? null : editFirst<Flow[Name][number]>(flow[name], change);
    return flow === undefined || list === null ? null : replaceFlow(pkg, flow, { [name]: list });
  };
}

function editEdges(
  change: (edges: readonly FlowEdge[], flow: Flow, random: Random) => readonly FlowEdge[] | null,
): PackageEdit["edit"] {
  return (pkg, random) => {
    const flow = draw(pkg.flows, random);
    const edges = flow === undefined ? null : change(flow.edges, flow, random);
    return flow === undefined || edges === null ? null : replaceFlow(pkg, flow, { edges });
  };
}

function isUsed(pkg: FlowPackage, connection: number): boolean {
  return pkg.flows.some(
    (flow) =>
      flow.datasets.some((dataset) => dataset.connectionId === connection) ||
      flow.outputs.some((output) =>
        [...output.files, ...output.tables, ...output.sqlScripts].some(
          (target) => target.connectionId === connection,
        ),
      ),
  );
}

function newRecipe(name: string, steps: readonly Step[]): Recipe {
  return { id: NEW_ID + 1, name, description: null, isActive: true, steps, qualityRules: [] };
}

/** Edits of datasets, outputs, parameters, connections and of the graph. */
export const OBJECT_EDITS: readonly PackageEdit[] = [
  {
    title: "change a dataset's path",
    kind: "changed",
    object: "dataset",
    edit: editDataset((dataset) => {
      if (dataset.kind !== "file") return { ...dataset, path: ["edited"] };
      const uri = dataset.location.uri === null ? null : `${dataset.location.uri}.edited`;
      return { ...dataset, location: { ...dataset.location, path: "/edited.csv", uri } };
    }),
  },
  {
    title: "turn a dataset from one of a file into one of a table",
    kind: "changed",
    object: "dataset",
    edit: editDataset((dataset) => {
      if (dataset.kind !== "file") return null;
      const { location: _location, pathTemplate: _template, size: _size, ...base } = dataset;
      return { ...base, kind: "table", path: ["edited"], table: "edited", query: null, columns: [] };
    }),
  },
  {
    title: "change the default of a parameter in a dataset's path",
    kind: "changed",
    object: "dataset",
    edit: editDataset((dataset) => {
      const parameters = editFirst(dataset.parameters, (parameter) => ({
        ...parameter,
        value: { variable: { value: "edited" } },
      }));
      return parameters === null ? null : { ...dataset, parameters };
    }),
  },
  {
    title: "read a dataset through another connection",
    kind: "changed",
    object: "dataset",
    edit: (pkg, random) =>
      editDataset((dataset) => {
        const other = pkg.connections.find(({ id }) => id !== dataset.connectionId);
        return other === undefined ? null : { ...dataset, connectionId: other.id };
      })(pkg, random),
  },
  {
    title: "change the engine of an output",
    kind: "changed",
    object: "output",
    edit: editOutput((output) => ({ ...output, engine: "edited" })),
  },
  {
    title: "change an output's format",
    kind: "changed",
    object: "file output",
    edit: editOutput((output) => {
      const files = editFirst(output.files, (file) => ({ ...file, format: "edited" }));
      return files === null ? null : { ...output, files };
    }),
  },
  {
    title: "write a file elsewhere",
    kind: "changed",
    object: "file output",
    edit: editOutput((output) => {
      const files = editFirst(output.files, (file) => ({ ...file, path: `${file.path}.edited` }));
      return files === null ? null : { ...output, files };
    }),
  },
  {
    title: "write another table",
    kind: "changed",
    object: "table output",
    edit: editOutput((output) => {
      const tables = editFirst(output.tables, (table) => ({ ...table, table: "edited" }));
      return tables === null ? null : { ...output, tables };
    }),
  },
  {
    title: "add a script to an output",
    kind: "added",
    object: "SQL script",
    edit: editOutput((output) => ({
      ...output,
      sqlScripts: [
        { id: NEW_ID, sql: "edited", type: "pre", vendor: "postgres", connectionId: null },
        ...output.sqlScripts,
      ],
    })),
  },
  {
    title: "remove an output",
    kind: "removed",
    object: "output",
    edit: (pkg, random) => {
      const flow = draw(
        pkg.flows.filter((one) => one.outputs.length > 0),
        random,
      );
      return flow === undefined ? null : replaceFlow(pkg, flow, { outputs: flow.outputs.slice(1) });
    },
  },
  {
    title: "change a parameter's default",
    kind: "changed",
    object: "parameter",
    edit: editList("parameters", (parameter) => ({
      ...parameter,
      value: { variable: { value: "edited" } },
    })),
  },
  {
    title: "rename a parameter",
    kind: "changed",
    object: "parameter",
    edit: editList("parameters", (parameter) => ({ ...parameter, name: "edited" })),
  },
  {
    title: "add a parameter",
    kind: "added",
    object: "parameter",
    edit: editFlow((flow) => ({
      parameters: [...flow.parameters, { id: NEW_ID, name: "edited", value: {} }],
    })),
  },
  {
    title: "change a flow-level value",
    kind: "changed",
    object: "override",
    edit: editList("overrides", (override) => ({ ...override, value: { variable: { value: "edited" } } })),
  },
  {
    title: "rename a reference",
    kind: "changed",
    object: "reference",
    edit: editList("references", (reference) => ({ ...reference, name: "edited" })),
  },
  {
    title: "change a webhook's header",
    kind: "changed",
    object: "webhook",
    edit: editList("webhooks", (webhook) => ({ ...webhook, headers: { Authorization: "edited" } })),
  },
  {
    title: "change a connection's vendor",
    kind: "changed",
    object: "connection",
    edit: (pkg, random) => {
      const stub = draw(
        pkg.connections.filter(({ id }) => isUsed(pkg, id)),
        random,
      );
      if (stub === undefined) return null;
      return { ...pkg, connections: replace(pkg.connections, stub, { ...stub, vendor: "edited" }) };
    },
  },
  {
    title: "remove an edge",
    kind: "removed",
    object: "edge",
    edit: editEdges((edges, _flow, random) => {
      const edge = draw(edges, random);
      return edge === undefined ? null : edges.filter((one) => one !== edge);
    }),
  },
  {
    title: "add an edge",
    kind: "added",
    object: "edge",
    edit: editEdges((edges, flow) => {
      const reader = flow.nodes.find(
        (node) => node.isWrangled && !edges.some(({ to, port }) => to === node.id && port === null),
      );
      const source = flow.nodes.find((node) => !node.isWrangled && node !== reader);
      if (reader === undefined || source === undefined) return null;
      return [...edges, { id: NEW_ID, from: source.id, to: reader.id, port: null }];
    }),
  },
  {
    title: "let a recipe read something else",
    kind: "changed",
    object: "edge",
    edit: editEdges((edges, flow, random) => {
      const edge = draw(edges, random);
      const other = flow.nodes.find((node) => node.id !== edge?.from && node.id !== edge?.to);
      if (edge === undefined || other === undefined) return null;
      return replace(edges, edge, { ...edge, from: other.id });
    }),
  },
  {
    title: "add a recipe that reads another",
    kind: "added",
    object: "recipe",
    edit: editFlow((flow) => {
      const recipe = newRecipe("edited", [filterStep("edited", "new")]);
      const node = { id: NEW_ID, recipeId: recipe.id, isWrangled: true, referenceId: null };
      const [source] = flow.nodes;
      const edge = { id: NEW_ID, from: source?.id ?? 0, to: node.id, port: null };
      return {
        recipes: [...flow.recipes, recipe],
        nodes: [...flow.nodes, { ...node, sourceReferenceId: null }],
        edges: source === undefined ? flow.edges : [...flow.edges, edge],
      };
    }),
  },
  {
    title: "remove a recipe that writes nothing and publishes nothing",
    kind: "removed",
    object: "recipe",
    edit: (pkg, random) => {
      const found = draw(
        everyNode(pkg).filter(
          ({ flow, node }) =>
            node.isWrangled &&
            node.referenceId === null &&
            !flow.outputs.some(({ nodeId }) => nodeId === node.id) &&
            !flow.webhooks.some(({ nodeIds }) => nodeIds.includes(node.id)),
        ),
        random,
      );
      if (found === undefined) return null;
      const { flow, node, recipe } = found;
      return replaceFlow(pkg, flow, {
        nodes: flow.nodes.filter((one) => one !== node),
        recipes: flow.recipes.filter((one) => one !== recipe),
        edges: flow.edges.filter(({ from, to }) => from !== node.id && to !== node.id),
      });
    },
  },
  {
    title: "add a flow",
    kind: "added",
    object: "flow",
    edit: (pkg) => ({
      ...pkg,
      flows: [
        ...pkg.flows,
        {
          id: NEW_ID,
          name: "edited",
          description: null,
          isPrimary: false,
          nodes: [
            {
              id: NEW_ID,
              recipeId: NEW_ID + 1,
              isWrangled: true,
              referenceId: null,
              sourceReferenceId: null,
            },
          ],
          edges: [],
          recipes: [newRecipe("new", [filterStep("a", "b")])],
          datasets: [],
          outputs: [],
          parameters: [],
          overrides: [],
          references: [],
          webhooks: [],
        },
      ],
    }),
  },
];
