import { createGraph, type Graph, type PlacedNode } from "../graph.js";
import { suggestWord } from "../language/nearest-word.js";
import { textOf } from "../language/nodes.js";
import { isHidden, printStep } from "../language/print.js";
import type { Dataset, FlowPackage, Step } from "../model.js";
import { Coercion } from "./coerce.js";
import { CompileError, DataNeeded, UnsupportedStep, type CompilePlace } from "./compile-error.js";
import type { CompiledColumn, CompiledQuery, CompileOptions } from "./compiled-query.js";
import { duckdb } from "./duckdb/dialect.js";
import { givenValues, type GivenValue } from "./parameter-value.js";
import { isRawText, type Input } from "./raw-text.js";
import { QueryPlan } from "./relation.js";
import { defaultSource, readDataset } from "./dataset.js";
import { settle } from "./source.js";
import { StepContext } from "./step-context.js";
import { stepDefinitions } from "./steps/registry.js";
import { columnValue, findColumn, withMeaning, type Table } from "./table.js";
import { annotatedMeanings } from "./type-words.js";
import type { Value } from "./value.js";

/**
 * One query for a recipe and all that is upstream of it, each recipe once. Throws CompileError: a step or function that is
 * not supported is never passed over.
 */
export async function compileRecipe(
  pkg: FlowPackage,
  nodeId: number,
  options: CompileOptions = {},
): Promise<CompiledQuery> {
  const compiler = new PackageCompiler(pkg, options);
  return compiler.compile(nodeId);
}

class PackageCompiler {
  private readonly graph: Graph;
  private readonly plan: QueryPlan;
  private readonly coerce: Coercion;
  private readonly built = new Map<number, Promise<Input>>();
  private readonly building = new Set<number>();
  private readonly inputs = new Set<Dataset>();
  private readonly datasets: ReadonlyMap<number, Dataset>;

  constructor(
    pkg: FlowPackage,
    private readonly options: CompileOptions,
  ) {
    this.graph = createGraph(pkg);
    this.plan = new QueryPlan(options.dialect ?? duckdb, options.now);
    this.coerce = new Coercion(this.plan);
    this.datasets = new Map(
      pkg.flows.flatMap((flow) => flow.datasets.map((dataset) => [dataset.id, dataset] as const)),
    );
  }

  async compile(nodeId: number): Promise<CompiledQuery> {
    const table = settle(await this.build(nodeId), this.plan, this.options);
    const columns = table.columns.map(({ name, type }): CompiledColumn => ({ name, type }));
    const sql = this.plan.render(() => this.selectResult(table));
    return { sql, columns, inputs: [...this.inputs] };
  }

  private selectResult(table: Table): string {
    const { plan } = this;
    const { dialect } = plan;
    const items = table.columns.map((column) => {
      const value = this.resultValue(columnValue(plan, column));
      const name = dialect.quoteName(column.name);
      return value === name ? name : `${value} AS ${name}`;
    });
    const keys = table.isInOrder ? [] : (table.order ?? []).map((key) => dialect.quoteName(plan.hidden(key)));
    const order = keys.length === 0 ? "" : `\nORDER BY ${keys.join(", ")}`;
    return `SELECT ${items.join(", ")}\nFROM ${plan.ref(table.relation)}${order}`;
  }

  private resultValue(value: Value): string {
    if (this.options.output !== "typed") return this.coerce.toText(value).sql;
    const { type } = value;
    // A sum of whole numbers is wider than they are.
    if (type.kind === "integer") return `TRY_CAST(${value.sql} AS ${this.plan.dialect.typeName(type)})`;
    if (type.kind !== "text") return value.sql;
    switch (type.means?.kind) {
      case "integer":
      case "float":
        return this.coerce.toNumber(value).sql;
      case "boolean":
        return this.coerce.toBoolean(value).sql;
      case "datetime":
        return this.coerce.toDate(value).sql;
      case undefined:
      case "text":
      case "array":
      case "map":
        return value.sql;
    }
  }

  private build(nodeId: number): Promise<Input> {
    const known = this.built.get(nodeId);
    if (known !== undefined) return known;
    const made = this.buildNode(nodeId);
    this.built.set(nodeId, made);
    return made;
  }

  private async buildNode(nodeId: number): Promise<Input> {
    const placed = this.graph.nodes.get(nodeId);
    if (placed === undefined) throw new Error(`the package has no recipe with node id ${nodeId}`);
    const start: CompilePlace = { recipe: placed.name, step: 0, type: "Load" };
    if (this.building.has(nodeId)) throw new CompileError(start, "the recipe reads its own rows");
    this.building.add(nodeId);
    const recipe = new RecipeRun(placed);
    for (const step of placed.recipe.steps) await this.runStep(recipe, step);
    this.building.delete(nodeId);
    if (recipe.input === undefined) throw new CompileError(start, "the recipe loads nothing");
    return recipe.input;
  }

