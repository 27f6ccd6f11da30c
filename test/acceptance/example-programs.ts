import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { cp } from "node:fs/promises";
import { dirname, join } from "node:path";
import ts from "typescript";
import { ZipFile } from "yazl";
import { readArchive } from "../../flow/archive.js";

export type Host = "dynamic" | "plugin";

/** Every program below examples/, on every host that can run it. A new example is in it without a word. */
export const EXAMPLES: readonly { example: string; host: Host }[] = readdirSync("examples")
  .filter((example) => existsSync(join("examples", example, "Pulumi.yaml")))
  .flatMap((example) => {
    const isDynamic = isTypeScript(join("examples", example));
    return (isDynamic ? (["dynamic", "plugin"] as const) : (["plugin"] as const)).map((host) => ({
      example,
      host,
    }));
  });

/** The folder of an example on a host, below a copy of examples/: a copy, moved as docs/guides/hosts.md says, when it is for the other one. */
export async function onHost(examples: string, example: string, host: Host): Promise<string> {
  if (host === "dynamic" || !isTypeScript(join(examples, example))) return example;
  const folder = `${example}-on-plugin`;
  await cp(join(examples, example), join(examples, folder), { recursive: true });
  rewrite(join(examples, folder, "index.ts"), (program) =>
    program
      .replace('"pulumi-sluice"', '"pulumi-sluice/plugin"')
      .replace(/^( +)rules,$/m, "$1rules: { connections: rules.connections, values: rules.values },"),
  );
  const plugins = "plugins:\n  providers:\n    - name: sluice\n      path: ../../bin\n";
  rewrite(join(examples, folder, "Pulumi.yaml"), (project) => project + plugins);
  return folder;
}

/** Turns a program's resources round as far as their references allow, and lets it name the packages of {@link packAgain}. */
export function writeOtherwise(folder: string): void {
  const [file, reversed] = existsSync(join(folder, "index.ts"))
    ? (["index.ts", reverseStatements] as const)
    : (["Pulumi.yaml", reverseResources] as const);
  rewrite(join(folder, file), reversed);
  rewrite(join(folder, file), (program) => program.replaceAll(".zip", "-again.zip"));
}

/** Packs every package below a folder again, under another name: entries in the other order, of another time. */
export async function packAgain(directory: string): Promise<void> {
  const files = readdirSync(directory, { recursive: true, encoding: "utf8" }).filter((file) =>
    /packages\/[^/]+\.zip$/.test(file),
  );
  for (const file of files) {
    const path = join(directory, file);
    const zip = new ZipFile();
    const entries = [...(await readArchive(path, LIMITS, () => true))].reverse();
    for (const [name, bytes] of entries) zip.addBuffer(bytes, name, { mtime: new Date(2002, 2, 3) });
    zip.end();
    const chunks: Buffer[] = [];
    for await (const chunk of zip.outputStream) chunks.push(chunk as Buffer);
    const again = Buffer.concat(chunks);
    if (again.equals(readFileSync(path))) throw new Error(`${file} packed again is the same, byte for byte`);
    writeFileSync(path.replace(/\.zip$/, "-again.zip"), again);
  }
}

const LIMITS = { entries: 1000, unpackedBytes: 2 ** 28, ratio: 10_000 };

/** A program that imports the default SDK. */
function isTypeScript(folder: string): boolean {
  const program = join(folder, "index.ts");
  return existsSync(program) && readFileSync(program, "utf8").includes('from "pulumi-sluice"');
}

function rewrite(path: string, change: (text: string) => string): void {
  const before = readFileSync(path, "utf8");
  const after = change(before);
  if (after === before) throw new Error(`${join(dirname(path), path)} would stay as it is`);
  writeFileSync(path, after);
}

function reverseResources(program: string): string {
  return program.replace(/(?<=^resources:\n)(?: .*\n)+/m, (resources) =>
    resources
      .split(/^(?= {2}\S)/m)
      .reverse()
      .join(""),
  );
}

function reverseStatements(program: string): string {
  return textOf(ts.createSourceFile("index.ts", program, ts.ScriptTarget.Latest, true).statements);
}

/** Of what may come next, that which came last before. */
function textOf(statements: readonly ts.Statement[]): string {
  const left = [...statements];
  const texts: string[] = [];
  while (left.length > 0) {
    const last = left.findLastIndex((one) => left.every((other) => other === one || !needs(one, other)));
    texts.push(...left.splice(Math.max(last, 0), 1).map(withReversedBody));
  }
  return texts.join("");
}

function withReversedBody(statement: ts.Statement): string {
  const text = statement.getFullText();
  if (!ts.isFunctionDeclaration(statement) || statement.body === undefined) return text;
  const { pos, end } = statement.body.statements;
  const [from, to] = [pos - statement.pos, end - statement.pos];
  return text.slice(0, from) + textOf(statement.body.statements) + text.slice(to);
}

function needs(one: ts.Statement, other: ts.Statement): boolean {
  if (ts.isReturnStatement(one) || (ts.isImportDeclaration(other) && !ts.isImportDeclaration(one)))
    return true;
  const names = namesIn(
    other,
    ({ parent }) =>
      ts.isVariableDeclaration(parent) || ts.isFunctionDeclaration(parent) || ts.isBindingElement(parent),
  );
  const used = namesIn(
    one,
    (name) =>
      !(ts.isPropertyAssignment(name.parent) && name.parent.name === name) &&
      !(ts.isPropertyAccessExpression(name.parent) && name.parent.name === name),
  );
  return names.some((name) => used.includes(name));
}

function namesIn(node: ts.Node, isMeant: (name: ts.Identifier) => boolean): string[] {
  const names: string[] = [];
  const visit = (part: ts.Node) => {
    if (ts.isIdentifier(part) && isMeant(part)) names.push(part.text);
    ts.forEachChild(part, visit);
  };
  visit(node);
  return names;
}
