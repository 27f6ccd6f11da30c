import * as pb from "@pulumi/pulumi/proto/provider_pb.js";
import type { Struct } from "google-protobuf/google/protobuf/struct_pb.js";
import { splitEnvironment } from "../../framework/import-id.js";
import { NotReadyError } from "../../framework/define-resource.js";
import type { PropertyChange } from "../../framework/detailed-diff.js";
import { hiding } from "../../framework/hiding.js";
import type { Path } from "../../framework/hiding.js";
import type { Lifecycle } from "../../framework/lifecycle.js";
import { isForUsers } from "../errors-for-users.js";
import { fieldOf, secretsOf, widened } from "./secret-places.js";
import type { Session } from "./session.js";
import { InitFailed } from "./status.js";
import { ownerOf } from "./urn.js";
import { decode, encode } from "./values.js";
import type { Decoded } from "./values.js";

/** Calls about resources: the engine's messages around the framework's {@link Lifecycle}. */
export class ResourceCalls {
  constructor(private readonly session: Session) {}

  async check(request: pb.CheckRequest): Promise<pb.CheckResponse> {
    const given = decode(request.getNews());
    const { life, run, hide } = this.#begin(request, given);
    const secrets = secretsOf(life.definition, given);
    const response = new pb.CheckResponse();
    try {
      const previous = decode(request.getOlds()).values;
      const news = { ...given.values, owner: ownerOf(request.getUrn()) };
      const { inputs, failures } = await run(() => life.check(previous, news));
      response.setInputs(encode(inputs, secrets));
      for (const { property, reason } of failures)
        response.addFailures(toFailure(property, hide(reason), secrets));
    } catch (error) {
      if (!isForUsers(error)) throw error;
      response.setInputs(request.getNews()).addFailures(toFailure("", error.message, secrets));
    }
    return response;
  }

  diff(request: pb.DiffRequest): pb.DiffResponse {
    const [before, given] = [decode(request.getOlds()), decode(request.getNews())];
    const { life } = this.#begin(request, before, given);
    const diff = life.diff(before.values, given.values);
    const details = life.detail(diff, before.values, given.values);
    const secrets = [...secretsOf(life.definition, before), ...secretsOf(life.definition, given)];
    const places = outsideOf(secrets, details);
    const { DIFF_NONE, DIFF_SOME } = pb.DiffResponse.DiffChanges;
    const response = new pb.DiffResponse()
      .setChanges(diff.changes.length > 0 ? DIFF_SOME : DIFF_NONE)
      .setDiffsList(diff.changes)
      .setReplacesList(diff.replaces)
      // Names are unique at the platform: the new object could not stand beside the old one.
      .setDeletebeforereplace(true)
      .setHasdetaileddiff(true);
    for (const [path, change] of places) response.getDetaileddiffMap().set(path, toPropertyDiff(change));
    return response;
  }

  async create(request: pb.CreateRequest): Promise<pb.CreateResponse> {
    const given = decode(request.getProperties());
    const { life, run } = this.#begin(request, given);
    const secrets = secretsOf(life.definition, given);
    const response = new pb.CreateResponse().setRefreshBeforeUpdate(this.#isRefreshed(life));
    if (request.getPreview()) return response.setProperties(encode(life.plan(given.values), secrets));
    const { id, state } = await this.#keepingPartial(life, request.getProperties(), secrets, () =>
      run(() => life.create(given.values)),
    );
    return response.setId(id).setProperties(encode(state, secrets));
  }

  async update(request: pb.UpdateRequest): Promise<pb.UpdateResponse> {
    const before = decode(request.getOlds());
    const given = decode(request.getNews());
    const { life, run } = this.#begin(request, before, given);
    const state = before.values;
    const secrets = secretsOf(life.definition, given);
    const response = new pb.UpdateResponse().setRefreshBeforeUpdate(this.#isRefreshed(life));
    if (request.getPreview()) return response.setProperties(encode(life.plan(given.values, state), secrets));
    const next = await this.#keepingPartial(life, request.getNews(), secrets, () =>
      run(() => life.update(request.getId(), state, given.values)),
    );
    return response.setProperties(encode(next, secrets));
  }

