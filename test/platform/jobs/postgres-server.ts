import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { chownSync, cpSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { Client } from "pg";

/** The user and group that no file belongs to: Postgres does not run as root. */
const NOBODY = 65534;
const isRoot = process.getuid?.() === 0;

/** A Postgres of a test's own, on 127.0.0.1, where a password is asked for. */
export interface PostgresServer {
  readonly host: "127.0.0.1";
  readonly port: number;
  readonly user: string;
  readonly password: string;
  /** Runs a statement as another program would, and answers its rows. */
  run(sql: string): Promise<unknown[][]>;
  /** A connection of another program, for transactions that stay open; the caller ends it. */
  connect(): Promise<Client>;
  stop(): Promise<void>;
}

/** Starts a server with an empty database `shop`. Needs some seconds. */
export async function startPostgres(password: string): Promise<PostgresServer> {
  const folder = mkdtempSync(join(tmpdir(), "sluice-postgres-"));
  const { findPostgres } = await import("../../../tools/postgres.mjs");
  const { bin } = await findPostgres();
  const programs = isRoot ? reachableByAll(bin, folder) : bin;
  const cluster = join(folder, "cluster");
  mkdirSync(cluster, { mode: 0o700 });
  writeFileSync(join(folder, "password"), `${password}\n`);
  if (isRoot) for (const path of [folder, cluster, join(folder, "password")]) chownSync(path, NOBODY, NOBODY);
  const identity = isRoot ? { uid: NOBODY, gid: NOBODY } : {};
  const made = spawnSync(
    join(programs, "initdb"),
    [
      ...["--pgdata", cluster, "--username", "shop", "--pwfile", join(folder, "password")],
      ...["--auth", "scram-sha-256", "--encoding", "UTF8", "--locale", "C", "--no-sync"],
    ],
    { ...identity, encoding: "utf8", cwd: folder },
  );
  if (made.status !== 0) throw new Error(`initdb failed: ${made.stderr}${made.error?.message ?? ""}`);
  const port = await freePort();
  const settings = [
    "listen_addresses=127.0.0.1",
    "unix_socket_directories=",
    "fsync=off",
    "max_connections=50",
  ];
  const server = spawn(
    join(programs, "postgres"),
    ["-D", cluster, "-p", String(port), ...settings.flatMap((setting) => ["-c", setting])],
    { ...identity, stdio: ["ignore", "ignore", "pipe"], cwd: folder },
  );
  const kill = (): void => void server.kill("SIGQUIT");
  process.once("exit", kill);
  await waitUntilReady(server);
  const connect = async (database = "shop"): Promise<Client> => {
    const client = new Client({ host: "127.0.0.1", port, user: "shop", password, database });
    client.on("error", () => undefined);
    await client.connect();
    return client;
  };
  const first = await connect("postgres");
  await first.query("CREATE DATABASE shop");
  await first.end();
  const client = await connect();
  return {
    host: "127.0.0.1",
    port,
    user: "shop",
    password,
    connect,
    run: async (sql) => (await client.query<unknown[]>({ text: sql, rowMode: "array" })).rows,
    stop: async () => {
      process.removeListener("exit", kill);
      const ended = new Promise((resolve) => server.once("exit", resolve));
      kill();
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Root's own folders are closed to others: then the programs are copied, with the libraries beside them. */
function reachableByAll(bin: string, folder: string): string {
  for (let path = bin; ; path = dirname(path)) {
    if ((statSync(path).mode & 0o001) === 0) break;
    if (dirname(path) === path) return bin;
  }
  const copy = join(folder, "programs");
  cpSync(dirname(bin), copy, { recursive: true, verbatimSymlinks: true });
  return join(copy, "bin");
}

/** Free a moment ago; Postgres takes no port that it chooses itself. */
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

function waitUntilReady(server: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let log = "";
    const timer = setTimeout(() => reject(new Error(`Postgres did not start in 60 s: ${log}`)), 60_000);
    // What comes after the promise is settled changes nothing.
    server.once("exit", () => reject(new Error(`Postgres ended at once: ${log}`)));
    server.stderr?.on("data", (bytes: Buffer) => {
      log += bytes.toString();
      if (!log.includes("ready to accept connections")) return;
      clearTimeout(timer);
      resolve();
    });
  });
}
