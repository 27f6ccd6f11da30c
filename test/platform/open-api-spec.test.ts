import { expect, test } from "vitest";
import { compileSchema } from "../../platform/validation.js";
import { startTestPlatform } from "./platform-fixture.js";

interface Operation {
  readonly summary?: string;
  readonly parameters: readonly { readonly name: string; readonly in: string }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: object }>> };
  readonly responses: object;
  readonly "x-sluice-extension"?: boolean;
  readonly "x-sluice-embeds"?: readonly string[];
}

async function readSpec(settings = {}) {
  const platform = await startTestPlatform({ settings });
  const { status, body } = await platform.call("GET", "/v4/open-api-spec");
  expect(status).toBe(200);
  const paths = body.paths as Record<string, Record<string, Operation>>;
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ name: `${method} ${path}`, path, operation })),
  );
  return { platform, body, paths, operations };
}

test("the document names the platform, its version and the environment's address", async () => {
  const { platform, body } = await readSpec({ productVersion: "9.2.0" });
  expect(body).toMatchObject({
    openapi: "3.0.3",
    info: { title: "Sluice embedded platform", version: "9.2.0" },
    servers: [{ url: platform.endpoint("dev") }],
  });
});

test("each operation has a summary, names its path parameters and a body schema that compiles", async () => {
  const { operations } = await readSpec();
  for (const { name, path, operation } of operations) {
    expect(operation.summary, name).toBeTruthy();
    const inPath = [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]);
    expect(
      operation.parameters.filter((one) => one.in === "path").map((one) => one.name),
      name,
    ).toEqual(inPath);
    const schema = operation.requestBody?.content["application/json"]?.schema;
    if (schema) expect(() => compileSchema(schema), name).not.toThrow();
  }
});

test("it lists the product's paths", async () => {
  const { paths } = await readSpec();
  for (const [path, methods] of [
    ["/v4/deployments/{id}", ["delete", "get", "patch"]],
    ["/v4/deployments/{id}/objectImportRules", ["get", "patch"]],
    ["/v4/deployments/{id}/releases", ["get", "post"]],
    ["/v4/deployments/{id}/releases/dryRun", ["post"]],
    ["/v4/releases/{id}/package", ["get"]],
    ["/v4/connections/{id}/status", ["get"]],
    ["/v4/flows/{id}/package", ["get"]],
    ["/v4/schedules/{id}/enable", ["post"]],
  ] as const) {
    expect(Object.keys(paths[path] ?? {}).sort(), path).toEqual(methods);
  }
});

test("reading routes name what they embed", async () => {
  const { paths } = await readSpec();
  expect(paths["/v4/deployments"]?.get?.["x-sluice-embeds"]).toEqual([
    "creator",
    "updater",
    "releases",
    "latestRelease",
    "objectImportRules",
    "valueImportRules",
  ]);
  expect(paths["/v4/releases/{id}"]?.get?.["x-sluice-embeds"]).toContain("flows");
  expect(paths["/v4/deployments"]?.post?.["x-sluice-embeds"]).toBeUndefined();
  expect(paths["/v4/deployments/count"]?.get?.["x-sluice-embeds"]).toBeUndefined();
});

test("extensions are marked, and deployment schedules are there only when they are switched on", async () => {
  const { operations } = await readSpec();
  const extensions = operations
    .filter(({ operation }) => operation["x-sluice-extension"])
    .map(({ name }) => name);
  expect(extensions).toContain("post /v4/deploymentSchedules");
  expect(extensions).toContain("get /v4/deploymentSchedules/{id}");
  expect(extensions).not.toContain("post /v4/deployments");
  const without = await readSpec({ deploymentSchedules: false });
  expect(Object.keys(without.paths).filter((path) => path.includes("deploymentSchedules"))).toEqual([]);
});
