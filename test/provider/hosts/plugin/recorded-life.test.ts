import type { MethodDefinition, ServiceError } from "@grpc/grpc-js";
import { ResourceProviderService } from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import * as pb from "@pulumi/pulumi/proto/provider_pb.js";
import { Empty } from "google-protobuf/google/protobuf/empty_pb.js";
import { expect, it, onTestFinished } from "vitest";
import { buildPackage } from "../../../../flow/source.js";
import { startProviderTest, TOKEN } from "../../provider-test.js";
import type { ProviderTest } from "../../provider-test.js";
import { UNKNOWN_TEXT } from "./engine-form.js";
import { PluginProcess } from "./plugin-process.js";
import { fillMessage, fromLog, toJson } from "./protocol-json.js";
import * as recorded from "./recorded-life.js";
import type { RecordedCall } from "./recorded-life.js";

type Message = object & { toObject(): unknown };
type AnyMethod = MethodDefinition<Message, Message>;

const REQUESTS: Record<string, new () => object> = {
  Handshake: pb.ProviderHandshakeRequest,
  GetPluginInfo: Empty,
  CheckConfig: pb.CheckRequest,
  DiffConfig: pb.DiffRequest,
  Configure: pb.ConfigureRequest,
  Check: pb.CheckRequest,
  Diff: pb.DiffRequest,
  Create: pb.CreateRequest,
  Read: pb.ReadRequest,
  Update: pb.UpdateRequest,
  Delete: pb.DeleteRequest,
  Cancel: Empty,
};

const ABOUT_RESOURCES: readonly string[] = ["Check", "Diff", "Create", "Read", "Update", "Delete"];
const RECORD = "record it anew, as test/engine/record-plugin-life.ts says";

/** What differs between two platforms and two days, and means the same. */
function withoutChance(value: unknown, test: ProviderTest): unknown {
  const text = JSON.stringify(value)
    .replaceAll(test.platform.endpoint("prod"), recorded.ENDPOINT)
    .replaceAll(TOKEN, recorded.TOKEN)
    .replace(/\b20\d\d-\d\d-\d\d \d\d:\d\d\b/g, "{time}")
    .replace(/\b[0-9a-f]{32}\.[0-9a-f]{64}\b/g, "{fingerprint}")
    .replace(/\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g, (uuid) =>
      uuid === UNKNOWN_TEXT ? uuid : "{uuid}",
    );
  return JSON.parse(text) as unknown;
}

async function ask(plugin: PluginProcess, call: RecordedCall, test: ProviderTest): Promise<unknown> {
  const Request = REQUESTS[call.method];
  const name = call.method.charAt(0).toLowerCase() + call.method.slice(1);
  const method = (ResourceProviderService as unknown as Record<string, AnyMethod | undefined>)[name];
  if (Request === undefined || method === undefined) throw new Error(`no test knows the call ${call.method}`);
  const request = JSON.stringify(call.request)
    .replaceAll(recorded.ENDPOINT, test.platform.endpoint("prod"))
    .replaceAll(recorded.TOKEN, TOKEN);
  const message = fillMessage(new Request(), JSON.parse(request) as Record<string, unknown>) as Message;
  try {
    return { response: toJson(await plugin.call(method, message)) };
  } catch (error) {
    return { refusal: (error as ServiceError).details };
  }
}

it("a life that was recorded from an engine is answered as it was then", async () => {
  const test = await startProviderTest();
  for (const version of ["1.0.0", "1.1.0"])
    await test.packageFile(
      `orders-${version}.zip`,
      await buildPackage(`examples/quickstart/packages/orders-${version}`),
    );
  const asked = new Set<string>();
  for (const { command, steps } of recorded.readRecordedLife()) {
    const processes: PluginProcess[] = [];
    // A process that only checks settings is asked for nothing else when one is configured with the same already.
    let configured: PluginProcess | undefined;
    onTestFinished(async () => void (await Promise.all(processes.map((each) => each.close()))));
    for (const [index, step] of steps.entries()) {
      if ("byHand" in step) {
        await test.call(step.byHand.method, step.byHand.path, step.byHand.body);
        continue;
      }
      const { method, request, response, refusal } = step;
      if (method === "Handshake") processes.push(await PluginProcess.start({}, test.folder));
      if (method === "Configure") configured = processes.at(-1);
      const plugin = ABOUT_RESOURCES.includes(method) ? configured : processes.at(-1);
      if (plugin === undefined) throw new Error(`${command} was recorded without its beginning`);
      const then = response ? { response: fromLog(response) } : { refusal };
      const now = await ask(plugin, step, test);
      const place = [command, `step ${index + 1}`, method, request.urn].join(", ");
      expect(withoutChance(now, test), `${place}; a change that is meant: ${RECORD}`).toEqual(
        withoutChance(then, test),
      );
      asked.add(method);
    }
    await Promise.all(processes.map((each) => each.close()));
  }
  expect([...asked].sort()).toEqual(Object.keys(REQUESTS).sort());
}, 120_000);
