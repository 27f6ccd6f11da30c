import { readFileSync } from "node:fs";
import { join } from "node:path";
import { status } from "@grpc/grpc-js";
import type { ServiceError } from "@grpc/grpc-js";
import { PluginInfo } from "@pulumi/pulumi/proto/plugin_pb.js";
import { ResourceProviderService } from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import * as pb from "@pulumi/pulumi/proto/provider_pb.js";
import { Empty } from "google-protobuf/google/protobuf/empty_pb.js";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { startProviderTest } from "../../provider-test.js";
import type { Values } from "../../provider-test.js";
import { fromStruct, KIND, secretOf, toStruct, UNKNOWN_TEXT } from "./engine-form.js";
import { PluginHost } from "./plugin-host.js";
import { PluginProcess } from "./plugin-process.js";

const ROOT = join(__dirname, "..", "..", "..", "..");
/** Must be found in no answer. */
const CANARY = "canary-91d2e0";
const { DIFF_NONE, DIFF_SOME } = pb.DiffResponse.DiffChanges;
const service = ResourceProviderService;

let host: PluginHost;
beforeAll(async () => {
  host = await PluginHost.start();
});
afterAll(() => host.close());

/** A process that nobody has spoken to yet. */
async function startFresh(environment: Record<string, string> = {}): Promise<PluginProcess> {
  const plugin = await PluginProcess.start(environment);
  onTestFinished(() => plugin.close());
  return plugin;
}

async function refusalOf(call: Promise<unknown>): Promise<{ code: number; details: string }> {
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason as ServiceError,
  );
  if (error === undefined) throw new Error("the call should have been refused, and was not");
  return { code: error.code, details: error.details };
}

function urnOf(type: string): string {
  return `urn:pulumi:prod::shop::sluice:index:${type}::it`;
}

function checkOf(type: string, news: Values): pb.CheckRequest {
  return new pb.CheckRequest().setUrn(urnOf(type)).setOlds(toStruct({})).setNews(toStruct(news));
}

describe("the plugin itself", () => {
  it("says its version, its schema, and that it converts programs of no other provider", async () => {
    const { version } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { version: string };
    expect(await host.plugin.call(service.getPluginInfo, new Empty())).toEqual(
      new PluginInfo().setVersion(version),
    );
    const schema = await host.plugin.call(service.getSchema, new pb.GetSchemaRequest());
    expect(schema.getSchema()).toBe(readFileSync(join(ROOT, "schema.json"), "utf8"));
    const mapping = await host.plugin.call(
      service.getMapping,
      new pb.GetMappingRequest().setKey("terraform"),
    );
    expect(mapping.toObject()).toEqual({ provider: "", data: "" });
    const mappings = await host.plugin.call(
      service.getMappings,
      new pb.GetMappingsRequest().setKey("terraform"),
    );
    expect(mappings.getProvidersList()).toEqual([]);
  });

  it("knows one version of the schema, and says so of another", async () => {
    const refusal = await refusalOf(
      host.plugin.call(service.getSchema, new pb.GetSchemaRequest().setVersion(2)),
    );
    expect(refusal).toEqual({
      code: status.INVALID_ARGUMENT,
      details: "schemas of version 2 are not known to this version of Sluice; it has version 0",
    });
  });

  it("answers what it does not do as not implemented, which the engine knows how to take", async () => {
    for (const refused of [
      host.plugin.call(service.construct, new pb.ConstructRequest()),
      host.plugin.call(service.call, new pb.CallRequest()),
      host.plugin.call(service.parameterize, new pb.ParameterizeRequest()),
    ])
      expect((await refusalOf(refused)).code).toBe(status.UNIMPLEMENTED);
  });

  it("names the nearest resource type for one that it does not have", async () => {
    const refusal = await refusalOf(host.plugin.call(service.check, checkOf("Conection", {})));
    expect(refusal).toEqual({
      code: status.INVALID_ARGUMENT,
      details:
        'there is no resource type sluice:index:Conection in this version of Sluice (did you mean "Connection"?)',
    });
    const elsewhere = new pb.CheckRequest().setUrn("urn:pulumi:prod::shop::aws:s3/bucket:Bucket::it");
    expect((await refusalOf(host.plugin.call(service.check, elsewhere))).details).toContain(
      "there is no resource type aws:s3/bucket:Bucket",
    );
  });

  it("takes and gives messages far above the 4 MB that gRPC allows by itself", async () => {
    const test = await startProviderTest({}, {}, host);
    const resource = test.resource("Connection");
    const params = { blob: "x".repeat(9 * 1024 * 1024) };
    const { inputs, failures } = await resource.check({ name: "a", vendor: "postgres", params });
    expect(failures).toEqual([]);
    expect((inputs.params as Values).blob).toBe(params.blob);
  });
});