  /** Without state it is an import: the id is what a person wrote. An answer without id says that there is no such object. */
  async read(request: pb.ReadRequest): Promise<pb.ReadResponse> {
    const state = decode(request.getProperties());
    const given = decode(request.getInputs());
    const { life, run } = this.#begin(request, state, given);
    const owner = ownerOf(request.getUrn());
    const isImport = Object.keys(state.values).length === 0;
    const response = new pb.ReadResponse().setRefreshBeforeUpdate(this.#isRefreshed(life));
    if (isImport) {
      const { environment, text } = splitEnvironment(request.getId(), this.session.environments);
      const values = { owner, ...(environment !== undefined && { environment }) };
      const found = await run(() => life.import(text, values));
      if (found === undefined) return new pb.ReadResponse();
      const secrets = secretsOf(life.definition, given);
      return response
        .setId(found.id)
        .setProperties(encode(found.state, secrets))
        .setInputs(encode(found.inputs, secrets));
    }
    const found = await run(() => life.read(request.getId(), state.values));
    if (found === undefined) return new pb.ReadResponse();
    const drift = Object.fromEntries(found.drifted.map((name) => [name, found.state[name]]));
    return response
      .setId(request.getId())
      .setProperties(encode(found.state, widened(secretsOf(life.definition, state), found.drifted)))
      .setInputs(
        encode({ ...given.values, ...drift }, widened(secretsOf(life.definition, given), found.drifted)),
      );
  }

  async delete(request: pb.DeleteRequest): Promise<void> {
    const state = decode(request.getProperties());
    const { life, run } = this.#begin(request, state);
    await run(() => life.delete(request.getId(), state.values));
  }

  /** The objects that a person asks for, by ids that can be imported; at most as many as wanted, 0 is no bound. */
  async list(request: pb.ListRequest): Promise<pb.ListResponse[]> {
    const { values } = decode(request.getQuery());
    const life = this.session.lifeOfType(request.getToken());
    const objects = await life.list(values);
    const { name, environment } = values;
    const place = typeof environment === "string" ? `${environment}/` : "";
    const wanted =
      typeof name === "string" ? objects.filter((object) => object.name.includes(name)) : objects;
    return wanted.slice(0, request.getLimit() || wanted.length).map((object) => {
      const label = object.place === undefined ? object.name : `${object.name} ${object.place}`;
      const result = new pb.ListResponse.Result().setId(place + object.id).setName(label);
      return new pb.ListResponse().setResult(result);
    });
  }

  /** The life that a request is about. Nothing that is secret in what was given with it is in the errors of `run`. */
  #begin(request: { getUrn(): string; getTimeout?(): number }, ...given: Decoded[]) {
    const urn = request.getUrn();
    // What a program allows with `customTimeouts`, in seconds; the engine watches no clock itself.
    const timeout = request.getTimeout?.() ?? 0;
    const deadline = timeout > 0 ? Date.now() + timeout * 1000 : undefined;
    const life = this.session.lifeOf(urn);
    const hide = (text: string) => hiding(life.definition, given)(text);
    const run = async <T>(action: () => Promise<T>): Promise<T> => {
      try {
        return await this.session.during({ urn, hide, deadline }, action);
      } catch (error) {
        if (error instanceof Error) error.message = hide(error.message);
        throw error;
      }
    };
    return { life, run, hide };
  }

  #isRefreshed({ definition }: Lifecycle): boolean {
    return this.session.abilities.refreshBeforeUpdate && definition.refreshBeforeUpdate !== undefined;
  }

  async #keepingPartial<T>(
    life: Lifecycle,
    inputs: Struct | undefined,
    secrets: readonly Path[],
    action: () => Promise<T>,
  ): Promise<T> {
    try {
      return await action();
    } catch (error) {
      if (!(error instanceof NotReadyError)) throw error;
      throw new InitFailed(error.message, {
        id: error.id,
        state: encode(error.state, secrets),
        inputs: inputs ?? encode({}),
        refreshBeforeUpdate: this.#isRefreshed(life),
      });
    }
  }
}

/** The engine prints the value of a property that is named: a secret one is named in the reason only. */
function toFailure(property: string, reason: string, secrets: readonly Path[]): pb.CheckFailure {
  const isSecret = secrets.some(([name]) => name === fieldOf(property));
  return isSecret
    ? new pb.CheckFailure().setReason(`${property}: ${reason}`)
    : new pb.CheckFailure().setProperty(property).setReason(reason);
}

/** Changes as they may be told: a field in which something is secret is named alone, as keys can tell of values. */
function outsideOf(
  secrets: readonly Path[],
  details: ReadonlyMap<string, PropertyChange>,
): Map<string, PropertyChange> {
  const told = new Map<string, PropertyChange>();
  for (const [path, change] of details) {
    const field = fieldOf(path);
    if (path === field || !secrets.some(([name]) => name === field)) told.set(path, change);
    else told.set(field, { ...change, kind: "update" });
  }
  return told;
}

function toPropertyDiff({ kind, isReplacing }: PropertyChange): pb.PropertyDiff {
  const { ADD, ADD_REPLACE, DELETE, DELETE_REPLACE, UPDATE, UPDATE_REPLACE } = pb.PropertyDiff.Kind;
  const [plain, replacing] = {
    add: [ADD, ADD_REPLACE] as const,
    delete: [DELETE, DELETE_REPLACE] as const,
    update: [UPDATE, UPDATE_REPLACE] as const,
  }[kind];
  return new pb.PropertyDiff().setKind(isReplacing ? replacing : plain).setInputdiff(true);
}
