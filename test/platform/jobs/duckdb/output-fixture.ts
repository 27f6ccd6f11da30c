import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { FileOutput } from "../../../../flow/model.js";
import { JobDatabase } from "../../../../platform/jobs/duckdb/job-database.js";
import { writeFile, type WrittenFile } from "../../../../platform/jobs/duckdb/write-file.js";
import { makeDirectory } from "../../platform-fixture.js";

const OUTPUT: FileOutput = {
  id: 1,
  path: "out.csv",
  action: "append",
  format: "csv",
  compression: "none",
  hasHeader: true,
  isSingleFile: true,
  delimiter: ",",
  hasQuotes: false,
  prefix: null,
  suffix: null,
  connectionId: null,
  parameters: [],
};

/** A folder with a database, and jobs that write into the folder's file `out.csv`. */
export interface OutputFolder {
  readonly folder: string;
  readonly path: string;
  readonly database: JobDatabase;
  /** Writes as a job of its own, which has yet to finish; appends to plain CSV with a header unless `change` says another thing. */
  readonly write: (
    relation: string,
    columns: readonly string[],
    change?: Partial<FileOutput>,
  ) => Promise<WrittenFile>;
}

/** Opens all of it; it goes when the test ends. */
export async function openOutputFolder(): Promise<OutputFolder> {
  const folder = makeDirectory();
  const limits = { memory: "256MB", threads: 1, spill: join(folder, "spill"), folders: [folder] };
  const database = await JobDatabase.open(limits, () => false);
  onTestFinished(() => database.close());
  const path = join(folder, "out.csv");
  let jobGroupId = 0;
  const write: OutputFolder["write"] = (relation, columns, change = {}) => {
    jobGroupId += 1;
    const place = { uri: "s3://acme/out.csv", path, base: folder };
    const context = { storage: { root: folder, mappings: {} }, database, announce: () => undefined };
    return writeFile({ ...OUTPUT, ...change }, place, { relation, columns }, { ...context, jobGroupId });
  };
  return { folder, path, database, write };
}
