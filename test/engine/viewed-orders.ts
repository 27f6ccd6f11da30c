import { createRequire } from "node:module";
import { resolve } from "node:path";
import type * as Plugin from "pulumi-sluice/plugin";
import type { CustomResourceOptions } from "@pulumi/pulumi";
import { makeConnection } from "../provider/by-hand.js";
import { WAREHOUSE, writeOrdersPackages } from "./orders.js";
import { startEngineTest, TOKEN } from "./stack.js";
import type { EngineTest, EngineTestOptions, Program } from "./stack.js";

/** The SDK of the plugin as programs get it. */
export const sluice = createRequire(__filename)("pulumi-sluice/plugin") as typeof Plugin;

/** What differs from the ordinary program. */
export interface ViewedChanges {
  version?: "1.0.0" | "1.1.0";
  /** Name of the release as a resource. */
  name?: string;
  /** Which of two deployments the release is in. */
  deployment?: "orders" | "other";
  release?: Partial<Plugin.ReleaseArgs>;
  options?: CustomResourceOptions;
}

/** A release and what it needs, and nothing that would make a test wait. */
export function viewedProgram(changes: ViewedChanges = {}): Program {
  return () => {
    const [orders, other] = ["orders", "other"].map(
      (name) =>
        new sluice.Deployment(name, { name, adopt: true, forceDelete: true }, { deleteBeforeReplace: true }),
    );
    const deployment = changes.deployment === "other" ? other : orders;
    if (deployment === undefined) throw new Error("a deployment is missing");
    new sluice.Release(
      changes.name ?? "orders",
      {
        deploymentId: deployment.id,
        package: `orders-${changes.version ?? "1.0.0"}.zip`,
        ...changes.release,
      },
      changes.options,
    );
    return Promise.resolve();
  };
}

/** A stack on the plugin, its packages, and the connection that they name, so that they need no rules. */
export async function startViewedTest(
  views: string,
  { endpoint, ...options }: EngineTestOptions & { endpoint?: string } = {},
): Promise<EngineTest> {
  const test = await startEngineTest({ plugin: resolve("bin"), ...options, config: {} });
  await test.stack.setAllConfig({
    "sluice:endpoint": { value: endpoint ?? test.platform.endpoint("prod") },
    "sluice:token": { value: TOKEN, secret: true },
    "sluice:retries": { value: "0" },
    "sluice:views": { value: views },
  });
  if (options.beside === undefined) await makeConnection(test, "warehouse", WAREHOUSE);
  await writeOrdersPackages(test);
  return test;
}
