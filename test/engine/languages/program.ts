import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readFile, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import { promisify, stripVTControlCharacters } from "node:util";
import { writePackage } from "../../../flow/index.js";
import { buildPackage } from "../../../flow/source.js";
import { startPlatform } from "../../../platform/index.js";
import type { RequestRecord, RunningPlatform } from "../../../platform/index.js";

const ROOT = resolve(__dirname, "..", "..", "..");
const TOKEN = "language-test-token-77c0";
/** What the connections of these programs sign in with; never to be seen in clear. */
export const PASSWORD = "language-test-password-5d2e";

/** A program in another language in a folder of its own, run by the command line against a platform of its own. */
export interface LanguageProgram {
  readonly platform: RunningPlatform;
  /** Runs `pulumi` in the program's folder; answers what it printed, rejects with it when it fails. */
  pulumi(...commandArguments: string[]): Promise<string>;
  /** What an action asked of the platform. */
  requestsDuring(action: () => Promise<unknown>): Promise<RequestRecord[]>;
  /** Asks the platform directly. */
  list<T>(path: string): Promise<T[]>;
  /** The state file, as it lies on the disk. */
  state(): Promise<string>;
  close(): Promise<void>;
}

/** What a language needs besides its host. */
export interface LanguageTools {
  /** Folders that come first on the PATH. */
  path: readonly string[];
  variables: Readonly<Record<string, string>>;
}

/** Copies the program `test/engine/languages/<name>` beside its package and the plugin, and makes its stack. */
export async function startProgram(
  name: string,
  language: "nodejs" | "yaml" | "python",
  prepare: (folder: string) => Promise<LanguageTools> = () => Promise.resolve({ path: [], variables: {} }),
): Promise<LanguageProgram> {
  const { engineEnvironment, findPulumi } = await import("../../../tools/pulumi-cli.mjs");
  const { findLanguageHost } = await import("../../../tools/language-hosts.mjs");
  const { bin } = await findPulumi();
  // The CLI is never without the host of Node.js.
  const hosts = language === "nodejs" ? [] : [(await findLanguageHost(language)).bin];
  const root = await realpath(await mkdtemp(join(tmpdir(), "sluice-language-")));
  const [folder, backend] = [join(root, name), join(root, "backend")];
  await mkdir(backend);
  await cp(join(__dirname, name), folder, { recursive: true });
  await symlink(join(ROOT, "bin"), join(folder, "plugin"));
  if (language === "nodejs") await symlink(join(ROOT, "node_modules"), join(folder, "node_modules"));
  const source = await buildPackage(join(ROOT, "examples", "quickstart", "packages", "orders-1.0.0"));
  await writeFile(join(folder, "orders-1.0.0.zip"), await writePackage(source));
  const engine = engineEnvironment({ bin, home: join(root, "home"), backend, passphrase: "languages" });
  const tools = await prepare(folder);
  const environment = {
    ...process.env,
    ...engine,
    ...tools.variables,
    PATH: [...tools.path, ...hosts, engine["PATH"]].join(delimiter),
  };
  const platform = await startPlatform({
    data: join(root, "platform"),
    environments: ["prod"],
    token: TOKEN,
    settings: { recordRequests: true },
  });

  const program: LanguageProgram = {
    platform,
    pulumi: async (...commandArguments) => {
      const options = [...commandArguments, "--non-interactive", "--color", "never"];
      const { stdout, stderr } = await promisify(execFile)(join(bin, "pulumi"), options, {
        cwd: folder,
        env: environment,
        maxBuffer: 64 * 1024 * 1024,
      }).catch((error: Error & { stdout?: string; stderr?: string }) => {
        throw new Error(`pulumi ${commandArguments.join(" ")}: ${error.stdout ?? ""}${error.stderr ?? ""}`, {
          cause: error,
        });
      });
      return stripVTControlCharacters(stdout + stderr);
    },
    requestsDuring: async (action) => {
      const before = platform.requests.length;
      await action();
      return platform.requests.slice(before);
    },
    list: async <T>(path: string) => {
      const headers = { authorization: `Bearer ${TOKEN}` };
      const response = await fetch(`${platform.endpoint("prod")}${path}`, { headers });
      if (!response.ok) throw new Error(`GET ${path}: ${response.status}`);
      return ((await response.json()) as { data: T[] }).data;
    },
    state: () => readFile(join(backend, ".pulumi", "stacks", name, "prod.json"), "utf8"),
    close: async () => {
      await platform.close();
      await rm(root, { recursive: true, force: true, maxRetries: 3 });
    },
  };
  await program.pulumi("stack", "init", "prod");
  await program.pulumi("config", "set", "sluice:endpoint", platform.endpoint("prod"));
  await program.pulumi("config", "set", "--secret", "sluice:token", TOKEN);
  await program.pulumi("config", "set", "--secret", "password", PASSWORD);
  return program;
}
