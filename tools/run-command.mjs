import { spawn } from "node:child_process";
import { constants } from "node:fs";
import { access } from "node:fs/promises";
import { delimiter, join } from "node:path";

const OUTPUT_KEPT = 20_000;

/** One line of progress on stderr, so that stdout stays free for what a command is asked to print. */
export function say(line) {
  process.stderr.write(`${line}\n`);
}

/** The full path of the first executable `name` on the PATH of `environment`, or undefined. */
export async function findOnPath(name, environment = process.env) {
  const suffixes = process.platform === "win32" ? [".exe", ".cmd", ".bat"] : [""];
  for (const directory of (environment.PATH ?? environment.Path ?? "").split(delimiter)) {
    if (directory === "") continue;
    for (const suffix of suffixes) {
      const candidate = join(directory, `${name}${suffix}`);
      const isExecutable = await access(candidate, constants.X_OK).then(
        () => true,
        () => false,
      );
      if (isExecutable) return candidate;
    }
  }
  return undefined;
}

/**
 * Runs a program to its end and resolves with its exit code and the tail of its output; never rejects.
 * `timeoutSeconds` ends the program and everything it started; `show` passes its output on to the terminal;
 * `onLine` sees each line of stderr.
 */
export function runCommand(command, commandArguments, options = {}) {
  const { directory, environment = process.env, timeoutSeconds = 1800, show = false, onLine } = options;
  return new Promise((resolve) => {
    const ownGroup = process.platform !== "win32" && !show;
    const child = spawn(command, commandArguments, {
      cwd: directory,
      env: environment,
      detached: ownGroup,
      shell: process.platform === "win32" && /\.(cmd|bat)$/i.test(command),
      stdio: ["ignore", show ? "inherit" : "pipe", show ? "inherit" : "pipe"],
    });
    let stdout = "";
    let stderr = "";
    let pending = "";
    let timedOut = false;
    const end = (signal) => {
      try {
        if (ownGroup && child.pid !== undefined) process.kill(-child.pid, signal);
        else child.kill(signal);
      } catch {
        // already gone
      }
    };
    const timer = setTimeout(() => {
      timedOut = true;
      end("SIGKILL");
    }, timeoutSeconds * 1000);
    const onInterrupt = () => {
      end("SIGTERM");
      process.exit(130);
    };
    process.once("SIGINT", onInterrupt);
    process.once("SIGTERM", onInterrupt);
    const settle = (result) => {
      clearTimeout(timer);
      process.removeListener("SIGINT", onInterrupt);
      process.removeListener("SIGTERM", onInterrupt);
      resolve({ stdout, stderr, timedOut, ...result });
    };
    child.stdout?.setEncoding("utf8").on("data", (text) => {
      stdout = (stdout + text).slice(-OUTPUT_KEPT);
    });
    child.stderr?.setEncoding("utf8").on("data", (text) => {
      stderr = (stderr + text).slice(-OUTPUT_KEPT);
      if (onLine === undefined) return;
      const lines = (pending + text).split("\n");
      pending = lines.pop() ?? "";
      lines.forEach(onLine);
    });
    child.on("error", (error) => settle({ code: 127, stderr: error.message }));
    child.on("close", (code) => settle({ code: code ?? 1 }));
  });
}

/** The last lines of a command's output that say something, for an error message. */
export function lastWords({ stdout, stderr, timedOut }, lines = 4) {
  if (timedOut) return "it took too long and was ended";
  const text = `${stdout}\n${stderr}`.split("\n").filter((line) => line.trim() !== "");
  return text.slice(-lines).join("\n    ") || "it printed nothing";
}
