// As little as a plugin can be: resources are made of their inputs, and it talks to nobody. What Sluice costs is told beside it.
const { Server, ServerCredentials } = require("@grpc/grpc-js");
const { ResourceProviderService } = require("@pulumi/pulumi/proto/provider_grpc_pb.js");
const { PluginInfo } = require("@pulumi/pulumi/proto/plugin_pb.js");
const pb = require("@pulumi/pulumi/proto/provider_pb.js");
const { Empty } = require("google-protobuf/google/protobuf/empty_pb.js");

const { DIFF_NONE, DIFF_SOME } = pb.DiffResponse.DiffChanges;

/** Resources whose input `refresh` is true are read before every preview. */
const isRefreshed = (inputs) => inputs.getFieldsMap().get("refresh")?.getBoolValue() === true;
const isSame = (one, other) => String(one.serializeBinary()) === String(other.serializeBinary());

const answers = {
  handshake: () => new pb.ProviderHandshakeResponse().setAcceptSecrets(true).setAcceptOutputs(true),
  getPluginInfo: () => new PluginInfo().setVersion("0.0.1"),
  checkConfig: (request) => new pb.CheckResponse().setInputs(request.getNews()),
  diffConfig: () => new pb.DiffResponse().setChanges(DIFF_NONE),
  configure: () =>
    new pb.ConfigureResponse().setAcceptsecrets(true).setSupportspreview(true).setAcceptoutputs(true),
  check: (request) => new pb.CheckResponse().setInputs(request.getNews()),
  diff: (request) =>
    new pb.DiffResponse().setChanges(
      isSame(request.getOldInputs(), request.getNews()) ? DIFF_NONE : DIFF_SOME,
    ),
  create: (request) =>
    new pb.CreateResponse()
      .setId("noop")
      .setProperties(request.getProperties())
      .setRefreshBeforeUpdate(isRefreshed(request.getProperties())),
  read: (request) =>
    new pb.ReadResponse()
      .setId(request.getId())
      .setProperties(request.getProperties())
      .setInputs(request.getInputs())
      .setRefreshBeforeUpdate(isRefreshed(request.getInputs())),
  update: (request) =>
    new pb.UpdateResponse()
      .setProperties(request.getNews())
      .setRefreshBeforeUpdate(isRefreshed(request.getNews())),
  delete: () => new Empty(),
  cancel: () => new Empty(),
};

process.once("SIGINT", () => process.exit(0));
const server = new Server();
server.addService(
  ResourceProviderService,
  Object.fromEntries(
    Object.entries(answers).map(([name, answer]) => [
      name,
      (call, callback) => callback(null, answer(call.request)),
    ]),
  ),
);
server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) => {
  if (error) throw error;
  process.stdout.write(`${port}\n`);
});