describe("settings", () => {
  async function bothAnswers(
    settings: Values,
  ): Promise<{ checked: pb.CheckFailure.AsObject[]; refused: string }> {
    const check = new pb.CheckRequest().setOlds(toStruct({})).setNews(toStruct(settings));
    const checked = await host.plugin.call(service.checkConfig, check);
    const configure = new pb.ConfigureRequest().setArgs(toStruct(settings)).setAcceptsecrets(true);
    const { details } = await refusalOf(host.plugin.call(service.configure, configure));
    return { checked: checked.getFailuresList().map((failure) => failure.toObject()), refused: details };
  }

  it.each<[string, Values, RegExp]>([
    [
      "an unknown key",
      { endpiont: "https://a" },
      /: sluice:endpiont is not a setting \(did you mean "endpoint"\?\)$/,
    ],
    ["a key of another provider", { region: "x" }, /: sluice:region is not a setting; there are endpoint, /],
    [
      "an endpoint that is no URL",
      { endpoint: "example" },
      /: sluice:endpoint: must be an http or https URL/,
    ],
    [
      "a user in the endpoint",
      { endpoint: `https://ann:${CANARY}@a` },
      /: sluice:endpoint: must not hold a user/,
    ],
    [
      "an object for a token",
      { token: { is: CANARY } },
      /: sluice:token: must be the text itself, or an object of either/,
    ],
    [
      "text for the environments",
      { environments: `{"dev": ${CANARY}` },
      /: sluice:environments: .*expected record/,
    ],
    [
      "an environment's misspelt token",
      { environments: JSON.stringify({ dev: { tokn: CANARY } }) },
      /: sluice:environments\.dev\.tokn is not a setting \(did you mean "token"\?\)$/,
    ],
    ["text for a number", { retries: CANARY }, /: sluice:retries: .*expected number/],
  ])(
    "that hold %s are refused by name and without a value, and by Configure in the same words",
    async (_what, settings, words) => {
      const { checked, refused } = await bothAnswers(settings);
      expect(checked).toEqual([{ property: "", reason: refused }]);
      expect(refused).toMatch(words);
      expect(refused).not.toContain(CANARY);
    },
  );

  it("that are not known yet pass", async () => {
    const news = toStruct({ endpoint: UNKNOWN_TEXT, token: secretOf(UNKNOWN_TEXT), version: "0.1.0" });
    const answer = await host.plugin.call(service.checkConfig, new pb.CheckRequest().setNews(news));
    expect(answer.getFailuresList()).toEqual([]);
    expect(fromStruct(answer.getInputs())).toEqual(fromStruct(news));
  });

  it("that change never replace what was made under the former ones", async () => {
    const settings = { endpoint: "https://a", token: "a", environments: "{}", version: "0.1.0" };
    const diffTo = async (news: Values) =>
      host.plugin.call(
        service.diffConfig,
        new pb.DiffRequest()
          .setOldInputs(toStruct(settings))
          .setOlds(toStruct(settings))
          .setNews(toStruct(news)),
      );
    for (const news of [{ ...settings, endpoint: "https://b" }, { ...settings, token: "b" }, {}]) {
      const answer = await diffTo(news);
      expect(answer.getChanges()).toBe(DIFF_SOME);
      expect([answer.getReplacesList(), answer.getDeletebeforereplace()]).toEqual([[], false]);
    }
    expect((await diffTo(settings)).getChanges()).toBe(DIFF_NONE);
    expect((await diffTo({ ...settings, version: "0.2.0" })).getChanges()).toBe(DIFF_NONE);
  });

  it("must be there before anything else is asked", async () => {
    const plugin = await startFresh();
    const refusal = await refusalOf(plugin.call(service.check, checkOf("Deployment", { name: "a" })));
    expect(refusal.details).toMatch(/called before it was configured; this is a fault of the engine$/);
  });

  it("may come from the environment, and a platform that is named nowhere shows in the check", async () => {
    const unset = { SLUICE_ENDPOINT: "", SLUICE_TOKEN: "" };
    const nowhere = await startFresh(unset);
    const configure = new pb.ConfigureRequest().setArgs(toStruct({}));
    await nowhere.call(service.configure, configure);
    const answer = await nowhere.call(service.check, checkOf("Deployment", { name: "a" }));
    expect(answer.getFailuresList().map((failure) => failure.toObject())).toEqual([
      {
        property: "",
        reason:
          'checking Deployment "it": no platform is named: run `pulumi config set sluice:endpoint https://…` or set SLUICE_ENDPOINT',
      },
    ]);
    const test = await startProviderTest();
    const there = await startFresh({
      SLUICE_ENDPOINT: test.platform.endpoint("prod"),
      SLUICE_TOKEN: "provider-test-token-2c7a",
    });
    await there.call(service.configure, configure);
    const create = new pb.CreateRequest()
      .setUrn(urnOf("Deployment"))
      .setProperties(toStruct({ name: "a", owner: "shop/prod/it" }));
    expect((await there.call(service.create, create)).getId()).toBe("1");
  });
});

