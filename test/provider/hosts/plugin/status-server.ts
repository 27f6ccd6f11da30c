import { Server, ServerCredentials, status } from "@grpc/grpc-js";
import { ResourceStatusService } from "@pulumi/pulumi/proto/resource_status_grpc_pb.js";
import type { IResourceStatusServer } from "@pulumi/pulumi/proto/resource_status_grpc_pb.js";
import { PublishViewStepsResponse, ViewStep } from "@pulumi/pulumi/proto/resource_status_pb.js";
import type { ViewStepState } from "@pulumi/pulumi/proto/resource_status_pb.js";
import * as pb from "@pulumi/pulumi/proto/provider_pb.js";
import { fromStruct, toStruct } from "./engine-form.js";
import type { EngineValues } from "./engine-form.js";

/** A step as the engine heard of it. */
export interface HeardStep {
  op: "CREATE" | "UPDATE" | "DELETE";
  /** Type without package, and name. */
  view: string;
  before?: EngineValues;
  after?: EngineValues;
}

/** The engine's side of views: takes steps and, in an update, stores them once the call has been answered. */
export class StatusServer {
  /** Steps since this was last emptied. */
  heard: HeardStep[] = [];
  /** What state holds, by type and name. */
  readonly stored = new Map<string, EngineValues>();
  isRefusing = false;
  readonly #server = new Server();
  #address = "";

  static async start(): Promise<StatusServer> {
    const server = new StatusServer();
    const service: IResourceStatusServer = {
      publishViewSteps: (call, callback) => {
        if (server.isRefusing) callback({ code: status.UNKNOWN, details: "token not found" });
        else {
          server.heard.push(...call.request.getStepsList().map(toHeard));
          callback(null, new PublishViewStepsResponse());
        }
      },
    };
    server.#server.addService(ResourceStatusService, { ...service });
    const port = await new Promise<number>((resolve, reject) => {
      server.#server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) => {
        if (error) reject(error);
        else resolve(bound);
      });
    });
    server.#address = `127.0.0.1:${port}`;
    return server;
  }

  /** Tells a call where to publish, as the engine does; what state holds comes with all but a create. */
  attach<T extends pb.CreateRequest | pb.UpdateRequest | pb.ReadRequest | pb.DeleteRequest>(request: T): T {
    request.setResourceStatusAddress(this.#address);
    request.setResourceStatusToken("token-of-this-call");
    if (!(request instanceof pb.CreateRequest))
      request.setOldViewsList(
        [...this.stored].map(([key, inputs]) => {
          const [type = "", name = ""] = split(key);
          return new pb.View().setType(`sluice:index:${type}`).setName(name).setInputs(toStruct(inputs));
        }),
      );
    return request;
  }

  /** Does to state what was heard. Throws where the real engine would end itself. */
  store(): void {
    for (const { op, view, before, after } of this.heard) {
      if (before !== undefined && !this.stored.has(view)) throw new Error(`state holds no ${view}`);
      if (op === "DELETE") this.stored.delete(view);
      else if (after !== undefined) this.stored.set(view, after);
    }
    this.heard = [];
  }

  close(): void {
    this.#server.forceShutdown();
  }
}

function toHeard(step: ViewStep): HeardStep {
  const op = Object.entries(ViewStep.Op).find(([, value]) => value === step.getOp())?.[0];
  const [before, after] = [step.getOld(), step.getNew()];
  return {
    op: op as HeardStep["op"],
    view: `${step.getType().replace("sluice:index:", "")} ${step.getName()}`,
    ...(before && { before: valuesOf(step, before) }),
    ...(after && { after: valuesOf(step, after) }),
  };
}

/** The engine finds a view by the state's own type and name: they have to be those of the step. */
function valuesOf(step: ViewStep, state: ViewStepState): EngineValues {
  if (state.getType() !== step.getType() || state.getName() !== step.getName())
    throw new Error(`a step about ${step.getName()} holds the state of ${state.getName()}`);
  return fromStruct(state.getInputs());
}

function split(key: string): string[] {
  const at = key.indexOf(" ");
  return [key.slice(0, at), key.slice(at + 1)];
}
