import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { ResourceProviderService } from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import * as pb from "@pulumi/pulumi/proto/provider_pb.js";
import type { FlowPackage } from "../../../../flow/index.js";
import { buildPackage } from "../../../../flow/source.js";
import { startPlatformProxy } from "../../../engine/platform-proxy.js";
import type { PlatformProxy } from "../../../engine/platform-proxy.js";
import { makeConnection, makeDeployment } from "../../by-hand.js";
import { startProviderTest, TOKEN } from "../../provider-test.js";
import type { ProviderTest, Values } from "../../provider-test.js";
import { secretOf, UNKNOWN_TEXT } from "./engine-form.js";
import { PluginProcess } from "./plugin-process.js";
import { StatusServer } from "./status-server.js";
import { ViewedRelease } from "./viewed-release.js";

const WAREHOUSE = "a7d6b1c0-0b52-11ef-8c55-0242ac120002";
const NAMES = [
  "Flow orders/Orders",
  "Recipe orders/Orders/Clean orders",
  "Recipe orders/Orders/Daily revenue",
  "Recipe orders/Orders/orders.csv",
  "Output orders/Orders/Daily revenue (manual)",
];
const CHANGED = NAMES.slice(1, 3);

type Views = "preview" | "state" | "off";

interface Prepared {
  test: ProviderTest;
  proxy: PlatformProxy;
  engine: StatusServer;
  release: ViewedRelease;
  deploymentId: string;
  v1: Values;
  v2: Values;
  configure: (views: Views) => Promise<void>;
  /** Operation and view of each step since the last look, in order. */
  heard: () => string[];
}

let plugin: PluginProcess;
let packages: Record<"v1" | "v2", FlowPackage>;

beforeAll(async () => {
  plugin = await PluginProcess.start();
  await plugin.call(
    ResourceProviderService.handshake,
    new pb.ProviderHandshakeRequest().setSupportsViews(true),
  );
  const build = (version: string) => buildPackage(`examples/quickstart/packages/orders-${version}`);
  packages = { v1: await build("1.0.0"), v2: await build("1.1.0") };
});
afterAll(() => plugin.close());

/** The plugin's own process between a real platform and an engine's ear for views. */
async function prepare(views: Views): Promise<Prepared> {
  const test = await startProviderTest();
  const proxy = await startPlatformProxy(test.platform.endpoint("prod"));
  const engine = await StatusServer.start();
  onTestFinished(async () => {
    engine.close();
    await proxy.close();
  });
  const deploymentId = await makeDeployment(test);
  await makeConnection(test, "warehouse", WAREHOUSE);
  const version = async (name: "v1" | "v2") => ({
    deploymentId,
    package: await test.packageFile(`${name}.zip`, packages[name]),
  });
  const release = new ViewedRelease(plugin, engine);
  const configure = (value: Views) =>
    release.configure({ endpoint: proxy.endpoint, token: TOKEN, retries: "0", views: value });
  await configure(views);
  return {
    ...{ test, proxy, engine, release, deploymentId, configure },
    ...{ v1: await version("v1"), v2: await version("v2") },
    heard: () => engine.heard.splice(0).map(({ op, view }) => `${op} ${view}`),
  };
}

const all = (op: string, names: readonly string[]) => names.map((name) => `${op} ${name}`);

/** A release whose views the engine has stored. */
async function prepareStored(): Promise<Prepared> {
  const prepared = await prepare("state");
  await prepared.release.up(prepared.v1);
  prepared.engine.store();
  expect([...prepared.engine.stored.keys()]).toEqual(NAMES);
  return prepared;
}

describe("views in previews only", () => {
  it("draw what will be there, and what changes, goes and comes", async () => {
    const { release, v1, v2, heard, engine } = await prepare("preview");
    await release.preview(v1);
    expect(heard()).toEqual(all("CREATE", NAMES));
    await release.up(v1);
    await release.preview(v2);
    expect(engine.heard.map(({ view, after }) => ({ view, after }))).toEqual([
      {
        view: "Recipe orders/Orders/Clean orders",
        after: {
          steps: [
            "- derive type: single value: quantity * price as: 'total'",
            "+ filter type: custom rowType: single row: customer_id == 'C-TEST' || quantity < 1 action: Delete",
            "+ derive type: single value: ROUND(quantity * price, 2) as: 'total'",
          ],
        },
      },
      {
        view: "Recipe orders/Orders/Daily revenue",
        after: {
          steps: [
            "- groupby type: agg group: day, country_name value: revenue = SUM(total), orders = COUNT()",
            "+ groupby type: agg group: day, country_name value: revenue = SUM(total), orders = COUNT(), average_order = AVERAGE(total)",
          ],
        },
      },
    ]);
    expect(heard()).toEqual(all("UPDATE", CHANGED));
  });

  it("never name a state before, which the engine does not have, and are told in no update", async () => {
    const { release, v1, v2, heard, engine } = await prepare("preview");
    await release.up(v1);
    expect(heard()).toEqual([]);
    await release.preview(v2);
    expect(engine.heard.filter(({ before }) => before !== undefined)).toEqual([]);
    engine.heard = [];
    await release.up(v2);
    await release.refresh();
    await release.destroy();
    expect(heard()).toEqual([]);
  });

  it("draw nothing that is not known yet", async () => {
    const { release, v1, heard } = await prepare("preview");
    await release.preview({ ...v1, rules: UNKNOWN_TEXT });
    expect(heard()).toEqual([]);
  });

  it("draw nothing when a secret is among the inputs, which the texts may hold", async () => {
    const { release, v1, v2, heard } = await prepare("preview");
    const rules = (bucket: unknown) => ({
      connections: [],
      values: [{ type: "s3Bucket", on: "acme-dev", with: bucket }],
    });
    const hidden = { ...v1, rules: rules(secretOf("acme-hidden")) };
    await release.preview(hidden);
    expect(heard()).toEqual([]);
    await release.preview({ ...v1, rules: rules("acme-open") });
    expect(heard()).toEqual(all("CREATE", NAMES));
    await release.up(v1);
    await release.preview({ ...v2, rules: rules(secretOf("acme-hidden")) });
    expect(heard()).toEqual([]);
  });

  it("are not worth failing for", async () => {
    const { release, v1, engine } = await prepare("preview");
    engine.isRefusing = true;
    await release.preview(v1);
    engine.close();
    await release.preview(v1);
  });
});

