import { Server, ServerCredentials } from "@grpc/grpc-js";
import type {
  sendUnaryData,
  ServerUnaryCall,
  ServerWritableStream,
  UntypedServiceImplementation,
} from "@grpc/grpc-js";
import type { IResourceProviderServer } from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import { ResourceProviderService } from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import { Empty } from "google-protobuf/google/protobuf/empty_pb.js";
import type { Calls } from "./calls.js";
import { toStatus } from "./status.js";

/** What the engine itself allows for one message. */
const LARGEST_MESSAGE_BYTES = 400 * 1024 * 1024;

/** Serves the provider protocol on a free port of this machine alone; answers the port. */
export async function serve(calls: Promise<Calls>): Promise<number> {
  const server = new Server({
    "grpc.max_receive_message_length": LARGEST_MESSAGE_BYTES,
    "grpc.max_send_message_length": LARGEST_MESSAGE_BYTES,
  });
  server.addService(ResourceProviderService, implementationOf(calls));
  return new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) => {
      if (error) reject(error);
      else resolve(port);
    });
  });
}

/** Calls that are not here (components, methods, parameters of packages) are answered as not implemented. */
function implementationOf(calls: Promise<Calls>): UntypedServiceImplementation {
  const settings = calls.then((all) => all.settings);
  const resources = calls.then((all) => all.resources);
  const functions = calls.then((all) => all.functions);
  return {
    handshake: unary(async (request) => (await settings).handshake(request)),
    attach: unary(async (request) => nothing((await settings).attach(request))),
    getPluginInfo: unary(async () => (await settings).getPluginInfo()),
    getSchema: unary(async (request) => (await settings).getSchema(request)),
    getMapping: unary(async () => (await settings).getMapping()),
    getMappings: unary(async () => (await settings).getMappings()),
    checkConfig: unary(async (request) => (await settings).checkConfig(request)),
    diffConfig: unary(async (request) => (await settings).diffConfig(request)),
    configure: unary(async (request) => (await settings).configure(request)),
    cancel: unary(async () => nothing((await settings).cancel())),
    invoke: unary(async (request) => (await functions).invoke(request)),
    check: unary(async (request) => (await resources).check(request)),
    diff: unary(async (request) => (await resources).diff(request)),
    create: unary(async (request) => (await resources).create(request)),
    read: unary(async (request) => (await resources).read(request)),
    list: streamed(async (request) => (await resources).list(request)),
    update: unary(async (request) => (await resources).update(request)),
    delete: unary(async (request) => nothing(await (await resources).delete(request))),
  } satisfies Partial<IResourceProviderServer>;
}

/** A call with one answer; whatever it throws becomes the status that the engine prints. */
function unary<Request, Answer>(answer: (request: Request) => Promise<Answer>) {
  return (call: ServerUnaryCall<Request, Answer>, callback: sendUnaryData<Answer>): void => {
    answer(call.request).then(
      (message) => callback(null, message),
      (error: unknown) => callback(toStatus(error)),
    );
  };
}

/** A call whose answers are streamed. */
function streamed<Request, Answer>(answers: (request: Request) => Promise<Answer[]>) {
  return (call: ServerWritableStream<Request, Answer>): void => {
    answers(call.request).then(
      (messages) => {
        for (const message of messages) call.write(message);
        call.end();
      },
      (error: unknown) => call.emit("error", toStatus(error)),
    );
  };
}

function nothing(_done: void): Empty {
  return new Empty();
}