describe("an engine", () => {
  it.each([
    ["that can read before it updates is asked to, for what changes by hand", true],
    ["that cannot is not", false],
  ])("%s", async (_what, isAble) => {
    const plugin = await startFresh();
    const handshake = new pb.ProviderHandshakeRequest().setSupportsRefreshBeforeUpdate(isAble);
    const answer = await plugin.call(service.handshake, handshake);
    expect([answer.getAcceptSecrets(), answer.getAcceptOutputs()]).toEqual([true, true]);
    const configure = new pb.ConfigureRequest().setArgs(
      toStruct({ endpoint: "http://127.0.0.1:1", token: "a" }),
    );
    await plugin.call(service.configure, configure);
    const planned = async (type: string) => {
      const request = new pb.CreateRequest().setUrn(urnOf(type)).setProperties(toStruct({})).setPreview(true);
      return (await plugin.call(service.create, request)).getRefreshBeforeUpdate();
    };
    expect([await planned("Release"), await planned("Connection")]).toEqual([isAble, false]);
  });

  it("that is older and does not shake hands is served all the same", async () => {
    const plugin = await startFresh();
    const configure = new pb.ConfigureRequest().setArgs(
      toStruct({ endpoint: "http://127.0.0.1:1", token: "a" }),
    );
    const configured = await plugin.call(service.configure, configure);
    expect([configured.getAcceptsecrets(), configured.getSupportspreview()]).toEqual([true, true]);
    const request = new pb.CreateRequest()
      .setUrn(urnOf("Release"))
      .setProperties(toStruct({}))
      .setPreview(true);
    expect((await plugin.call(service.create, request)).getRefreshBeforeUpdate()).toBe(false);
  });
});

it("the texts of the protocol are those of Pulumi's own SDK", () => {
  const sdk = readFileSync(join(ROOT, "node_modules/@pulumi/pulumi/runtime/rpc.js"), "utf8");
  for (const text of [KIND, UNKNOWN_TEXT, String(secretOf("")[KIND])]) expect(sdk).toContain(text);
});
