import { Metadata, status } from "@grpc/grpc-js";
import type { ServerErrorResponse } from "@grpc/grpc-js";
import { ErrorResourceInitFailed } from "@pulumi/pulumi/proto/provider_pb.js";
import { Status } from "@pulumi/pulumi/proto/status_pb.js";
import { Any } from "google-protobuf/google/protobuf/any_pb.js";
import type { Struct } from "google-protobuf/google/protobuf/struct_pb.js";

/** A request that this version of the provider cannot answer. */
export class InvalidCall extends Error {
  override readonly name = "InvalidCall";
}

/** The object is there and its id must not be lost, but it is not as it should be; the engine keeps what this carries. */
export class InitFailed extends Error {
  override readonly name = "InitFailed";

  constructor(
    message: string,
    readonly kept: { id: string; state: Struct; inputs: Struct; refreshBeforeUpdate: boolean },
  ) {
    super(message);
  }
}

/** What the engine gets for an error: its message, which is for people, and no stack. */
export function toStatus(error: unknown): ServerErrorResponse & { code: status } {
  const message = error instanceof Error ? error.message : String(error);
  const answer = {
    name: "ProviderError",
    message,
    details: message,
    code: error instanceof InvalidCall ? status.INVALID_ARGUMENT : status.UNKNOWN,
  };
  return error instanceof InitFailed ? { ...answer, metadata: detailsOf(error) } : answer;
}

function detailsOf({ message, kept }: InitFailed): Metadata {
  const failed = new ErrorResourceInitFailed()
    .setId(kept.id)
    .setProperties(kept.state)
    .setInputs(kept.inputs)
    .setReasonsList([message])
    .setRefreshBeforeUpdate(kept.refreshBeforeUpdate);
  const detail = new Any();
  detail.pack(failed.serializeBinary(), "pulumirpc.ErrorResourceInitFailed");
  const whole = new Status().setCode(status.UNKNOWN).setMessage(message);
  whole.addDetails(detail);
  const metadata = new Metadata();
  metadata.set("grpc-status-details-bin", Buffer.from(whole.serializeBinary()));
  return metadata;
}
