import { appendFileSync, mkdirSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Kysely } from "kysely";
import type { Output } from "../../flow/model.js";
import type { DatabaseSettings, JobSettings, StorageSettings } from "../settings.js";
import type { Row, Tables } from "../store/schema.js";
import type { Sealer } from "../store/sealing.js";
import { STORED_NAMES } from "../store/stored-names.js";
import { pruneHistory } from "./history.js";
import type { JobEngine, JobResult, JobSpec, RunningJob } from "./job.js";
import { openConnections } from "./opened-connection.js";
import { findObstacle, noteIgnored, noteWebhooks } from "./run-notes.js";
import { removeRemains } from "./scratch.js";
import { isUnfinished, selectWaiting } from "./waiting-groups.js";

/** What a queue works with. */
export interface QueueParts {
  readonly database: Kysely<Tables>;
  readonly engine: JobEngine;
  readonly sealer: Sealer;
  /** The platform's data folder. */
  readonly directory: string;
  readonly settings: {
    readonly jobs: JobSettings;
    readonly storage: StorageSettings;
    readonly databases: DatabaseSettings;
  };
  /** Environment ids by name. */
  readonly environments: ReadonlyMap<string, number>;
}

/** Takes what cannot be answered to anybody. */
export interface QueueLog {
  error(details: object, message: string): void;
}

/** With the snapshot that it runs. */
type WaitingGroup = Row<"jobGroups"> & { readonly content: string };

/** Ended job groups between two looks for those that are too many. */
const PRUNED_AFTER = 100;
const STOPPED = "platform stopped while it ran";

/** Job groups wait in the database, in the order of their ids; the queue runs as many at a time as it may. */
export class JobQueue {
  private readonly running = new Map<number, RunningJob>();
  private readonly ending = new Set<Promise<void>>();
  private readonly names: ReadonlyMap<number, string>;
  private filling: Promise<void> | null = null;
  private isAskedAgain = false;
  private isClosed = false;
  /** The job group that was taken last, and whether it was told to end before it started. */
  private taken: number | null = null;
  private isTakenCanceled = false;
  private endCount = 0;
  private log: QueueLog = { error: () => undefined };

  constructor(private readonly parts: QueueParts) {
    this.names = new Map([...parts.environments].map(([name, id]) => [id, name]));
  }

  /** Cleans up after a platform that did not end well. No job may have been started yet. */
  async recover(log: QueueLog): Promise<void> {
    this.log = log;
    removeRemains(this.scratchFolder());
    for (const name of this.parts.environments.keys()) {
      mkdirSync(this.storageOf(name).root, { recursive: true });
    }
    mkdirSync(join(this.parts.directory, STORED_NAMES.logs), { recursive: true });
    const cut = await this.parts.database
      .selectFrom("jobGroups")
      .select("id")
      .where(isUnfinished)
      .where("status", "=", "InProgress")
      .execute();
    for (const { id } of cut) await this.fail(id, STOPPED);
    await this.prune();
  }

  /** Tells that there may be something to run. */
  wake(): void {
    if (this.isClosed) return;
    this.isAskedAgain = true;
    this.filling ??= this.fill();
  }

  /** Ends a waiting job group at once, and a running one soon; one that has ended stays as it is. */
  async cancel(jobGroupId: number): Promise<void> {
    const { numUpdatedRows } = await this.parts.database
      .updateTable("jobGroups")
      .set({ status: "Canceled", endedAt: new Date().toISOString(), updatedAt: new Date().toISOString() })
      .where("id", "=", jobGroupId)
      .where("status", "=", "Created")
      .executeTakeFirst();
    if (numUpdatedRows > 0n) await this.setJobs(this.parts.database, jobGroupId, "Canceled");
    else this.cancelRunning(jobGroupId);
  }

  /** One that was taken and not started yet ends as soon as it starts. */
  private cancelRunning(jobGroupId: number): void {
    const job = this.running.get(jobGroupId);
    if (job !== undefined) job.cancel();
    else if (this.taken === jobGroupId) this.isTakenCanceled = true;
  }

  /** File that a job group's log is in, once it was started. */
  logFile(jobGroupId: number): string {
    return join(this.parts.directory, STORED_NAMES.logs, `${jobGroupId}.log`);
  }

  /** Ends what runs; it is `Failed` then. What waits goes on at the next start. */
  async close(): Promise<void> {
    this.isClosed = true;
    await this.filling;
    for (const job of this.running.values()) job.cancel();
    await Promise.all(this.ending);
    await this.parts.engine.close();
    rmSync(this.scratchFolder(), { recursive: true, force: true });
  }

  /** Its last look at `isAskedAgain` and its end are one step, so that no wake is lost between them. */
  private async fill(): Promise<void> {
    try {
      while (this.isAskedAgain && !this.isClosed) {
        this.isAskedAgain = false;
        await this.startNext();
      }
    } catch (error) {
      this.log.error({ err: error }, "starting jobs failed");
    } finally {
      this.filling = null;
    }
  }

  private async startNext(): Promise<void> {
    while (this.running.size < this.parts.settings.jobs.workers && !this.isClosed) {
      const group = await this.takeNext();
      if (group === undefined) return;
      await this.startGroup(group);
    }
  }

