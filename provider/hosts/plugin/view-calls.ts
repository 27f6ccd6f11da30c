import type * as pb from "@pulumi/pulumi/proto/provider_pb.js";
import type { ViewStep as ViewStepMessage } from "@pulumi/pulumi/proto/resource_status_pb.js";
import type { Struct } from "google-protobuf/google/protobuf/struct_pb.js";
import type { View } from "../../framework/views.js";
import { planViews } from "../../framework/views.js";
import { ResourceCalls } from "./resource-calls.js";
import type { Session } from "./session.js";
import { decode } from "./values.js";
import { showSteps } from "./view-display.js";
import { isTakingViews, publishViewSteps } from "./view-publisher.js";
import type { ViewRequest } from "./view-publisher.js";
import { nameInStack, ownerInStack, readStored, toShownStep, toStoredStep } from "./view-steps.js";
import type { StoredView } from "./view-steps.js";

/**
 * Resource calls that also tell the engine of the resource's parts, as the last thing before the answer. A call that
 * fails, or that leaves the object unfinished, tells nothing: the engine keeps the views it had.
 */
export class ResourceCallsWithViews extends ResourceCalls {
  readonly #session: Session;

  constructor(session: Session) {
    super(session);
    this.#session = session;
  }

  override async create(request: pb.CreateRequest): Promise<pb.CreateResponse> {
    const response = await super.create(request);
    const after = request.getProperties();
    await this.#try(request, () => this.#changeSteps(request, [], undefined, after));
    return response;
  }

  override async update(request: pb.UpdateRequest): Promise<pb.UpdateResponse> {
    const response = await super.update(request);
    const [before, after] = [request.getOlds(), request.getNews()];
    await this.#try(request, () => this.#changeSteps(request, storedIn(request), before, after));
    return response;
  }

  /** Views go with an object that is gone, and where the settings have no place for them in state any more. */
  override async read(request: pb.ReadRequest): Promise<pb.ReadResponse> {
    const response = await super.read(request);
    const isGone = response.getId() === "";
    if (isGone || this.#session.views !== "state") await this.#remove(request, "reading");
    return response;
  }

  override async delete(request: pb.DeleteRequest): Promise<void> {
    await super.delete(request);
    await this.#remove(request, "deleting");
  }

  #changeSteps(
    request: pb.CreateRequest | pb.UpdateRequest,
    stored: readonly StoredView[],
    before: Struct | undefined,
    after: Struct | undefined,
  ): ViewStepMessage[] {
    if (this.#session.views === "preview" && request.getPreview())
      return this.#showChange(
        request.getUrn(),
        before ? this.#partsOf(request, before) : [],
        this.#partsOf(request, after),
      );
    const urn = request.getUrn();
    if (stored.some(({ owner }) => owner !== ownerInStack(urn))) {
      // The engine would end itself over a view of the former name, and cannot be told that it is one.
      this.#session.say(urn, "warning", RENAMED);
      return [];
    }
    const wanted = this.#session.views === "state" ? this.#partsOf(request, after) : [];
    if (wanted === "not known") return [];
    return planViews(stored, wanted === "secret" ? [] : wanted).map((step) => toStoredStep(step, urn));
  }

  #showChange(urn: string, before: Parts, after: Parts): ViewStepMessage[] {
    if (typeof before === "string" || typeof after === "string") return [];
    const { shown, hidden } = showSteps(planViews(before, after));
    if (hidden > 0)
      this.#session.say(urn, "info", `${hidden} more flows, recipes and outputs change than are drawn here`);
    return shown.map(toShownStep);
  }

  /** The parts as they are named in the stack. Where a secret is among the values, their texts may hold it. */
  #partsOf(request: { getUrn(): string }, struct: Struct | undefined): Parts {
    const urn = request.getUrn();
    const { definition } = this.#session.lifeOf(urn);
    if (definition.views === undefined) return "not known";
    const { values, secrets } = decode(struct);
    const parts = definition.views(values);
    if (secrets.length > 0) return "secret";
    return parts === undefined ? "not known" : nameInStack(parts, urn);
  }

  /** What is drawn is not worth failing for: the object is as it should be, and the views stay as they were. */
  async #try(request: ViewRequest, plan: () => ViewStepMessage[]): Promise<void> {
    if (!isTakingViews(request)) return;
    try {
      await publishViewSteps(request, plan());
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      const message = `the flows, recipes and outputs of this resource are not drawn: ${reason}`;
      this.#session.say(request.getUrn(), "warning", message);
    }
  }

  /** Throws when the engine does not take the steps: views that outlive their resource break the stack's state. */
  async #remove(request: pb.ReadRequest | pb.DeleteRequest, operation: string): Promise<void> {
    const stored = storedIn(request);
    if (stored.length === 0) return;
    const urn = request.getUrn();
    try {
      await publishViewSteps(
        request,
        planViews(stored, []).map((step) => toStoredStep(step, urn)),
      );
    } catch (error) {
      throw new Error(
        `${operation} ${ownerInStack(urn)}: the engine did not take note that its flows, recipes and outputs leave the state; run the same command again`,
        { cause: error },
      );
    }
  }
}

type Parts = readonly View[] | "secret" | "not known";

const RENAMED =
  "the flows, recipes and outputs in the stack's state belong to a former name or parent of this resource, and stay as they are; see the guide to reviewing about `sluice:views`";

function storedIn(request: pb.UpdateRequest | pb.ReadRequest | pb.DeleteRequest): StoredView[] {
  return request.getOldViewsList().map(readStored);
}
