import { runInNewContext } from "node:vm";
import * as pulumi from "@pulumi/pulumi";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { registry } from "../../../provider/registry.js";
import * as sluice from "../../../sdk/nodejs/index.js";

const CANARY = "canary-77aa";
const seen: pulumi.runtime.MockResourceArgs[] = [];

beforeAll(async () => {
  await pulumi.runtime.setMocks(
    {
      newResource: (args) => {
        seen.push(args);
        return { id: "5", state: args.inputs as Record<string, unknown> };
      },
      call: ({ inputs }) => inputs as Record<string, unknown>,
    },
    "shop",
    "prod",
  );
});
beforeEach(() => void seen.splice(0));

/** The registration that the engine gets for a resource. */
async function registered(
  resource: pulumi.Resource,
): Promise<{ type: string; inputs: Record<string, unknown> }> {
  await new Promise((resolve) => resource.urn.apply(resolve));
  const last = seen.at(-1);
  if (last === undefined) throw new Error("nothing was registered");
  return { type: last.type, inputs: last.inputs as Record<string, unknown> };
}

const classes = sluice as unknown as Record<
  string,
  new (name: string, args: Record<string, unknown>) => pulumi.CustomResource
>;

describe("a class of the SDK", () => {
  it.each(registry.map(({ name }) => name))("%s has a type of its own and an owner", async (name) => {
    const Class = classes[name];
    if (Class === undefined) throw new Error(`the SDK has no ${name}`);
    const { type, inputs } = await registered(new Class("it", {}));
    expect(type).toBe(`pulumi-nodejs:dynamic/sluice:${name}`);
    expect(inputs).toMatchObject({ owner: "shop/prod/it" });
  });

  it("refuses half of a character, which would not reach the engine, and leaves outputs alone", async () => {
    const half = "half of a character (U+D800 alone), which no platform keeps; remove it";
    expect(() => new sluice.Deployment("orders", { name: "a\ud800" })).toThrow(
      new pulumi.RunError(`Deployment "orders": name holds ${half}`),
    );
    const params = { list: [{ text: "\ud800" }] };
    expect(
      () => new sluice.Connection("warehouse", { name: "w", params } as unknown as sluice.ConnectionArgs),
    ).toThrow(new pulumi.RunError(`Connection "warehouse": params.list[0].text holds ${half}`));
    const { inputs } = await registered(
      new sluice.Deployment("orders", { name: pulumi.output("a\u{1f600}") }),
    );
    expect(inputs).toMatchObject({ name: "a\u{1f600}" });
  });

  it.each(registry.map(({ name }) => name))(
    "%s keeps one short line as its provider: the same for all, with nothing captured",
    async (name) => {
      const Class = classes[name];
      if (Class === undefined) throw new Error(`the SDK has no ${name}`);
      const line = async (resource: string, args: Record<string, unknown>) => {
        const { inputs } = await registered(new Class(resource, args));
        return String(inputs.__provider);
      };
      const text = await line("one", { name: CANARY });
      expect(await line("two", {})).toBe(text);
      expect(text.length).toBeLessThan(120);
      const asked: string[] = [];
      const exports: { handler?: () => unknown } = {};
      const require = (path: string) => {
        asked.push(path);
        return { provider: (resource: string) => `provider of ${resource}` };
      };
      runInNewContext(text, { exports, require });
      expect(asked).toEqual([]);
      expect(exports.handler?.()).toBe(`provider of ${name}`);
      expect(asked).toEqual(["pulumi-sluice/dynamic"]);
    },
  );

  it("leaves out what the program leaves out", async () => {
    const { inputs } = await registered(new sluice.Deployment("it", { name: "orders" }));
    expect(Object.keys(inputs).sort()).toEqual(["__provider", "name", "owner"]);
  });

  it("takes a resource of rules for its rules, and only for them", async () => {
    const rules = new sluice.ImportRules("rules", {
      deploymentId: "1",
      values: [{ type: "s3Bucket", on: "a", with: "b" }],
      connections: [],
    });
    const release = new sluice.Release("it", { deploymentId: "1", package: "orders.zip", rules });
    const { inputs } = await registered(release);
    expect(inputs.rules).toEqual({
      values: [{ type: "s3Bucket", on: "a", with: "b" }],
      connections: [],
    });
  });

  it("makes credentials secret although the program did not", async () => {
    const resource = new sluice.Connection("it", {
      name: "warehouse",
      vendor: "postgres",
      credentials: { password: CANARY },
    });
    await registered(resource);
    const { credentials } = resource as unknown as { credentials: pulumi.Output<unknown> };
    expect(await pulumi.isSecret(credentials)).toBe(true);
  });
});
