import { createReadStream } from "node:fs";
import { isIP } from "node:net";
import { pipeline } from "node:stream/promises";
import { Client, type QueryArrayConfig } from "pg";
import { from as copyFrom } from "pg-copy-streams";
import { findDatabaseHost } from "../../database-host.js";
import { JobCanceled, JobFailure } from "../../job-failure.js";
import type { DriverContext } from "./driver.js";

/** What a query answers: every value as the server writes it. */
export interface TextRows {
  readonly columns: readonly { readonly name: string; readonly typeId: number }[];
  readonly rows: readonly (readonly (string | null)[])[];
}

const DEFAULT_PORT = 5432;
const CONNECT_MILLISECONDS = 15_000;
const CANCEL_CHECK_MILLISECONDS = 100;

/** Where a connection leads. Throws JobFailure when it lacks something. */
export function postgresPlace({ connection }: Pick<DriverContext, "connection">): {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
} {
  const { name, host, port, username, params } = connection;
  const lacks = (what: string) => new JobFailure(`the connection "${name}" has no ${what}; set it`);
  if (host === null || host.trim() === "") throw lacks("host");
  if (username === null || username === "") throw lacks("credentials with a user name");
  const given = params["database"] ?? params["defaultDatabase"];
  if (typeof given !== "string" || given === "") throw lacks(`database in its parameter "database"`);
  return { host, port: port ?? DEFAULT_PORT, database: given, user: username };
}

/** One connection to a Postgres server. Every call ends soon after the job was told to end, as JobCanceled. */
export class PostgresSession {
  private constructor(
    private readonly client: Client,
    private readonly isCanceled: () => boolean,
  ) {}

  /** Throws JobFailure when the server may not be reached, and what the server says when it refuses. */
  static async open(context: DriverContext): Promise<PostgresSession> {
    const { host, port, database, user } = postgresPlace(context);
    const { name, address } = await findDatabaseHost(host, port, context.allowedHosts);
    const { password, isEncrypted } = context.connection;
    const client = new Client({
      host: address,
      port,
      database,
      user,
      // A function, because an empty text would make the driver look into this process's environment and ~/.pgpass.
      password: () => password ?? "",
      ssl: isEncrypted ? { host: name, ...(isIP(name) === 0 ? { servername: name } : {}) } : false,
      application_name: `sluice job group ${context.jobGroupId}`,
      connectionTimeoutMillis: CONNECT_MILLISECONDS,
      keepAlive: true,
    });
    // A connection that breaks between two statements is found out by the next one.
    client.on("error", () => undefined);
    const session = new PostgresSession(client, context.isCanceled);
    try {
      await session.guard(client.connect());
      await session.run("SET datestyle = 'ISO, YMD'; SET intervalstyle = 'postgres'; SET timezone = 'UTC'");
      await session.run("SET bytea_output = 'hex'; SET extra_float_digits = 1; SET client_encoding = 'UTF8'");
      // So that a server notices a job that was canceled in the middle of a statement. Not every one can.
      await session.run("SET client_connection_check_interval = 1000").catch(() => undefined);
      return session;
    } catch (error) {
      session.close();
      throw error;
    }
  }

  /** One or several statements that are written by us, without values. */
  async run(sql: string): Promise<void> {
    await this.guard(this.client.query(sql));
  }

  /** One statement: the server refuses several, so that nothing can be hidden behind the first. */
  async rows(sql: string, values: readonly string[] = []): Promise<TextRows> {
    const query: QueryArrayConfig & { readonly queryMode: "extended" } = {
      text: sql,
      values: [...values],
      rowMode: "array",
      queryMode: "extended",
      types: { getTypeParser: () => (text: unknown) => text },
    };
    const { fields, rows } = await this.guard(this.client.query<(string | null)[]>(query));
    return { columns: fields.map(({ name, dataTypeID }) => ({ name, typeId: dataTypeID })), rows };
  }

  /** Sends a file as the input of a COPY statement. */
  async copy(sql: string, file: string): Promise<void> {
    await this.guard(pipeline(createReadStream(file), this.client.query(copyFrom(sql))));
  }

  /** Commits and ends the connection. A job that is told to end in this moment is too late. */
  async commit(): Promise<void> {
    try {
      const { command } = await this.client.query("COMMIT");
      if (command !== "COMMIT") throw new Error("the server undid the transaction");
    } finally {
      this.close();
    }
  }

  /** Ends the connection at once; the server undoes what is not committed. */
  close(): void {
    (this.client.connection.stream as { destroy(): void }).destroy();
  }

  private async guard<Result>(work: Promise<Result>): Promise<Result> {
    const check = setInterval(() => {
      if (this.isCanceled()) this.close();
    }, CANCEL_CHECK_MILLISECONDS);
    try {
      return await work;
    } catch (error) {
      if (this.isCanceled()) throw new JobCanceled();
      throw error;
    } finally {
      clearInterval(check);
    }
  }
}

/** The usual refusals of a server in people's words. Codes: https://www.postgresql.org/docs/current/errcodes-appendix.html. */
export function explainPostgres(
  error: unknown,
  context: Pick<DriverContext, "connection">,
): string | undefined {
  const { code = "", message } = error as NodeJS.ErrnoException;
  const { host, port, database, user } = postgresPlace(context);
  const server = `${host}:${port}`;
  if (/^(ECONNREFUSED|ECONNRESET|EHOSTUNREACH|ENETUNREACH|ETIMEDOUT|EPIPE)$/.test(code)) {
    return `the server ${server} cannot be reached (${code}); check its host and port, and that it runs`;
  }
  if (/timeout expired/i.test(message))
    return `the server ${server} did not answer in ${CONNECT_MILLISECONDS / 1000} s`;
  if (/Connection terminated|Client has encountered a connection error/i.test(message)) {
    return `the server ${server} broke off the connection`;
  }
  if (/does not support SSL/i.test(message)) {
    return `the server ${server} has no TLS, and the connection asks for it; switch ssl off, or TLS on`;
  }
  if (/^(28P01|28000)$/.test(code)) {
    return `the server ${server} does not let the user "${user}" in: ${message}; check the connection's credentials`;
  }
  if (/password must be a (non-empty )?string/i.test(message)) {
    return `the server ${server} asks for a password, and the connection's credentials have none`;
  }
  if (code === "3D000") return `the server ${server} has no database "${database}"`;
  if (code === "25006") return `the query tries to change something, and a dataset can only read: ${message}`;
  if (code === "55P03") return `another transaction holds the table for too long: ${message}`;
  const { detail } = error as { readonly detail?: string };
  return detail === undefined ? undefined : `${message}: ${detail}`;
}
