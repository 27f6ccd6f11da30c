import { appendFileSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { compileRecipe } from "../../../flow/compile/compile.js";
import type { CompiledQuery } from "../../../flow/compile/compiled-query.js";
import type { FileOutput, FlowPackage, Output } from "../../../flow/model.js";
import { describeLocation } from "../find-files.js";
import type { JobInput, JobOutput, JobResult, JobSpec } from "../job.js";
import { JobCanceled } from "../job-failure.js";
import { fillOutputPath, type RunValues } from "../path-parameters.js";
import { storageFolders, type StoredPlace } from "../storage.js";
import { describeFailure, isUnreadableRow, type NamedFile } from "./describe-failure.js";
import { JobDatabase, sqlName, type DatabaseLimits } from "./job-database.js";
import { readDataset, type ReadableDataset } from "./read-dataset.js";
import { Relations } from "./relations.js";
import { readScannedRows } from "./scanned-rows.js";
import { upstreamDatasets } from "./upstream-datasets.js";
import { checkFileOutput, writeFile, type ResultRows, type WrittenFile } from "./write-file.js";
import { addToJournal } from "../scratch.js";

/** What a job shares with the thread that started it. */
export interface JobControl {
  isCanceled(): boolean;
  /** Runs `work` while no other job's runs, so that two jobs do not append to one file at the same time. */
  alone<Result>(work: () => Result): Result;
  /** Waits until no other job has a DuckDB file open; answers what ends that. Throws JobCanceled. */
  holdFiles(): () => void;
}

/** Runs one job to its end; a failure is a result, too. */
export async function runJob(
  spec: JobSpec,
  limits: Pick<DatabaseLimits, "memory" | "threads">,
  control: JobControl,
): Promise<JobResult> {
  const run = new JobRun(spec, control);
  try {
    await run.carryOut(limits);
    return run.end("Complete", null);
  } catch (error) {
    if (error instanceof JobCanceled || control.isCanceled()) return run.end("Canceled", null);
    return run.end("Failed", describeFailure(error, run.names));
  } finally {
    run.clearScratch();
  }
}

type Written = "text" | "typed";

class JobRun {
  private readonly inputs: JobInput[] = [];
  private readonly outputs: JobOutput[] = [];
  /** Paths that messages may hold, as people call them. */
  readonly names = new Map<string, NamedFile>();
  private readonly written: WrittenFile[] = [];
  private readonly started = Date.now();
  private readonly profile: string;
  /** The first reading is strict: it is the faster one. */
  private parsing: JobSpec["parsing"] = "strict";
  private readonly package: FlowPackage;
  private readonly output: Output;
  private readonly values: RunValues;
  private readonly relations: Relations;

  constructor(
    private readonly spec: JobSpec,
    private readonly control: JobControl,
  ) {
    this.package = JSON.parse(spec.package) as FlowPackage;
    this.output = JSON.parse(spec.output) as Output;
    this.profile = join(spec.scratch, "profile.json");
    this.values = { ...this.parameterValues(), referenceDate: new Date(spec.referenceDate) };
    this.relations = new Relations({
      connections: spec.connections,
      allowedHosts: spec.allowedHosts,
      storage: spec.storage,
      scratch: spec.scratch,
      jobGroupId: spec.jobGroupId,
      values: this.values,
      package: this.package,
      isCanceled: () => control.isCanceled(),
      holdFiles: () => control.holdFiles(),
    });
  }

  async carryOut(limits: Pick<DatabaseLimits, "memory" | "threads">): Promise<void> {
    const { scratch, storage } = this.spec;
    mkdirSync(scratch, { recursive: true });
    this.say(`job group ${this.spec.jobGroupId} starts`);
    const places = this.output.files.map((file) => ({ file, place: this.placeOf(file) }));
    this.relations.check(this.output.tables);
    const folders = [...storageFolders(storage), scratch];
    const database = await JobDatabase.open(
      { ...limits, spill: join(scratch, "spill"), folders, profile: this.profile },
      () => this.control.isCanceled(),
    );
    try {
      const sources = await this.readInputs(database);
      const text = places.filter(({ file }) => file.format === "csv");
      const typed = places.filter(({ file }) => file.format !== "csv");
      const { tables } = this.output;
      if (text.length > 0) await this.write("text", text, database, sources);
      if (typed.length + tables.length > 0) await this.write("typed", typed, database, sources);
      if (this.control.isCanceled()) throw new JobCanceled();
      this.control.alone(() => this.finish());
      // After the files: what fails now can be run again, and adds no row twice.
      await this.relations.commit((output) => this.report(output));
    } catch (error) {
      await this.relations.rollback();
      for (const file of this.written) file.discard();
      throw error;
    } finally {
      database.close();
    }
  }

  end(status: JobResult["status"], reason: string | null): JobResult {
    const took = `after ${Date.now() - this.started} ms`;
    this.say(`${status} ${took}${reason === null ? "" : `: ${reason}`}`);
    return { status, reason, inputs: this.inputs, outputs: this.outputs };
  }

  /** What cannot be removed stays until the platform starts again: the job has ended as it has all the same. */
  clearScratch(): void {
    const { scratch } = this.spec;
    try {
      rmSync(scratch, { recursive: true, force: true });
    } catch (error) {
      this.say(`${scratch} could not be removed: ${(error as Error).message}`);
    }
  }

  private async readInputs(database: JobDatabase): Promise<Map<number, ReadableDataset>> {
    const { storage, nodeId, scratch } = this.spec;
    const found = new Map<number, ReadableDataset>();
    for (const dataset of upstreamDatasets(this.package, nodeId)) {
      const readable = await readDataset(dataset, {
        package: this.package,
        storage,
        values: this.values,
        database,
        relations: this.relations,
        scratch,
      });
      found.set(dataset.id, readable);
      for (const [path, name] of readable.names ?? []) this.names.set(path, name);
      const isFile = dataset.kind === "file";
      const uri = isFile ? describeLocation(dataset, this.values) : this.relations.describe(dataset);
      const files = readable.files.map((file) => ({ uri: file.uri, bytes: file.bytes }));
      this.inputs.push({ datasetId: dataset.id, name: dataset.name, uri, files });
      for (const file of files) this.say(`dataset "${dataset.name}" reads ${file.uri}: ${file.bytes} bytes`);
      if ("relation" in readable.source && !isFile) {
        const [[rows] = []] = await database.rows(`SELECT count(*) FROM ${readable.source.relation}`);
        this.say(`dataset "${dataset.name}" reads ${uri}: ${rows} rows`);
      }
    }
    return found;
  }

  private async write(...what: Parameters<JobRun["writeOnce"]>): Promise<void> {
    try {
      await this.writeOnce(...what);
    } catch (error) {
      if (this.spec.parsing === this.parsing || !isUnreadableRow(error)) throw error;
      this.parsing = this.spec.parsing;
      this.say(`${describeFailure(error, this.names)}; files are read again, with rows made to fit`);
      await this.writeOnce(...what);
    }
  }

  private async writeOnce(
    kind: Written,
    files: readonly { file: FileOutput; place: StoredPlace }[],
    database: JobDatabase,
    sources: ReadonlyMap<number, ReadableDataset>,
  ): Promise<void> {
    const query = await this.compile(kind, database, sources);
    const { tables } = this.output;
    const isPublished = kind === "typed" && tables.length > 0;
    const isShared = files.length > 1 || isPublished;
    const result = isShared ? await this.keep(kind, query, database) : queryRows(query);
    if (isShared) this.sayRead();
    for (const { file, place } of files) {
      const begun = Date.now();
      const written = await writeFile(file, place, result, {
        storage: this.spec.storage,
        database,
        jobGroupId: this.spec.jobGroupId,
        announce: (entry) => addToJournal(this.spec.scratch, entry),
      });
      this.written.push(written);
      if (!isShared) this.sayRead();
      this.say(`${written.rows} rows for ${place.uri} in ${Date.now() - begun} ms`);
    }
    if (isPublished) await this.publish(nameOfKept(kind), database);
  }

  private async compile(
    output: Written,
    database: JobDatabase,
    sources: ReadonlyMap<number, ReadableDataset>,
  ): Promise<CompiledQuery> {
    const begun = Date.now();
    const query = await compileRecipe(this.package, this.spec.nodeId, {
      datasets: ({ id, name }) => {
        const readable = sources.get(id);
        if (readable === undefined) throw new Error(`the dataset "${name}" was not looked for`);
        return readable.source;
      },
      ask: (sql) => database.rows(sql),
      parameters: this.spec.parameters,
      now: this.values.referenceDate,
      parsing: this.parsing,
      output,
    });
    this.say(`compiled in ${Date.now() - begun} ms\n${query.sql}`);
    return query;
  }

  /** Several destinations read the rows from a table, so that the recipe runs once. */
  private async keep(kind: Written, query: CompiledQuery, database: JobDatabase): Promise<ResultRows> {
    const name = nameOfKept(kind);
    await database.run(`CREATE TABLE ${sqlName(name)} AS ${query.sql}`);
    return { relation: sqlName(name), columns: query.columns.map((column) => column.name) };
  }

  private finish(): void {
    for (const written of this.written) this.report(written.finish());
  }

  private report(output: JobOutput): void {
    this.outputs.push(output);
    const bytes = output.table === undefined ? `, ${output.bytes} bytes` : "";
    this.say(`wrote ${output.uri}: ${output.rows} rows${bytes}`);
  }

  private async publish(name: string, database: JobDatabase): Promise<void> {
    const begun = Date.now();
    const described = await database.rows(`DESCRIBE ${sqlName(name)}`);
    const [[rows] = []] = await database.rows(`SELECT count(*) FROM ${sqlName(name)}`);
    const columns = described.map(([column, type]) => ({ name: column ?? "", type: type ?? "VARCHAR" }));
    this.say(`publishing ${rows} rows`);
    const staged = await this.relations.stage(
      this.output.tables,
      { name, columns, rows: Number(rows) },
      database,
    );
    for (const { uri } of staged) this.say(`${rows} rows for the table ${uri} in ${Date.now() - begun} ms`);
  }

  private placeOf(file: FileOutput): StoredPlace {
    const uri = fillOutputPath(file.path, file.parameters, this.values);
    return checkFileOutput(file, uri, this.spec.storage);
  }

  /** The run's values, then the overrides of the flow that holds the recipe. */
  private parameterValues(): Pick<RunValues, "parameters" | "overrides"> {
    const flow = this.package.flows.find(({ nodes }) => nodes.some(({ id }) => id === this.spec.nodeId));
    const given = flow?.overrides ?? [];
    const texts = given.flatMap(({ name, value }) => {
      const variable = value["variable"] as { value?: unknown } | undefined;
      return typeof variable?.value === "string" ? [[name, variable.value] as const] : [];
    });
    return {
      parameters: { ...Object.fromEntries(texts), ...this.spec.parameters },
      overrides: Object.fromEntries(given.map(({ name, value }) => [name, value])),
    };
  }

  /** How much the query read. A dataset that the log says nothing of was not read to its end. */
  private sayRead(): void {
    for (const [dataset, rows] of readScannedRows(this.profile, this.names)) {
      this.say(`${rows} rows read of dataset "${dataset}"`);
    }
  }

  private say(text: string): void {
    appendFileSync(this.spec.log, `${new Date().toISOString()} ${text}\n`);
  }
}

function nameOfKept(kind: Written): string {
  return `result ${kind}`;
}

function queryRows({ sql, columns }: CompiledQuery): ResultRows {
  return { relation: `(\n${sql}\n) AS result`, columns: columns.map((column) => column.name) };
}
