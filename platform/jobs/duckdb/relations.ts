import type { DatasetSource } from "../../../flow/compile/compiled-query.js";
import type { FlowPackage, TableDataset, TableOutput } from "../../../flow/model.js";
import type { JobOutput } from "../job.js";
import { JobCanceled, JobFailure } from "../job-failure.js";
import type { OpenedConnection, RefusedConnection } from "../opened-connection.js";
import { fillTemplate, joinPieces, type RunValues } from "../path-parameters.js";
import type {
  DriverContext,
  ReadRows,
  RelationDriver,
  RelationWriter,
  ResultTable,
  TargetTable,
} from "./drivers/driver.js";
import { findDriver } from "./drivers/registry.js";
import { checkAction, chooseColumns } from "./drivers/write-plan.js";
import { sqlName, type JobDatabase } from "./job-database.js";
import { wantedColumns } from "./table-files.js";

/** Reads tables and queries of other databases into a job. */
export interface RelationReader {
  /** The dataset's rows as something that stands behind FROM in `database`. Throws JobFailure. */
  read(dataset: TableDataset, database: JobDatabase): Promise<DatasetSource>;
}

/** What a job gives to the drivers, besides its database and one connection. */
export type RelationContext = Omit<DriverContext, "connection" | "database"> & {
  readonly connections: readonly (OpenedConnection | RefusedConnection)[];
  readonly values: RunValues;
  readonly package: FlowPackage;
};

/** A destination that can be written. */
interface Destination {
  readonly output: TableOutput;
  readonly target: TargetTable;
  readonly connection: OpenedConnection;
  readonly driver: RelationDriver;
  readonly place: string;
}

/** The other databases of one job. What it writes to each of them is one transaction, and ends with `commit` or `rollback`. */
export class Relations implements RelationReader {
  private readonly writers = new Map<string, RelationWriter>();
  private readonly staged: { readonly place: string; readonly output: JobOutput }[] = [];

  constructor(private readonly context: RelationContext) {}

  async read(dataset: TableDataset, database: JobDatabase): Promise<DatasetSource> {
    const what = `the dataset "${dataset.name}"`;
    const connection = this.findConnection(dataset.connectionId, what);
    const { path, query, table } = dataset;
    const columns = wantedColumns(dataset, this.context.package) ?? [];
    const text = this.fill(query ?? table ?? "", dataset, what);
    const place = query === null ? `, table ${[...path, text].join(".")}` : ", a query";
    const wanted = query === null ? { path, columns, table: text } : { path, columns, query: text };
    const driver = inWords(`${what} (connection "${connection.name}")`, () => findDriver(connection.vendor));
    return this.explain(
      `${what} (connection "${connection.name}"${place})`,
      { connection, driver },
      async () => {
        const rows = await driver.read(wanted, `dataset ${dataset.id}`, {
          ...this.context,
          connection,
          database,
        });
        return query === null ? rows : chooseFrom(rows, columns);
      },
    );
  }

  /** Where a dataset's rows come from: the connection, and the table with its parameters filled in. */
  describe(dataset: TableDataset): string {
    const what = `the dataset "${dataset.name}"`;
    const { name } = this.findConnection(dataset.connectionId, what);
    if (dataset.query !== null) return `${name}, a query`;
    return `${name}/${[...dataset.path, this.fill(dataset.table ?? "", dataset, what)].join(".")}`;
  }

  /** Finds out what can be known before anything is read. Throws JobFailure. */
  check(outputs: readonly TableOutput[]): void {
    for (const output of outputs) this.toDestination(output);
  }

  /** Writes the result to every table; nobody sees it before `commit`. Throws JobFailure. */
  async stage(
    outputs: readonly TableOutput[],
    result: ResultTable,
    database: JobDatabase,
  ): Promise<readonly JobOutput[]> {
    // Always in one order, so that two jobs do not wait for each other's locks.
    const destinations = outputs.map((output) => this.toDestination(output)).sort(byOrder);
    for (const { output, target, connection, driver, place } of destinations) {
      const what = describeTable(output, target, connection);
      await this.explain(what, { connection, driver }, async () => {
        const writer =
          this.writers.get(place) ?? (await driver.openWriter({ ...this.context, connection, database }));
        this.writers.set(place, writer);
        const table = await writer.stage(target, result);
        this.staged.push({ place, output: toJobOutput(output, { ...target, table }, connection, result) });
      });
    }
    return this.staged.map(({ output }) => output);
  }

