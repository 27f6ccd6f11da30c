import type { View as EngineView } from "@pulumi/pulumi/proto/provider_pb.js";
import * as pb from "@pulumi/pulumi/proto/resource_status_pb.js";
import type { Struct } from "google-protobuf/google/protobuf/struct_pb.js";
import type { View, ViewStep } from "../../framework/views.js";
import { nameOfToken, tokenOf } from "../../framework/token.js";
import type { ShownStep } from "./view-display.js";
import { decode, encode } from "./values.js";

/** Says whose the view is. The engine shows no key that begins so. */
const OWNER = "__of";

const OPERATIONS = {
  create: pb.ViewStep.Op.CREATE,
  update: pb.ViewStep.Op.UPDATE,
  delete: pb.ViewStep.Op.DELETE,
};

/** A view as the stack's state holds it. */
export interface StoredView extends View {
  /** The resource's type and name when the view was stored, as its URN has them. */
  readonly owner: unknown;
  /** As it has to be handed back: what is handed back as the state before overwrites it. */
  readonly stored: pb.ViewStepState;
}

/** Views under the name that they have in a stack: the name of a view's URN says nothing about the resource that it is in. */
export function nameInStack(views: readonly View[], urn: string): View[] {
  const resource = urn.split("::").slice(3).join("::");
  return views.map((view) => ({ ...view, name: `${resource}/${view.name}` }));
}

/** The part of a URN that stays when a whole stack gets another name. */
export function ownerInStack(urn: string): string {
  return urn.split("::").slice(2).join("::");
}

/** What state holds of a view. */
export function readStored(view: EngineView): StoredView {
  const { [OWNER]: owner, ...inputs } = decode(view.getInputs()).values;
  const [type, name] = [view.getType(), view.getName()];
  return {
    type: nameOfToken(type) ?? type,
    name,
    inputs,
    owner,
    stored: toState(type, name, view.getInputs(), view.getOutputs()),
  };
}

/** A step that the engine stores. */
export function toStoredStep(step: ViewStep, urn: string): pb.ViewStep {
  const message = toStep(step.op, step.op === "delete" ? step.before : step.after);
  if (step.op !== "create") message.setOld((step.before as StoredView).stored);
  if (step.op !== "delete") {
    const { type, name, inputs } = step.after;
    const values = encode({ ...inputs, [OWNER]: ownerInStack(urn) });
    message.setNew(toState(typeToken(type), name, values));
  }
  return message;
}

/** A step for a preview alone. Naming a state before that the engine does not know would end the engine. */
export function toShownStep({ op, view }: ShownStep): pb.ViewStep {
  return toStep(op, view).setNew(toState(typeToken(view.type), view.name, encode({ ...view.inputs })));
}

function toStep(op: ViewStep["op"], { type, name }: View): pb.ViewStep {
  return new pb.ViewStep()
    .setStatus(pb.ViewStep.Status.OK)
    .setOp(OPERATIONS[op])
    .setType(typeToken(type))
    .setName(name);
}

function toState(
  token: string,
  name: string,
  inputs: Struct | undefined,
  outputs?: Struct,
): pb.ViewStepState {
  return new pb.ViewStepState()
    .setType(token)
    .setName(name)
    .setInputs(inputs ?? encode({}))
    .setOutputs(outputs ?? encode({}));
}

function typeToken(type: string): string {
  return type.includes(":") ? type : tokenOf(type);
}
