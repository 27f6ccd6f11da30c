import type { FindPulumiOptions } from "./pulumi-cli.mjs";

/** Why SDKs cannot be generated or Go programs compiled on this machine; undefined when they can. */
export function whyWithoutGo(environment?: Record<string, string | undefined>): Promise<string | undefined>;

/** The path of the generator, which is built once for each state of its sources. Throws when Go is missing. */
export function findSdkGenerator(options?: Omit<FindPulumiOptions, "installSource">): Promise<string>;
