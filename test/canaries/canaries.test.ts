import { mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { secretSettings } from "../../provider/config.js";
import { registry } from "../../provider/registry.js";
import { Canaries } from "./canaries.js";
import { secretInputs } from "./secret-inputs.js";

it.each<[string, (secret: string) => string]>([
  ["in clear", (secret) => secret],
  ["in clear", (secret) => JSON.stringify(JSON.stringify({ secret }))],
  ["in clear", (secret) => encodeURIComponent(secret)],
  ["in hex", (secret) => Buffer.from(secret).toString("hex")],
  ["in base64", (secret) => btoa(encodeURIComponent(secret))],
  ["in base64", (secret) => Buffer.from(`u:${secret}`).toString("base64")],
  ["in base64", (secret) => Buffer.from(`user:${secret}:more`).toString("base64url")],
  ["in base64", (secret) => Buffer.from(`loader:${secret}`).toString("base64")],
])("a canary is found %s", (form, show) => {
  const canaries = new Canaries();
  canaries.make("another");
  const secret = canaries.make("password");
  for (const around of ["", "a", "ab"])
    expect(canaries.findIn(`before ${around}${show(secret)} after`)).toEqual([`password ${form}`]);
  expect(canaries.findIn(Buffer.from(show(secret)))).toEqual([`password ${form}`]);
  expect(canaries.findIn(`before ${show("[secret]")} after`)).toEqual([]);
  expect(canaries.findIn(show(secret), (place) => place === "password")).toEqual([]);
});

it("files are searched, and links are not followed", async () => {
  const folder = await mkdtemp(join(tmpdir(), "sluice-canaries-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const canaries = new Canaries();
  await writeFile(join(folder, "kept"), `x${canaries.make("token", { plain: true })}`);
  await symlink(join(folder, "kept"), join(folder, "link"));
  expect(await canaries.findBelow(folder)).toEqual({ found: ["kept: token in clear"], searched: ["kept"] });
});

it("every secret field of every resource gets canaries, in every form that a secret can be stated in", () => {
  const canaries = new Canaries();
  const made = registry.flatMap((definition) => {
    const inputs = secretInputs(definition, canaries);
    return inputs === undefined ? [] : [[definition.name, inputs]];
  });
  expect(made.map(([name]) => name)).toContain("Connection");
  const { values, references } = secretInputs(registry[0] ?? expect.fail(), canaries) ?? expect.fail();
  expect(values).toEqual({
    credentials: {
      literal: expect.stringContaining("canarysecret") as string,
      fromEnv: { fromEnv: "CANARY_CONNECTION_CREDENTIALS" },
      fromFile: { fromFile: "canary-connection-credentials" },
    },
  });
  expect(references.map(({ kind, name }) => `${kind} ${name}`)).toEqual([
    "fromEnv CANARY_CONNECTION_CREDENTIALS",
    "fromFile canary-connection-credentials",
  ]);
});

it("every input and setting that the schema calls secret has canaries in the engine's test", async () => {
  const schema = JSON.parse(await readFile("schema.json", "utf8")) as Schema;
  const secretsAmong = (properties: Properties = {}) =>
    Object.keys(properties).filter((name) => properties[name]?.secret === true);
  const inSchema = Object.entries(schema.resources).flatMap(([token, { inputProperties }]) =>
    secretsAmong(inputProperties).map((name) => `${token.split(":").at(-1)}.${name}`),
  );
  const withCanaries = registry.flatMap((definition) =>
    Object.keys(secretInputs(definition, new Canaries())?.values ?? {}).map(
      (name) => `${definition.name}.${name}`,
    ),
  );
  expect(withCanaries).toEqual(inSchema);
  // Tokens and passwords stand there among the environments, and a token for the stack's own.
  expect(secretsAmong(schema.config.variables).sort()).toEqual(["environments", "password", "token"]);
  expect([...secretSettings].sort()).toEqual(["environments", "password", "token"]);
  const ofFunctions = Object.values(schema.functions).flatMap(({ inputs }) =>
    secretsAmong(inputs?.properties),
  );
  expect(ofFunctions).toEqual([]);
});

type Properties = Readonly<Record<string, { readonly secret?: boolean }>>;

interface Schema {
  readonly config: { readonly variables: Properties };
  readonly resources: Readonly<Record<string, { readonly inputProperties?: Properties }>>;
  readonly functions: Readonly<Record<string, { readonly inputs?: { readonly properties?: Properties } }>>;
}
