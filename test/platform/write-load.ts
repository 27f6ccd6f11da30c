import { createHash } from "node:crypto";
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import Libsql from "libsql";
import { expect } from "vitest";
import { writePackage } from "../../flow/write.js";
import { oneRecipe, ORDERS } from "./jobs/job-fixture.js";
import { ordersBytes, WAREHOUSE_TWIN } from "./orders-package.js";
import { toForm, TOKEN } from "./platform-fixture.js";
import { request } from "./platform-process.js";

const PACKAGES = 8;
/** What the job's recipe leaves of the orders. */
const RESULT = "order_id,country,quantity,status\n1,DE,2,paid\n2,FR,10,paid\n3,DE,1,cancelled\n";
const ENDED = /^(Complete|Failed|Canceled)$/;

interface Release {
  readonly deploymentId: number;
  /** Which of the packages. */
  readonly content: number;
  isDeleted: boolean;
}

/** Everything that a platform has answered to writers that nothing but the platform's end stops. */
export interface WriteLoad {
  /** How many writes were answered. */
  readonly count: () => number;
  /** What was answered until now; later answers do not change it. */
  readonly snapshot: () => Acknowledged;
  /** Writes one thing after the other until the connection breaks; several at a time are several writers. */
  write(endpoint: string, name: string): Promise<void>;
  /** Asks for jobs, one waiting while the other runs, until the connection breaks. */
  runJobs(endpoint: string): Promise<void>;
  /** Prepares a new platform: a connection, the file of the jobs, and their deployment. */
  prepare(endpoint: string, directory: string): Promise<void>;
}

/** What was answered, by id. */
export interface Acknowledged {
  readonly deployments: Map<number, string>;
  readonly releases: Map<number, Release>;
  readonly notes: Map<number, string>;
  /** Job group → the last status that was told. */
  readonly jobs: Map<number, string>;
  readonly packages: readonly Uint8Array[];
}

/** A load of deployments, imports, notes, deletions and jobs, with packages of several contents. */
export async function makeWriteLoad(): Promise<WriteLoad> {
  const comments = Array.from({ length: PACKAGES }, (_, number) => `package ${number}`);
  const packages = await Promise.all(comments.map((comment) => ordersBytes({ comment })));
  const done: Acknowledged = {
    deployments: new Map(),
    releases: new Map(),
    notes: new Map(),
    jobs: new Map(),
    packages,
  };
  let count = 0;
  let jobDeployment = 0;

  /** One write; what it answers was acknowledged. */
  const write = async (endpoint: string, method: string, path: string, status: number, body?: unknown) => {
    const answer = await request(endpoint, method, path, body);
    expect(answer.status, `${method} ${path}: ${JSON.stringify(answer.body)}`).toBe(status);
    count += 1;
    return answer.body as { id: number; release: { id: number }; data: { id: number }[] };
  };
  const writeOnce = async (endpoint: string, name: string, number: number) => {
    const { id: deploymentId } = await write(endpoint, "POST", "/v4/deployments", 201, { name });
    done.deployments.set(deploymentId, name);
    const content = number % PACKAGES;
    const form = toForm(packages[content] ?? new Uint8Array());
    const { release } = await write(endpoint, "POST", `/v4/deployments/${deploymentId}/releases`, 201, form);
    done.releases.set(release.id, { deploymentId, content, isDeleted: false });
    const notes = `notes of ${name}`;
    await write(endpoint, "PATCH", `/v4/releases/${release.id}`, 200, { notes });
    done.notes.set(release.id, notes);
    if (number % 4 !== 3) return;
    // Gone or not when this is cut off: neither would be wrong.
    done.releases.delete(release.id);
    await write(endpoint, "DELETE", `/v4/releases/${release.id}`, 204);
    done.releases.set(release.id, { deploymentId, content, isDeleted: true });
  };
  const runOnce = async (endpoint: string) => {
    const { data } = await write(endpoint, "POST", `/v4/deployments/${jobDeployment}/run`, 201);
    for (const { id } of data) done.jobs.set(id, "Created");
    await setTimeout(20);
    for (const [id, status] of done.jobs) {
      if (ENDED.test(status)) continue;
      done.jobs.set(id, (await request(endpoint, "GET", `/v4/jobGroups/${id}/status`)).body as string);
    }
  };
  return {
    count: () => count,
    snapshot: () => structuredClone(done),
    write: (endpoint, name) => untilCut((number) => writeOnce(endpoint, `${name}-${number}`, number)),
    runJobs: (endpoint) => untilCut(() => runOnce(endpoint)),
    prepare: async (endpoint, directory) => {
      const bucket = join(directory, "storage/dev/s3/acme-dev/orders");
      mkdirSync(bucket, { recursive: true });
      writeFileSync(join(bucket, "orders.csv"), ORDERS.split("\n").slice(0, 4).join("\n"));
      await write(endpoint, "POST", "/v4/connections", 201, WAREHOUSE_TWIN);
      const deployment = await write(endpoint, "POST", "/v4/deployments", 201, { name: "jobs" });
      jobDeployment = deployment.id;
      const form = toForm(await writePackage(oneRecipe(["drop col: price action: Drop"])));
      await write(endpoint, "POST", `/v4/deployments/${jobDeployment}/releases`, 201, form);
    },
  };
}

/** A connection that breaks is a TypeError of fetch; anything else is a finding. */
async function untilCut(work: (number: number) => Promise<void>): Promise<void> {
  for (let number = 0; ; number += 1) {
    try {
      await work(number);
    } catch (error) {
      if (error instanceof TypeError) return;
      throw error;
    }
  }
}

