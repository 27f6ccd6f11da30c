import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { writePackage } from "../../flow/index.js";
import { buildPackage } from "../../flow/source.js";
import { packageCommand } from "../../cli/package.js";
import { sluice } from "../cli/command-line.js";
import { CANARY, packageWithSecrets } from "../conformance/function-cases.js";

/** What each command is given, in each form that it can print; `build` makes a package, and prints nothing of one. */
const COMMANDS: Readonly<Record<string, (secret: string, other: string) => string[][]>> = {
  show: (secret) => forms(["show", secret], ["text", "json"]),
  diff: (secret, other) => [
    ...forms(["diff", other, secret], ["text", "json", "markdown"]),
    ...forms(["diff", secret, other], ["text", "json", "markdown"]),
  ],
  check: (secret, other) => forms(["check", secret, "--previous", other], ["text", "json"]),
  sql: (secret) => [["sql", secret, "--recipe", "Customers"]],
  run: (secret) => [["run", secret, "--recipe", "Customers"]],
};

const forms = (command: string[], names: readonly string[]) =>
  names.map((name) => [...command, "--format", name]);

const NOTHING = () => undefined;

describe("a package with secrets in its webhooks", () => {
  let folder: string;
  let secret: string;
  let other: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "sluice-canaries-"));
    [secret, other] = [join(folder, "secret.zip"), join(folder, "other.zip")];
    await writeFile(secret, await writePackage(packageWithSecrets()));
    await writeFile(
      other,
      await writePackage(await buildPackage("examples/quickstart/packages/orders-1.0.0")),
    );
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it("is given to every command that reads packages", () => {
    const names = packageCommand({ out: NOTHING, error: NOTHING, data: NOTHING, exitWith: NOTHING });
    const reading = names.commands.map((command) => command.name()).filter((name) => name !== "build");
    expect(Object.keys(COMMANDS).sort()).toEqual(reading.sort());
  });

  it.each(Object.keys(COMMANDS))("shows none of them in package %s, in no form", async (name) => {
    for (const words of COMMANDS[name]?.(secret, other) ?? []) {
      const { out, error } = await sluice("package", ...words);
      expect(out + error, words.join(" ")).not.toContain(CANARY);
      expect((out + error).length, words.join(" ")).toBeGreaterThan(20);
    }
  });
});
