import { createHash } from "node:crypto";
import { mkdir, readFile, realpath, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { lastWords, runCommand } from "./run-command.mjs";

const SELF = "pulumi-sluice";

async function readJson(path) {
  try {
    return JSON.parse(await readFile(path, "utf8"));
  } catch {
    return undefined;
  }
}

/** npm leaves a lock of what it really installed; it must hold every package that package-lock.json asks for. */
export function isInstalled(wanted, installed) {
  return Object.entries(wanted.packages).every(([path, entry]) => {
    if (path === "" || !path.startsWith("node_modules/")) return true;
    const found = installed?.packages?.[path];
    if (found === undefined) return entry.optional === true;
    return found.version === entry.version && found.integrity === entry.integrity;
  });
}

/** `npm` as the program that called us names it, else the one on the PATH. */
function npmCommand() {
  const caller = process.env.npm_execpath;
  if (caller?.endsWith("npm-cli.js")) return [process.execPath, [caller]];
  return [process.platform === "win32" ? "npm.cmd" : "npm", []];
}

async function installWithNpm(root, say) {
  say("installing npm packages (npm ci): about a minute");
  const [command, before] = npmCommand();
  const flags = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
  const result = await runCommand(command, [...before, ...flags], { directory: root, timeoutSeconds: 900 });
  if (result.code !== 0) {
    // npm names the cause first and ends with a page of usage.
    const cause = result.stderr.split("\n").slice(0, 12).join("\n    ");
    throw new Error(`npm ci failed in ${root}:\n    ${cause || lastWords(result)}`);
  }
}

/** Programs in this repository import the package by its name, as their users do. */
async function linkSelf(root) {
  const link = join(root, "node_modules", SELF);
  const target = await realpath(link).catch(() => undefined);
  if (target === (await realpath(root))) return;
  await mkdir(join(root, "node_modules"), { recursive: true });
  await symlink(root, link, "junction");
}

/** Installs what package-lock.json asks for, unless it is there already; answers whether anything was done. */
export async function installDependencies(root, say) {
  const lockText = await readFile(join(root, "package-lock.json"), "utf8");
  const stampPath = join(root, "node_modules", ".sluice-installed.json");
  const stamp = JSON.stringify({
    lock: createHash("sha256").update(lockText).digest("hex"),
    node: process.versions.modules,
    system: `${process.platform}-${process.arch}`,
  });
  if ((await readFile(stampPath, "utf8").catch(() => undefined)) === stamp) return false;
  const installed = await readJson(join(root, "node_modules", ".package-lock.json"));
  const needsInstall = !isInstalled(JSON.parse(lockText), installed);
  if (needsInstall) await installWithNpm(root, say);
  await linkSelf(root);
  await writeFile(stampPath, stamp);
  return needsInstall;
}