describe("views in the stack's state", () => {
  it("follow the release from its making to its end", async () => {
    const { release, engine, v1, v2, heard } = await prepareStored();
    await release.preview(v2);
    expect(heard()).toEqual(all("UPDATE", CHANGED));
    await release.up(v2);
    expect(engine.heard).toMatchObject(
      CHANGED.map((view) => ({ op: "UPDATE", view, before: engine.stored.get(view) })),
    );
    engine.store();
    await release.up(v1);
    engine.store();
    await release.destroy();
    expect(engine.heard.map(({ op }) => op)).toEqual(NAMES.map(() => "DELETE"));
    engine.store();
    expect([...engine.stored.keys()]).toEqual([]);
  });

  it("hold nothing when a secret is among the inputs", async () => {
    const { release, v1, engine } = await prepareStored();
    await release.up({ ...v1, active: secretOf(false) });
    engine.store();
    expect([...engine.stored.keys()]).toEqual([]);
  });

  it("stay as they are when the update fails", async () => {
    const { release, v2, heard, proxy } = await prepareStored();
    proxy.interfere(({ method }) => (method === "POST" ? { kind: "answer", status: 500 } : undefined));
    await expect(release.up(v2)).rejects.toThrow(/updating Release "orders".*500/);
    expect(heard()).toEqual([]);
  });

  it("stay as they are when the release was imported and nothing more", async () => {
    const { release, v2, heard, proxy } = await prepareStored();
    proxy.interfere(({ method }) => (method === "PATCH" ? { kind: "answer", status: 500 } : undefined));
    await expect(release.up(v2)).rejects.toThrow(/release 2 was imported, but not finished/);
    expect(heard()).toEqual([]);
    proxy.interfere(undefined);
    await release.up(v2);
    expect(heard()).toEqual(all("UPDATE", CHANGED));
  });

  it("are not there when the first import fails, and come with the next update", async () => {
    const { release, v1, heard, proxy } = await prepare("state");
    proxy.interfere(({ method }) => (method === "POST" ? { kind: "answer", status: 500 } : undefined));
    await expect(release.up(v1)).rejects.toThrow(/500/);
    expect(heard()).toEqual([]);
    proxy.interfere(undefined);
    await release.up(v1);
    expect(heard()).toEqual(all("CREATE", NAMES));
  });

  it("stay as they are when the engine does not take the steps of an update, which is done all the same", async () => {
    const { release, v2, engine, test } = await prepareStored();
    engine.isRefusing = true;
    await release.up(v2);
    const { data } = await test.call<{ data: object[] }>("GET", "/v4/releases");
    expect(data).toHaveLength(2);
  });

  it("keep a release in state whose end the engine did not take note of; destroying it again ends it", async () => {
    const { release, engine, heard, test } = await prepareStored();
    engine.isRefusing = true;
    await expect(release.destroy()).rejects.toThrow(/run the same command again/);
    expect(await test.call("GET", "/v4/releases")).toMatchObject({ data: [] });
    engine.isRefusing = false;
    await release.destroy();
    expect(heard()).toEqual(all("DELETE", NAMES));
  });

  it("go with a release that is gone", async () => {
    const { release, heard, test, deploymentId } = await prepareStored();
    await test.call("DELETE", `/v4/deployments/${deploymentId}`);
    expect(await release.refresh()).toBe(false);
    expect(heard()).toEqual(all("DELETE", NAMES));
  });

  it("keep a release that is gone in state while the engine takes no note", async () => {
    const { release, engine, test, deploymentId } = await prepareStored();
    await test.call("DELETE", `/v4/deployments/${deploymentId}`);
    engine.isRefusing = true;
    await expect(release.refresh()).rejects.toThrow(/did not take note/);
  });

  it("are left alone by a refresh of a release that is there", async () => {
    const { release, heard } = await prepareStored();
    expect(await release.refresh()).toBe(true);
    expect(heard()).toEqual([]);
  });

  it.each(["off", "preview"] as const)("leave it with the next refresh or update under %s", async (views) => {
    const { release, v2, heard, configure } = await prepareStored();
    await configure(views);
    expect(await release.refresh()).toBe(true);
    expect(heard()).toEqual(all("DELETE", NAMES));
    await release.up(v2);
    expect(heard()).toEqual(all("DELETE", NAMES));
    await release.destroy();
    expect(heard()).toEqual(all("DELETE", NAMES));
  });

  it("are not touched under another name of the release: the engine would end itself", async () => {
    const { release, v2, heard, engine } = await prepareStored();
    for (const [key, inputs] of engine.stored)
      engine.stored.set(key, { ...inputs, __of: "sluice:index:Release::former" });
    await release.up(v2);
    expect(heard()).toEqual([]);
  });
});
