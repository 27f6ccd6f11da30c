import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { InputFormat } from "./recipe-files.js";
import type { Cost } from "./timing.js";

/** How recipe.py reads files and keeps texts; it says what each one is. */
export const PANDAS_VARIANTS = ["default", "pyarrow", "arrow-types"] as const;
export type PandasVariant = (typeof PANDAS_VARIANTS)[number];

/** A Python that has loaded pandas, so that its start is not measured. */
export interface Pandas {
  /** Runs the recipe over the files in `folder` once. */
  run(folder: string, format: InputFormat, variant: PandasVariant, result: string): Promise<Cost>;
  stop(): Promise<void>;
}

/** Starts Python with pandas, got from PyPI the first time; answers the reason instead when there is none on this machine. */
export async function startPandas(): Promise<Pandas | { readonly missing: string }> {
  const { findPythonEnvironment } = await import("../python-environment.mjs");
  const packages = { name: "bench", title: "pandas", requirements: join(__dirname, "requirements.txt") };
  try {
    const { python } = await findPythonEnvironment(packages);
    return start(python);
  } catch (error) {
    return { missing: (error as Error).message };
  }
}

function start(python: string): Pandas {
  const child = spawn(python, [join(__dirname, "recipe.py")], { stdio: ["pipe", "pipe", "inherit"] });
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    run: async (...given) => {
      child.stdin.write(`${JSON.stringify(given)}\n`);
      const { value } = (await answers.next()) as { value: string | undefined };
      if (value === undefined)
        throw new Error("pandas ended in the middle of the recipe; its words are above");
      const [seconds, cpuSeconds] = JSON.parse(value) as [number, number];
      return { seconds, cpuSeconds };
    },
    stop: async () => {
      if (child.exitCode !== null) return;
      const ended = once(child, "exit");
      child.stdin.end();
      await ended;
    },
  };
}
