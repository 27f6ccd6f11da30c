import { compileRecipe } from "../../../flow/compile/compile.js";
import type { CompiledQuery, CompileOptions } from "../../../flow/compile/compiled-query.js";
import { findRecipe } from "../../../flow/compile/find-recipe.js";
import type { Dataset, FlowPackage, Task } from "../../../flow/model.js";
import { buildFromSource } from "../../../flow/source.js";
import type { TestDatabase, TextRow } from "./database.js";

/** A table of text: the names of its columns, and its rows. */
export interface SmallTable {
  readonly columns: readonly string[];
  readonly rows: readonly TextRow[];
}

/** Rows of a recipe over small tables. */
export interface RecipeResult {
  readonly columns: readonly string[];
  readonly rows: readonly TextRow[];
  readonly query: CompiledQuery;
}

const RECIPE = "Result";

function literal(value: string | null): string {
  return value === null ? "CAST(NULL AS VARCHAR)" : `'${value.replaceAll("'", "''")}'`;
}

function toRelation({ columns, rows }: SmallTable): string {
  const names = columns.map((name) => `"${name.replaceAll('"', '""')}"`).join(", ");
  const values = rows.map((row) => `(${row.map(literal).join(", ")})`).join(", ");
  const nothing = `SELECT ${columns.map(() => "CAST(NULL AS VARCHAR)").join(", ")} WHERE false`;
  return `(${rows.length === 0 ? nothing : `VALUES ${values}`}) AS small(${names})`;
}

/** A package with the tables as datasets and one recipe over the first of them. */
export function smallRecipe(
  tables: Readonly<Record<string, SmallTable>>,
  steps: readonly string[],
): FlowPackage {
  const [first = ""] = Object.keys(tables);
  const datasets = Object.fromEntries(
    Object.entries(tables).map(([name, { columns }]) => [
      name,
      { connection: "warehouse", table: `public.${name}`, columns: [...columns] },
    ]),
  );
  return buildFromSource(
    {
      uuid: "6f0c2f4e-0b52-11ef-9a3e-0242ac120002",
      exportedAt: "2024-05-06T08:00:00.000Z",
      connections: { warehouse: { uuid: "a7d6b1c0-0b52-11ef-8c55-0242ac120002", vendor: "postgres" } },
      flows: [
        {
          name: "Small",
          datasets,
          recipes: { [RECIPE]: { from: first, steps: [...steps] } },
          outputs: [{ recipe: RECIPE, file: "s3://acme/out/small.csv" }],
        },
      ],
    },
    "a small recipe",
  );
}

/** The package with its recipe's last step changed after it was read: forms that the recipe language does not write. */
export function withLastStep(pkg: FlowPackage, change: (task: Task) => Task): FlowPackage {
  const flows = pkg.flows.map((flow) => ({
    ...flow,
    recipes: flow.recipes.map((recipe) =>
      recipe.name === RECIPE
        ? {
            ...recipe,
            steps: recipe.steps.map((step, index) =>
              index === recipe.steps.length - 1 ? { ...step, task: change(step.task) } : step,
            ),
          }
        : recipe,
    ),
  }));
  return { ...pkg, flows };
}

/** Compiles the recipe of a package made by `smallRecipe`, or one changed after that, over its tables. */
export async function compileSmall(
  pkg: FlowPackage,
  tables: Readonly<Record<string, SmallTable>>,
  options: CompileOptions,
): Promise<CompiledQuery> {
  const datasets = (dataset: Dataset) => {
    const table = tables[dataset.name];
    if (table === undefined) throw new Error(`no table ${dataset.name}`);
    return { relation: toRelation(table), columns: table.columns.map((name) => ({ name })) };
  };
  return compileRecipe(pkg, findRecipe(pkg, RECIPE).node.id, { datasets, ...options });
}

/** Runs steps over the first of some small tables. */
export async function runSteps(
  database: TestDatabase,
  tables: Readonly<Record<string, SmallTable>>,
  steps: readonly string[],
  options: CompileOptions = {},
): Promise<RecipeResult> {
  const query = await compileSmall(smallRecipe(tables, steps), tables, { ask: database.ask, ...options });
  const rows = await database.rows(query.sql);
  return { columns: query.columns.map(({ name }) => name), rows, query };
}

/** The value of an expression over one row, as the product writes it. */
export async function evaluate(
  database: TestDatabase,
  expression: string,
  row: Readonly<Record<string, string | null>> = {},
): Promise<string | null> {
  const table = { columns: ["id", ...Object.keys(row)], rows: [["1", ...Object.values(row)]] };
  const { columns, rows } = await runSteps(database, { T: table }, [
    `derive type: single value: ${expression} as: 'result'`,
  ]);
  return rows[0]?.[columns.indexOf("result")] ?? null;
}
