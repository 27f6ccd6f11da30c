import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readdir, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify, stripVTControlCharacters } from "node:util";
import { writePackage } from "../../flow/index.js";
import { buildPackage } from "../../flow/source.js";

const ROOT = resolve(__dirname, "..", "..");
const OUTPUT_BYTES = 64 * 1024 * 1024;

/** The Pulumi command line as users run it, language host included, in a copy of the repository's programs. */
export interface CommandLine {
  /** Copy of the repository's root, as far as its programs need it. */
  readonly root: string;
  /** Folder of the stacks. */
  readonly backend: string;
  /** Runs `pulumi` in a folder below the root; answers what it printed, rejects with it when it fails. */
  pulumi(directory: string, ...commandArguments: string[]): Promise<string>;
  remove(): Promise<void>;
}

/** Copies the root's project file and the examples, with their packages built anew. */
export async function startCommandLine(variables: Record<string, string>): Promise<CommandLine> {
  const { engineEnvironment, findPulumi } = await import("../../tools/pulumi-cli.mjs");
  const { bin } = await findPulumi();
  const folder = await realpath(await mkdtemp(join(tmpdir(), "sluice-acceptance-")));
  const [root, home, backend] = ["root", "home", "backend"].map((name) => join(folder, name));
  if (root === undefined || home === undefined || backend === undefined) throw new Error("no folders");
  await Promise.all([mkdir(root), mkdir(backend)]);
  for (const name of ["Pulumi.yaml", "package.json", "tsconfig.json"])
    await cp(join(ROOT, name), join(root, name));
  await cp(join(ROOT, "examples"), join(root, "examples"), {
    recursive: true,
    filter: (path) => !/\.zip$|\/node_modules$|\/Pulumi\.[^/]+\.yaml$/.test(path),
  });
  await buildPackages(join(root, "examples"));
  for (const name of ["node_modules", "bin"]) await symlink(join(ROOT, name), join(root, name));
  const environment = engineEnvironment({ bin, home, backend, passphrase: "acceptance tests" });
  return {
    root,
    backend,
    pulumi: async (directory, ...commandArguments) => {
      const options = [...commandArguments, "--non-interactive", "--color", "never"];
      const { stdout, stderr } = await promisify(execFile)(join(bin, "pulumi"), options, {
        cwd: join(root, directory),
        env: { ...process.env, ...environment, ...variables },
        maxBuffer: OUTPUT_BYTES,
      }).catch((error: Error & { stdout?: string; stderr?: string }) => {
        throw new Error(`pulumi ${commandArguments.join(" ")}: ${error.stdout ?? ""}${error.stderr ?? ""}`, {
          cause: error,
        });
      });
      return stripVTControlCharacters(stdout + stderr);
    },
    remove: () => rm(folder, { recursive: true, force: true, maxRetries: 3 }),
  };
}

async function buildPackages(examples: string): Promise<void> {
  for (const example of await readdir(examples)) {
    const packages = join(examples, example, "packages");
    // An example may use the packages of another.
    for (const name of await readdir(packages).catch(() => [])) {
      const source = await buildPackage(join(packages, name));
      await writeFile(join(packages, `${name}.zip`), await writePackage(source));
    }
  }
}
