import type { DatasetSource } from "../../../flow/compile/compiled-query.js";
import type { TableDataset, TableOutput } from "../../../flow/model.js";
import { JobFailure } from "../job-failure.js";
import type { JobDatabase } from "./job-database.js";

/** Reads tables and queries of other databases into a job. */
export interface RelationReader {
  /** The dataset's rows as something that stands behind FROM in `database`. Throws JobFailure. */
  read(dataset: TableDataset, database: JobDatabase): Promise<DatasetSource>;
}

/** Writes a job's result into tables of other databases. */
export interface Publisher {
  /** Writes the rows of the relation `result` of `database`; answers how many. Throws JobFailure. */
  publish(target: TableOutput, result: string, database: JobDatabase): Promise<number>;
}

/** Stands where no driver does: every relational dataset is refused. */
export const noRelations: RelationReader = {
  read: async ({ name }) => {
    throw new JobFailure(
      `the dataset "${name}" is a table of another database, and this platform has no driver for it; ` +
        `point the flow to a file instead`,
    );
  },
};

/** Stands where no driver does: every table destination is refused. */
export const noPublisher: Publisher = {
  publish: async ({ path, table }) => {
    throw new JobFailure(
      `the output table ${[...path, table].join(".")} lies in another database, and this platform has no driver for it; ` +
        `write to a file instead`,
    );
  },
};
