import type { SourceColumn } from "../../../../flow/compile/compiled-query.js";
import type { OpenedConnection } from "../../opened-connection.js";
import type { StoragePlaces } from "../../storage.js";
import type { JobDatabase } from "../job-database.js";

/** What a driver works with. */
export interface DriverContext {
  readonly connection: OpenedConnection;
  /** The job's own database. */
  readonly database: JobDatabase;
  readonly storage: StoragePlaces;
  /** Database servers that jobs may reach; see platform/jobs/database-host.ts. */
  readonly allowedHosts: readonly string[];
  /** Folder of the job alone. */
  readonly scratch: string;
  readonly jobGroupId: number;
  readonly isCanceled: () => boolean;
  /** Waits until no other job of this process holds a DuckDB file open; answers what ends that. Throws JobCanceled. */
  readonly holdFiles: () => () => void;
}

/** The rows that a dataset asks for: those of a table or those of a query. */
export type WantedRows = { readonly path: readonly string[]; readonly columns: readonly string[] } & (
  { readonly table: string } | { readonly query: string }
);

/** A table to write. */
export interface TargetTable {
  readonly path: readonly string[];
  readonly table: string;
  /** One of `WRITE_ACTIONS`. */
  readonly action: string;
}

/** A job's result as a table of the job's database, whose rows are numbered by `rowid` from 0. */
export interface ResultTable {
  readonly name: string;
  /** With DuckDB's names of their types. */
  readonly columns: readonly Required<SourceColumn>[];
  readonly rows: number;
}

/** Rows that stand behind FROM in the job's database. */
export interface ReadRows {
  readonly relation: string;
  readonly columns: readonly SourceColumn[];
}

/** Reads and writes the databases of some vendors. Whatever it throws becomes the job's reason, JobFailure as it is. */
export interface RelationDriver {
  /** Vendor names as connections have them, in lower case. */
  readonly vendors: readonly string[];
  /** What two connections to the same database have in common. Throws JobFailure when the connection lacks something. */
  placeOf(context: Omit<DriverContext, "database">): string;
  /** Copies rows into the job's database, in tables whose names begin with `into`. */
  read(wanted: WantedRows, into: string, context: DriverContext): Promise<ReadRows>;
  /** Begins the one transaction that all of a job's writing to this database happens in. */
  openWriter(context: DriverContext): Promise<RelationWriter>;
  /** An error of the database in people's words; undefined when its own message says enough. */
  explain?(error: unknown, connection: OpenedConnection): string | undefined;
  /** True: all jobs of the process wait while one writes. */
  readonly isExclusive?: boolean;
}

/** A transaction. Nobody sees anything of it before `commit`; after `rollback`, or without either, everything is as it was. */
export interface RelationWriter {
  /** Writes the result; answers the name of the table that has it. */
  stage(target: TargetTable, result: ResultTable): Promise<string>;
  commit(): Promise<void>;
  /** Never throws. */
  rollback(): Promise<void>;
}
