import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startPlatform } from "../../platform/index.js";
import type { FaultControl, RequestRecord, RunningPlatform } from "../../platform/index.js";
import { PackageFolder } from "./fuzz-packages.js";
import type { Call } from "./picture.js";

/** Token of the platforms; begins like the secrets of programs, as it must be found nowhere either. */
export const TOKEN = "canary-8a41d7-token";

const ENVIRONMENTS = 40;

/** An environment of its own, for one case. */
export interface FuzzEnvironment {
  readonly name: string;
  endpoint(): string;
  requests(): readonly RequestRecord[];
  faults(): FaultControl;
  readonly call: Call;
}

/** A platform that cases run on one after the other, each in an environment of its own. */
export class FuzzPlatform {
  #used = 0;
  #generation = 0;

  private constructor(
    private readonly folder: string,
    private running: RunningPlatform,
    readonly packages: PackageFolder,
  ) {}

  static async start(): Promise<FuzzPlatform> {
    const folder = await mkdtemp(join(tmpdir(), "sluice-fuzz-"));
    return new FuzzPlatform(
      folder,
      await startWithEnvironments(join(folder, "0"), 0),
      new PackageFolder(folder),
    );
  }

  /** A fresh environment; a fresh platform when those of the present one are used up. */
  async environment(): Promise<FuzzEnvironment> {
    if (this.#used === ENVIRONMENTS) {
      await this.running.close();
      await rm(join(this.folder, String(this.#generation)), { recursive: true, force: true });
      this.#generation += 1;
      this.#used = 0;
      this.running = await startWithEnvironments(this.#directory(), 0);
    }
    this.#used += 1;
    const name = `e${this.#used}`;
    return {
      name,
      endpoint: () => this.running.endpoint(name),
      requests: () => this.running.requests.filter(({ environment }) => environment === name),
      faults: () => {
        if (this.running.faults === null) throw new Error("the platform has no fault control");
        return this.running.faults;
      },
      call: (method, path, body) => call(this.running.endpoint(name), method, path, body),
    };
  }

  /** Stops and starts it, on the same port and the same data. */
  async restart(): Promise<void> {
    const { port } = this.running;
    await this.running.close();
    this.running = await startWithEnvironments(this.#directory(), port);
  }

  async close(): Promise<void> {
    await this.running.close();
    await rm(this.folder, { recursive: true, force: true });
  }

  #directory(): string {
    return join(this.folder, String(this.#generation));
  }
}

function startWithEnvironments(folder: string, port: number): Promise<RunningPlatform> {
  return startPlatform({
    data: folder,
    port,
    environments: Array.from({ length: ENVIRONMENTS }, (_, index) => `e${index + 1}`),
    token: TOKEN,
    settings: { faults: true, recordRequests: true, fireSchedules: false, importRules: "replace-list" },
  });
}

async function call<T>(endpoint: string, method: string, path: string, body: unknown): Promise<T> {
  const isForm = body instanceof FormData;
  const send = () =>
    fetch(`${endpoint}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${TOKEN}`,
        ...(body !== undefined && !isForm && { "content-type": "application/json" }),
      },
      body: body === undefined ? null : isForm ? body : JSON.stringify(body),
    });
  // A connection that a fault or a restart has reset may still be among those kept open.
  const response = await send().catch(send);
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
  return (text === "" ? undefined : JSON.parse(text)) as T;
}
