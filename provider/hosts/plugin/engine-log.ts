import { credentials } from "@grpc/grpc-js";
import { EngineClient } from "@pulumi/pulumi/proto/engine_grpc_pb.js";
import { LogRequest, LogSeverity } from "@pulumi/pulumi/proto/engine_pb.js";
import type { Say } from "../../framework/define-resource.js";

/** What the engine shows of a message under a resource; a plugin's own output is shown nowhere. */
export class EngineLog {
  readonly #client: EngineClient;
  /** Messages are calls of their own; the engine would take them in any order. */
  #last: Promise<void> = Promise.resolve();

  /** @param address of the engine, as the handshake or the command line gives it. */
  constructor(address: string) {
    this.#client = new EngineClient(address, credentials.createInsecure());
  }

  /** Says it under the resource; a message that cannot be delivered stops nothing. */
  say(urn: string, ...[severity, message]: Parameters<Say>): void {
    const request = new LogRequest()
      .setSeverity(severity === "warning" ? LogSeverity.WARNING : LogSeverity.INFO)
      .setEphemeral(severity === "progress")
      .setMessage(message)
      .setUrn(urn);
    this.#last = this.#last.then(() => new Promise((done) => this.#client.log(request, () => done())));
  }
}
