import { spawn } from "node:child_process";
import { mkdir, open, readFile } from "node:fs/promises";
import { join } from "node:path";
import { buildFromSource } from "../../flow/source.js";
import { writePackage } from "../../flow/write.js";
import { BENCH_TOKEN, commandLine, readEndpoint, stopProcess } from "../bench-server.js";

/** An ended job is noticed at most so late. */
const POLL_MILLISECONDS = 50;

/** A platform in a process of its own that runs jobs. */
export interface JobPlatform {
  /** The files of `s3://bench` are in this folder. */
  readonly bucket: string;
  /** Where running jobs keep what does not fit into their memory. */
  readonly scratch: string;
  call(method: "GET" | "POST", path: string, body?: object): Promise<unknown>;
  /** A deployment with one active release of this source; its id. */
  deploy(source: unknown): Promise<number>;
  /** Queues one run; the job group's id. */
  run(deploymentId: number): Promise<number>;
  /** The status that a job group ends with; `look` is called again and again until then. */
  untilEnded(jobGroupId: number, look: () => void): Promise<string>;
  /** Ends the process; answers the megabytes that it had at its largest. */
  stop(): Promise<number>;
}

/** Starts `sluice platform start` with these arguments; `folder` is a new one. */
export async function startJobPlatform(folder: string, ...given: string[]): Promise<JobPlatform> {
  const [data, memory, logPath] = [join(folder, "platform"), join(folder, "memory"), join(folder, "log")];
  const bucket = join(data, "storage", "prod", "s3", "bench");
  await mkdir(bucket, { recursive: true });
  const log = await open(logPath, "w");
  const child = spawn(
    process.execPath,
    ["--require", join(__dirname, "..", "bench-memory.cjs"), ...commandLine(data), ...given],
    {
      env: { ...process.env, SLUICE_PLATFORM_TOKEN: BENCH_TOKEN, SLUICE_BENCH_MEMORY: memory },
      stdio: ["ignore", "pipe", log.fd],
    },
  );
  await log.close();
  const endpoint = await readEndpoint(child);
  const call = async (method: string, path: string, body?: object): Promise<unknown> => {
    const isForm = body instanceof FormData;
    const response = await fetch(`${endpoint}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${BENCH_TOKEN}`,
        ...(body === undefined || isForm ? {} : { "content-type": "application/json" }),
      },
      ...(body === undefined ? {} : { body: isForm ? body : JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    return response.json();
  };
  return {
    bucket,
    scratch: join(data, "jobs"),
    call,
    deploy: async (source) => {
      const { id } = (await call("POST", "/v4/deployments", { name: "bench" })) as { id: number };
      const form = new FormData();
      const bytes = await writePackage(buildFromSource(source, "bench"));
      form.set("data", new Blob([new Uint8Array(bytes)]), "bench.zip");
      await call("POST", `/v4/deployments/${id}/releases`, form);
      return id;
    },
    run: async (deploymentId) => {
      const { data: groups } = (await call("POST", `/v4/deployments/${deploymentId}/run`)) as {
        data: { id: number }[];
      };
      const [group] = groups;
      if (group === undefined) throw new Error("the run started no job group");
      return group.id;
    },
    untilEnded: async (jobGroupId, look) => {
      for (;;) {
        const status = await call("GET", `/v4/jobGroups/${jobGroupId}/status`);
        look();
        if (status !== "Created" && status !== "InProgress") return String(status);
        await new Promise((resolve) => setTimeout(resolve, POLL_MILLISECONDS));
      }
    },
    stop: async () => {
      await stopProcess(child);
      return Number(await readFile(memory, "utf8")) / 1024;
    },
  };
}
