import { DuckDBInstance, type DuckDBConnection } from "@duckdb/node-api";
import type { CompileOptions } from "../../../flow/compile/compiled-query.js";

/** A row of a result, every value as text. */
export type TextRow = readonly (string | null)[];

/** An in-memory DuckDB for one test file. */
export class TestDatabase {
  private constructor(
    private readonly instance: DuckDBInstance,
    private readonly connection: DuckDBConnection,
  ) {}

  static async open(): Promise<TestDatabase> {
    const instance = await DuckDBInstance.create(":memory:");
    const connection = await instance.connect();
    await connection.run("SET TimeZone = 'UTC'");
    return new TestDatabase(instance, connection);
  }

  close(): void {
    this.connection.closeSync();
    this.instance.closeSync();
  }

  /** Runs a statement without caring for its rows. */
  async run(sql: string): Promise<void> {
    await this.connection.run(sql);
  }

  /** The rows of a query as text. */
  async rows(sql: string): Promise<TextRow[]> {
    const result = await this.connection.runAndReadAll(sql);
    return result
      .getRowsJson()
      .map((row) =>
        row.map((cell) => (cell === null ? null : typeof cell === "string" ? cell : JSON.stringify(cell))),
      );
  }

  /** The `ask` of a compilation with data. */
  readonly ask: NonNullable<CompileOptions["ask"]> = (sql) => this.rows(sql);
}
