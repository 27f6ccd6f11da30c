import { startPlatformProxy } from "../engine/platform-proxy.js";
import type { Interference, PlatformProxy, ProxiedRequest } from "../engine/platform-proxy.js";
import type { Disturbance } from "./steps.js";

/** What can be done to who asks the platform. */
export interface Blows {
  readonly kill: () => Promise<unknown>;
  readonly interrupt: () => Promise<unknown>;
}

/** Stands before the platform and counts requests of a provider in another process, to strike it at the one that a case names. */
export class Disturber {
  private constructor(private readonly proxy: PlatformProxy) {}

  static async start(platformEndpoint: string): Promise<Disturber> {
    return new Disturber(await startPlatformProxy(platformEndpoint));
  }

  /** Where the provider has to ask. */
  get endpoint(): string {
    return this.proxy.endpoint;
  }

  /** Runs the action with its disturbances; faults of the platform are not among them. */
  async during<T>(disturbances: readonly Disturbance[], blows: Blows, action: () => Promise<T>): Promise<T> {
    const struck: Promise<unknown>[] = [];
    let [calls, writes] = [0, 0];
    this.proxy.interfere((request) => {
      calls += 1;
      if (isWrite(request)) writes += 1;
      for (const one of disturbances) {
        if (one.kind === "interrupt" && one.call === calls) struck.push(blows.interrupt());
        if (one.kind === "kill" && one.write === writes && isWrite(request))
          return this.#kill(one.when, blows, struck);
      }
      return undefined;
    });
    try {
      return await action();
    } finally {
      this.proxy.interfere(undefined);
      await Promise.all(struck);
    }
  }

  close(): Promise<void> {
    return this.proxy.close();
  }

  #kill(when: "before" | "after", { kill }: Blows, struck: Promise<unknown>[]): Interference {
    if (when === "before") {
      struck.push(kill());
      return { kind: "silence" };
    }
    struck.push(this.proxy.held().then(kill));
    return { kind: "hold-answer" };
  }
}

function isWrite({ method, path }: ProxiedRequest): boolean {
  return method !== "GET" && !/\/dryRun(?:$|\?)/i.test(path);
}
