import { credentials, Metadata } from "@grpc/grpc-js";
import type * as pb from "@pulumi/pulumi/proto/provider_pb.js";
import { ResourceStatusClient } from "@pulumi/pulumi/proto/resource_status_grpc_pb.js";
import { PublishViewStepsRequest } from "@pulumi/pulumi/proto/resource_status_pb.js";
import type { ViewStep } from "@pulumi/pulumi/proto/resource_status_pb.js";

/** Time for the engine to take the steps, in milliseconds: it is on this machine and only takes note of them. */
const ANSWER_WITHIN = 10_000;

/** A call that may tell the engine what happens to the views of its resource. */
export type ViewRequest = pb.CreateRequest | pb.UpdateRequest | pb.ReadRequest | pb.DeleteRequest;

/** Whether the engine takes steps in this call; it takes none in an import, or with an older engine. */
export function isTakingViews(request: ViewRequest): boolean {
  return request.getResourceStatusAddress() !== "" && request.getResourceStatusToken() !== "";
}

/**
 * Hands steps of views over to the engine. In an update it stores them whatever the call then answers, and a plain error
 * after this breaks the stack's state: nothing may fail between this and the answer.
 */
export async function publishViewSteps(request: ViewRequest, steps: readonly ViewStep[]): Promise<void> {
  if (steps.length === 0) return;
  const message = new PublishViewStepsRequest()
    .setToken(request.getResourceStatusToken())
    .setStepsList([...steps]);
  const client = new ResourceStatusClient(request.getResourceStatusAddress(), credentials.createInsecure());
  try {
    await new Promise<void>((resolve, reject) => {
      const limit = { deadline: Date.now() + ANSWER_WITHIN };
      client.publishViewSteps(message, new Metadata(), limit, (error) => {
        if (error) reject(error);
        else resolve();
      });
    });
  } finally {
    client.close();
  }
}