  /** Makes visible what was staged; `onWritten` is told of each table. Throws JobFailure. */
  async commit(onWritten: (output: JobOutput) => void): Promise<void> {
    for (const [place, writer] of this.writers) {
      const outputs = this.staged.filter((one) => one.place === place).map(({ output }) => output);
      try {
        this.writers.delete(place);
        await writer.commit();
      } catch (error) {
        const tables = outputs.map(({ uri }) => uri).join(", ");
        throw new JobFailure(`the end of writing ${tables} failed: ${this.hide((error as Error).message)}`, {
          cause: error,
        });
      }
      for (const output of outputs) onWritten(output);
    }
  }

  /** Undoes what was not committed. Never throws. */
  async rollback(): Promise<void> {
    for (const writer of this.writers.values()) await writer.rollback();
    this.writers.clear();
  }

  private toDestination(output: TableOutput): Destination {
    const table = this.fill(
      output.table,
      output,
      `the output table ${[...output.path, output.table].join(".")}`,
    );
    const target = { path: output.path, table, action: output.action };
    const what = `the output table ${[...target.path, table].join(".")}`;
    const connection = this.findConnection(output.connectionId, what);
    return inWords(describeTable(output, target, connection), () => {
      checkAction(output.action);
      const driver = findDriver(connection.vendor);
      const place = driver.placeOf({ ...this.context, connection });
      return { output, target, connection, driver, place };
    });
  }

  private findConnection(id: number | null, what: string): OpenedConnection {
    const found = this.context.connections.find((connection) => connection.id === id);
    if (found === undefined) throw new JobFailure(`${what}: it names no connection; set one`);
    if ("refusal" in found) throw new JobFailure(`${what}: ${found.refusal}`);
    return found;
  }

  private fill(template: string, { parameters }: Pick<TableOutput, "parameters">, what: string): string {
    const text = inWords(what, () => joinPieces(fillTemplate(template, parameters, this.context.values)));
    if (text !== null) return text;
    throw new JobFailure(`${what}: a pattern can stand in a file's path only; give the parameter a value`);
  }

  private async explain<Result>(
    what: string,
    { connection, driver }: Pick<Destination, "connection" | "driver">,
    work: () => Promise<Result>,
  ): Promise<Result> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof JobCanceled) throw error;
      const { message } = error as Error;
      const reason = error instanceof JobFailure ? message : (driver.explain?.(error, connection) ?? message);
      throw new JobFailure(`${what}: ${this.hide(reason)}`, { cause: error });
    }
  }

  /** A password is in no message that we know; should a database put it into one, it stays here. */
  private hide(text: string): string {
    const passwords = this.context.connections.flatMap((one) =>
      "password" in one ? (one.password ?? []) : [],
    );
    return passwords
      .filter((password) => password.length > 3)
      .reduce((hidden, password) => hidden.replaceAll(password, "***"), text);
  }
}

/** The columns that the flow knows, in its order: it counts them, and the query may name them in another one. */
function chooseFrom({ relation, columns }: ReadRows, wanted: readonly string[]): ReadRows {
  const found = columns.map(({ name }) => name);
  const double = found.find((name, index) => found.findIndex((one) => isSame(one, name)) < index);
  if (double !== undefined) {
    throw new JobFailure(`the query has two columns named "${double}"; give each a name of its own`);
  }
  const chosen = chooseColumns(wanted, found, "query").map((name) => columns[found.indexOf(name)]);
  const items = chosen.map((column) => sqlName(column?.name ?? ""));
  return {
    relation: `(SELECT ${items.join(", ")} FROM ${relation}) AS chosen`,
    columns: chosen.filter((column) => column !== undefined),
  };
}

function isSame(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}

function inWords<Result>(what: string, work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    throw new JobFailure(`${what}: ${(error as Error).message}`, { cause: error });
  }
}

function describeTable(
  output: TableOutput,
  { path, table }: TargetTable,
  connection: OpenedConnection,
): string {
  return `the output table ${[...path, table].join(".")} (connection "${connection.name}", ${output.action})`;
}

/** Servers before files: a DuckDB file is held for all jobs of the process, so nothing may be waited for while it is. */
function byOrder(a: Destination, b: Destination): number {
  const [first, second] = [a, b].map(({ driver, place, target }) =>
    [driver.isExclusive === true ? 1 : 0, place, ...target.path, target.table].join("\n"),
  ) as [string, string];
  return first < second ? -1 : first > second ? 1 : 0;
}

function toJobOutput(
  { id, action }: TableOutput,
  { path, table }: TargetTable,
  connection: OpenedConnection,
  { rows, columns }: ResultTable,
): JobOutput {
  return {
    uri: `${connection.name}/${[...path, table].join(".")}`,
    format: connection.vendor,
    action,
    rows,
    bytes: 0,
    columns: columns.map(({ name }) => name),
    table: { publicationId: id, connectionId: connection.id, path, name: table },
  };
}
