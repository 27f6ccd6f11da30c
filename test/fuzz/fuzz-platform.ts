import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { startPlatform } from "../../platform/index.js";
import type { FaultControl, RequestRecord, RunningPlatform } from "../../platform/index.js";
import { BUCKETS, FILES, PackageFolder } from "./fuzz-packages.js";
import type { Call } from "./picture.js";
import { SharedPlugin } from "./plugin-runs.js";

/** Token of the platforms; begins like the secrets of programs, as it must be found nowhere either. */
export const TOKEN = "canary-8a41d7-token";

const ENVIRONMENTS = 40;
const BUCKET = "bucket";

/** What platforms do differently from one another. */
export interface Variant {
  /** What a change of import rules does with those that it does not mention. */
  readonly rules: "replace-list" | "replace-by-key";
  /** What schedules are bound to. */
  readonly schedules: "deployments" | "flows";
}

export const USUAL: Variant = { rules: "replace-list", schedules: "deployments" };

/** An environment of its own, for one case. */
export interface FuzzEnvironment {
  readonly name: string;
  readonly variant: Variant;
  platform(): RunningPlatform;
  endpoint(): string;
  requests(): readonly RequestRecord[];
  faults(): FaultControl;
  readonly call: Call;
  /** Stops and starts its platform, on the same port and the same data. */
  restart(): Promise<void>;
}

/** Platforms that cases run on one after the other, each in an environment of its own. */
export class FuzzPlatform {
  /** Of the plugin host, where no engine starts one. */
  readonly plugin = new SharedPlugin();
  readonly #ofVariant = new Map<string, VariantPlatform>();

  private constructor(
    /** Holds everything. */
    readonly folder: string,
    readonly packages: PackageFolder,
  ) {}

  static async start(): Promise<FuzzPlatform> {
    const folder = await mkdtemp(join(tmpdir(), "sluice-fuzz-"));
    for (const [path, content] of Object.entries(FILES)) {
      await mkdir(dirname(join(folder, BUCKET, path)), { recursive: true });
      await writeFile(join(folder, BUCKET, path), content);
    }
    return new FuzzPlatform(folder, new PackageFolder(folder));
  }

  /** A fresh environment; of a fresh platform when those of the present one are used up. */
  environment(variant: Variant = USUAL): Promise<FuzzEnvironment> {
    const key = `${variant.rules}-${variant.schedules}`;
    let platform = this.#ofVariant.get(key);
    if (platform === undefined) {
      platform = new VariantPlatform(join(this.folder, key), variant, join(this.folder, BUCKET));
      this.#ofVariant.set(key, platform);
    }
    return platform.environment();
  }

  async close(): Promise<void> {
    await this.plugin.close();
    for (const platform of this.#ofVariant.values()) await platform.close();
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** The platform of one variant, begun anew when its environments are used up. */
class VariantPlatform {
  #used = ENVIRONMENTS;
  #generation = 0;
  #running: RunningPlatform | undefined;

  constructor(
    private readonly folder: string,
    private readonly variant: Variant,
    private readonly bucket: string,
  ) {}

  async environment(): Promise<FuzzEnvironment> {
    if (this.#used === ENVIRONMENTS) {
      await this.close();
      this.#generation += 1;
      this.#used = 0;
      this.#running = await this.#start(0);
    }
    this.#used += 1;
    const name = `e${this.#used}`;
    return {
      name,
      variant: this.variant,
      platform: () => this.#present(),
      endpoint: () => this.#present().endpoint(name),
      requests: () => this.#present().requests.filter(({ environment }) => environment === name),
      faults: () => {
        const { faults } = this.#present();
        if (faults === null) throw new Error("the platform has no fault control");
        return faults;
      },
      call: (method, path, body) => call(this.#present().endpoint(name), method, path, body),
      restart: () => this.#restart(),
    };
  }

  async close(): Promise<void> {
    await this.#running?.close();
    await rm(this.#directory(), { recursive: true, force: true });
  }

  async #restart(): Promise<void> {
    const { port } = this.#present();
    await this.#present().close();
    this.#running = await this.#start(port);
  }

  #present(): RunningPlatform {
    if (this.#running === undefined) throw new Error("the platform does not run");
    return this.#running;
  }

  #directory(): string {
    return join(this.folder, String(this.#generation));
  }

  #start(port: number): Promise<RunningPlatform> {
    return startPlatform({
      data: this.#directory(),
      port,
      environments: Array.from({ length: ENVIRONMENTS }, (_, index) => `e${index + 1}`),
      token: TOKEN,
      settings: {
        faults: true,
        recordRequests: true,
        fireSchedules: false,
        importRules: this.variant.rules,
        // Whatever rules make of a package's bucket, its files are there.
        storage: { mappings: Object.fromEntries(BUCKETS.map((name) => [`s3://${name}`, this.bucket])) },
        deploymentSchedules: this.variant.schedules === "deployments",
      },
    });
  }
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
