import { ResourceProviderService } from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import { Empty } from "google-protobuf/google/protobuf/empty_pb.js";
import { PluginHost, PluginProvider } from "../provider/hosts/plugin/plugin-host.js";
import type { Disturber } from "./disturber.js";
import type { ProviderRun, RunProvider, StartRun } from "./provider-run.js";

/** A process of the plugin that is started anew after each blow, and serves one run after the other. */
export class SharedPlugin {
  #host: PluginHost | undefined;

  /** Runs whose provider asks through this disturber. */
  runsThrough(disturber: Disturber, token: string): StartRun {
    return async (disturbances, action) => {
      const host = (this.#host ??= await PluginHost.start());
      const run = new PluginRun(host);
      await host.open("Deployment", "", {
        "sluice:endpoint": disturber.endpoint,
        "sluice:token": token,
        "sluice:retries": "1",
        "sluice:timeoutSeconds": "5",
      });
      const blows = {
        kill: () => {
          run.isKilled = true;
          return this.#end(host, "SIGKILL");
        },
        interrupt: async () => {
          this.#host = undefined;
          await host.plugin.call(ResourceProviderService.cancel, new Empty());
        },
      };
      try {
        return await disturber.during(disturbances, blows, () => action(run));
      } finally {
        if (this.#host !== host) await this.#end(host, "SIGKILL");
      }
    };
  }

  async close(): Promise<void> {
    await this.#host?.close();
    this.#host = undefined;
  }

  #end(host: PluginHost, signal: NodeJS.Signals): Promise<void> {
    this.#host = undefined;
    host.plugin.process.kill(signal);
    return host.close();
  }
}

class PluginRun implements ProviderRun {
  isKilled = false;

  constructor(private readonly host: PluginHost) {}

  provider(type: string, owner: string): RunProvider {
    const provider = new PluginProvider(this.host, type, owner);
    return {
      check: (olds, news) => provider.check(olds, news),
      diff: async (...given) => {
        const { places, replaces } = await provider.diff(...given);
        return { changes: [...new Set(places.map(fieldOf))], replaces };
      },
      create: (inputs) => provider.create(inputs),
      read: (...given) => provider.read(...given),
      update: (...given) => provider.update(...given),
      delete: (...given) => provider.delete(...given),
    };
  }
}

/** The input that a property path is in. */
function fieldOf(path: string): string {
  return /^[^.[]*/.exec(path)?.[0] ?? path;
}
