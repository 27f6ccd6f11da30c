import type { FindPulumiOptions } from "./pulumi-cli.mjs";

export type Language = "yaml" | "python";

/** Where the host of a language is: the engine finds it when `bin` is on its PATH. */
export interface LanguageHost {
  bin: string;
  source: "path" | "go";
}

/** The languages besides JavaScript whose hosts can be had. */
export const LANGUAGES: readonly Language[];

/** Finds the host of a language or builds it once, about a minute. Throws when there is no way to one. */
export function findLanguageHost(language: Language, options?: FindPulumiOptions): Promise<LanguageHost>;