  private async startGroup(group: WaitingGroup): Promise<void> {
    try {
      const output = JSON.parse(group.output) as Output;
      for (const note of noteIgnored(output)) this.writeLog(group.id, note);
      const obstacle = findObstacle(output);
      if (obstacle !== null) return await this.fail(group.id, obstacle);
      this.start(group, await openConnections(this.parts.database, this.parts.sealer, group));
      if (this.isTakenCanceled) this.running.get(group.id)?.cancel();
    } catch (error) {
      this.log.error({ err: error, jobGroup: group.id }, "starting a job failed");
      await this.fail(group.id, `the job could not be started: ${(error as Error).message}`);
    }
  }

  /** Ends a job group that does not run. */
  private async fail(id: number, reason: string): Promise<void> {
    this.writeLog(id, `Failed: ${reason}`);
    await this.record(id, { ...NOTHING, status: "Failed", reason });
  }

  /** The status of a job counts more than its log. */
  private writeLog(id: number, text: string): void {
    try {
      appendFileSync(this.logFile(id), `${new Date().toISOString()} ${text}\n`);
    } catch (error) {
      this.log.error({ err: error, jobGroup: id }, "writing a job's log failed");
    }
  }

  private async takeNext(): Promise<WaitingGroup | undefined> {
    const { database } = this.parts;
    const next = await selectWaiting(database, [...this.names.keys()])
      .limit(1)
      .executeTakeFirst();
    if (next === undefined) return undefined;
    const now = new Date().toISOString();
    const { numUpdatedRows } = await database
      .updateTable("jobGroups")
      .set({ status: "InProgress", startedAt: now, updatedAt: now })
      .where("id", "=", next.id)
      .where("status", "=", "Created")
      .executeTakeFirst();
    if (numUpdatedRows === 0n) return this.takeNext();
    this.taken = next.id;
    this.isTakenCanceled = false;
    await this.setJobs(database, next.id, "InProgress");
    return next;
  }

  private start(group: WaitingGroup, connections: JobSpec["connections"]): void {
    const job = this.parts.engine.start(this.toSpec(group, connections));
    this.running.set(group.id, job);
    const ending = job.ended
      .then((result) => this.end(group, result))
      .catch((error: unknown) =>
        this.log.error({ err: error, jobGroup: group.id }, "recording a job's end failed"),
      );
    this.ending.add(ending);
    void ending.finally(() => this.ending.delete(ending));
  }

  private async end({ id, flowId, flowNodeId }: WaitingGroup, result: JobResult): Promise<void> {
    const isCut = this.isClosed && result.status === "Canceled";
    try {
      if (isCut) this.writeLog(id, `Failed: ${STOPPED}`);
      const notes = await noteWebhooks(this.parts.database, flowId, flowNodeId);
      for (const note of notes) this.writeLog(id, note);
      await this.record(id, isCut ? { ...result, status: "Failed", reason: STOPPED } : result);
      this.endCount += 1;
      if (this.endCount % PRUNED_AFTER === 0) await this.prune();
    } finally {
      this.running.delete(id);
      this.wake();
    }
  }

  private prune(): Promise<void> {
    return pruneHistory(this.parts.database, this.parts.settings.jobs.history, (id) => this.logFile(id));
  }

  private async record(id: number, { status, reason, inputs, outputs }: JobResult): Promise<void> {
    const now = new Date().toISOString();
    await this.parts.database.transaction().execute(async (transaction) => {
      await transaction
        .updateTable("jobGroups")
        .set({
          status,
          reason,
          inputs: JSON.stringify(inputs),
          outputs: JSON.stringify(outputs),
          endedAt: now,
          updatedAt: now,
        })
        .where("id", "=", id)
        .execute();
      await this.setJobs(transaction, id, status);
    });
  }

  private async setJobs(
    database: Kysely<Tables>,
    jobGroupId: number,
    status: Row<"jobs">["status"],
  ): Promise<void> {
    await database
      .updateTable("jobs")
      .set({ status, updatedAt: new Date().toISOString() })
      .where("jobGroupId", "=", jobGroupId)
      .execute();
  }

  private toSpec(group: WaitingGroup, connections: JobSpec["connections"]): JobSpec {
    return {
      jobGroupId: group.id,
      package: group.content,
      nodeId: group.flowNodeId,
      output: group.output,
      parameters: JSON.parse(group.runParameters) as Record<string, string>,
      referenceDate: group.runParameterReferenceDate,
      storage: this.storageOf(this.names.get(group.environmentId) ?? ""),
      connections,
      allowedHosts: this.parts.settings.databases.allow,
      scratch: join(this.scratchFolder(), String(group.id)),
      log: this.logFile(group.id),
      parsing: this.parts.settings.jobs.parsing,
    };
  }

  private storageOf(environment: string) {
    const { root, mappings } = this.parts.settings.storage;
    const folders = Object.entries(mappings).map(([location, folder]) => [location, resolve(folder)]);
    return {
      root: join(root ?? join(this.parts.directory, "storage"), environment),
      mappings: Object.fromEntries(folders) as Record<string, string>,
    };
  }

  private scratchFolder(): string {
    return join(this.parts.directory, "jobs");
  }
}

const NOTHING = { inputs: [], outputs: [] };