/** Checks a platform that runs against what was acknowledged: all of it is there, and nothing is half there. */
export async function checkAcknowledged(endpoint: string, acknowledged: Acknowledged): Promise<void> {
  interface Row {
    readonly id: number;
    readonly name: string;
    readonly notes: string;
    readonly active: boolean | null;
    readonly deployment: { readonly id: number };
    readonly flows: { readonly data: readonly unknown[] };
  }
  const list = async (path: string) =>
    (await request(endpoint, "GET", `${path}noLimit=true`)).body.data as Row[];
  const names = new Map((await list("/v4/deployments?")).map(({ id, name }) => [id, name]));
  for (const [id, name] of acknowledged.deployments) expect(names.get(id)).toBe(name);

  const releases = await list("/v4/releases?embed=flows&");
  const byId = new Map(releases.map((release) => [release.id, release]));
  for (const [id, { deploymentId, content, isDeleted }] of acknowledged.releases) {
    if (isDeleted) {
      expect(byId.has(id), `release ${id} was deleted`).toBe(false);
      continue;
    }
    expect(byId.get(id)).toMatchObject({ active: true, deployment: { id: deploymentId } });
    expect((await download(endpoint, id)).equals(acknowledged.packages[content] ?? new Uint8Array())).toBe(
      true,
    );
  }
  for (const [id, notes] of acknowledged.notes)
    if (acknowledged.releases.get(id)?.isDeleted === false) expect(byId.get(id)?.notes).toBe(notes);
  for (const { id, flows } of releases) {
    expect(flows.data, `flows of release ${id}`).toHaveLength(1);
    if (!acknowledged.releases.has(id)) expect((await download(endpoint, id)).length).toBeGreaterThan(0);
  }
  expect((await request(endpoint, "GET", "/v4/flows/count")).body.count).toBe(releases.length);
}

async function download(endpoint: string, releaseId: number): Promise<Buffer> {
  const headers = { authorization: `Bearer ${TOKEN}` };
  const response = await fetch(`${endpoint}/v4/releases/${releaseId}/package`, { headers });
  expect(response.status, `package of release ${releaseId}`).toBe(200);
  return Buffer.from(await response.arrayBuffer());
}

/** Waits until every acknowledged job group has ended: as it was told, if it was, and else complete or cut off. */
export async function checkJobs(
  endpoint: string,
  directory: string,
  { jobs }: Acknowledged,
): Promise<{ complete: number; cut: number }> {
  const ended = { complete: 0, cut: 0 };
  for (const [id, told] of jobs) {
    const status = async () => (await request(endpoint, "GET", `/v4/jobGroups/${id}/status`)).body as string;
    await expect.poll(status, { timeout: 60_000, interval: 20, message: `job group ${id}` }).toMatch(ENDED);
    const { body } = await request(endpoint, "GET", `/v4/jobGroups/${id}`);
    if (ENDED.test(told)) expect(body.status, `job group ${id}`).toBe(told);
    if (body.status === "Failed") expect(body.failureReason).toBe("platform stopped while it ran");
    else expect(body.status, `job group ${id}`).toBe("Complete");
    ended[body.status === "Complete" ? "complete" : "cut"] += 1;
  }
  if (ended.complete > 0) {
    const out = join(directory, "storage/dev/s3/acme-dev/out");
    expect(readdirSync(out)).toEqual(["result.csv"]);
    expect(readFileSync(join(out, "result.csv"), "utf8")).toBe(RESULT);
  }
  return ended;
}

/** Checks the store of a platform that has ended, however it did: pages, references, and the package of each release. */
export function checkStore(directory: string): void {
  // What is opened is repaired: the platform's next start shall find what the kill left.
  const copy = mkdtempSync(join(tmpdir(), "sluice-store-"));
  for (const name of readdirSync(directory).filter((name) => /^platform\.db(-wal)?$/.test(name)))
    copyFileSync(join(directory, name), join(copy, name));
  const database = new Libsql(join(copy, "platform.db"));
  try {
    expect(database.prepare("pragma integrity_check").all()).toEqual([{ integrity_check: "ok" }]);
    expect(database.prepare("pragma foreign_key_check").all()).toEqual([]);
    const named = `select distinct "packageSha256" as sha256 from releases where "deletedAt" is null`;
    for (const { sha256 } of database.prepare(named).all() as { sha256: string }[]) {
      const bytes = readFileSync(join(directory, "blobs", sha256));
      expect(createHash("sha256").update(bytes).digest("hex")).toBe(sha256);
    }
  } finally {
    database.close();
    rmSync(copy, { recursive: true });
  }
}

/** Checks that a platform which has just started keeps no package that no release has. */
export function checkNoUnusedBlobs(directory: string): void {
  const database = new Libsql(join(directory, "platform.db"));
  try {
    const named = `select distinct "packageSha256" as sha256 from releases where "deletedAt" is null order by 1`;
    const rows = database.prepare(named).all() as { sha256: string }[];
    expect(readdirSync(join(directory, "blobs")).sort()).toEqual(rows.map(({ sha256 }) => sha256));
  } finally {
    database.close();
  }
}

/** Waits until `isDone`; throws after 60 seconds. */
export async function waitForLoad(isDone: () => boolean): Promise<void> {
  const deadline = Date.now() + 60_000;
  while (!isDone()) {
    if (Date.now() > deadline) throw new Error("not enough writes in time");
    await setTimeout(5);
  }
}