  private async runStep(recipe: RecipeRun, step: Step): Promise<void> {
    this.plan.nextStep();
    const { task } = step;
    if (!isHidden(step)) recipe.number += 1;
    const place: CompilePlace = {
      recipe: recipe.placed.name,
      step: isHidden(step) ? 0 : recipe.number,
      type: task.type,
    };
    if (task.type === "Load") {
      const input = await this.load(recipe, step, place);
      if (recipe.input === undefined) recipe.input = input;
      else recipe.sideTables.set(task.outputName ?? "", settle(input, this.plan, this.options));
      return;
    }
    const definition = stepDefinitions.get(task.type.toLowerCase());
    if (definition === undefined) {
      const hint = suggestWord(
        task.type,
        [...stepDefinitions.values()].map((one) => one.type),
      );
      throw new UnsupportedStep(place, `the step type ${task.type} is not supported${hint}`);
    }
    if (recipe.input === undefined) throw new CompileError(place, "no rows are loaded before this step");
    recipe.comments.push(printStep(step, this.graph.tableNames(recipe.placed.node.id)));
    if (task.type === "Comment") return;
    if (definition.parse !== undefined && isRawText(recipe.input)) {
      const parsed = await definition.parse(this.context(recipe, step, place, undefined), recipe.input);
      if (parsed !== undefined) {
        recipe.input = parsed;
        recipe.comments = [];
        return;
      }
    }
    const before = settle(recipe.input, this.plan, this.options);
    const after = await definition.compile(this.context(recipe, step, place, before));
    if (after.relation !== before.relation) recipe.comments = [];
    recipe.input = annotate(after, step);
  }

  private context(recipe: RecipeRun, step: Step, place: CompilePlace, table: Table | undefined): StepContext {
    const name = `${recipe.placed.name} ${place.step} ${step.task.type.toLowerCase()}`;
    return new StepContext(
      this.plan,
      this.coerce,
      place,
      step.task,
      table ?? NO_TABLE,
      this.options,
      name,
      [...recipe.comments],
      (load) => recipe.sideTables.get(load),
      this.parametersOf(recipe.placed),
    );
  }

  private parametersOf({ flow }: PlacedNode): GivenValue {
    return givenValues(flow, this.options.parameters);
  }

  /** What a Load reads: another recipe's rows or a dataset. */
  private async load(recipe: RecipeRun, step: Step, place: CompilePlace): Promise<Input> {
    const { placed } = recipe;
    const location = textOf(step.task.parameters["location"]) ?? "";
    const [, scheme, target = ""] = /^(\w+):\/\/(.*)$/s.exec(location) ?? [];
    switch (scheme) {
      case "portId":
        return this.build(this.upstreamOf(placed, target === "null" ? null : Number(target), place));
      case "id": {
        const dataset = this.datasets.get(Number(target));
        if (dataset === undefined)
          throw new CompileError(place, `the package has no dataset with id ${target}`);
        this.inputs.add(dataset);
        const source =
          this.options.datasets?.(dataset) ??
          defaultSource(dataset, step, this.plan.dialect, place, this.parametersOf(placed));
        return annotateInput(readDataset(source, step, placed.name, place, this.plan), step);
      }
      default:
        throw new UnsupportedStep(place, `loading from "${location}" is not supported`);
    }
  }

  private upstreamOf({ node, flow }: PlacedNode, port: number | null, place: CompilePlace): number {
    const edge = this.graph.inputsOf(node.id).find((one) => one.port === port);
    if (edge !== undefined) return edge.from;
    const publisher =
      node.sourceReferenceId === null ? undefined : this.graph.publisherOf(node.sourceReferenceId);
    if (port === null && publisher !== undefined) return publisher.node.id;
    const which = port === null ? "its primary input" : `its side input ${port}`;
    throw new DataNeeded(
      place,
      `${which} leads nowhere: in flow "${flow.name}" no recipe is connected to it`,
    );
  }
}

/** One recipe on its way through its steps. */
class RecipeRun {
  input: Input | undefined;
  number = 0;
  comments: string[] = [];
  readonly sideTables = new Map<string, Table>();

  constructor(readonly placed: PlacedNode) {}
}

/** Stands for the table of a file that is still being cut up: it has no columns to name. */
const NO_TABLE = { columns: [], order: undefined, isInOrder: true } as unknown as Table;

/** Takes over what the exporter found out of the texts' types, unless more is known. */
function annotate(table: Table, step: Step): Table {
  const meanings = annotatedMeanings(step.task.annotations);
  if (meanings.size === 0) return table;
  const columns = [...table.columns];
  for (const [name, means] of meanings) {
    const column = findColumn(columns, name);
    if (column?.type.kind !== "text" || column.type.means !== undefined) continue;
    columns[columns.indexOf(column)] = withMeaning(column, means);
  }
  return { ...table, columns };
}

function annotateInput(input: Input, step: Step): Input {
  return isRawText(input) ? input : annotate(input, step);
}
