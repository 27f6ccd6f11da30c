import type { ServiceError } from "@grpc/grpc-js";
import { ResourceProviderService } from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import * as pb from "@pulumi/pulumi/proto/provider_pb.js";
import { Status } from "@pulumi/pulumi/proto/status_pb.js";
import type { Struct } from "google-protobuf/google/protobuf/struct_pb.js";
import { fromStackConfiguration, secretSettings } from "../../../../provider/config.js";
import { inputFields } from "../../../../provider/framework/fields.js";
import { rulesOf } from "../../../../provider/framework/field-rules.js";
import { findDefinition } from "../../../../provider/registry.js";
import type { Host, HostProvider, Values } from "../../provider-test.js";
import { elided, fromStruct, isSecret, restored, secretOf, toStruct } from "./engine-form.js";
import { PluginProcess } from "./plugin-process.js";

const DIFF_SOME = pb.DiffResponse.DiffChanges.DIFF_SOME;

/**
 * The plugin host in a process of its own. Each operation configures it anew, as starting a process for each takes too
 * long; what is left out of that is tested where the process itself is.
 */
export class PluginHost implements Host {
  /** Every message that the plugin answered since {@link PluginHost.answers} was last emptied, in the engine's form. */
  answers: unknown[] = [];

  private constructor(readonly plugin: PluginProcess) {}

  static async start(): Promise<PluginHost> {
    const plugin = await PluginProcess.start();
    const handshake = new pb.ProviderHandshakeRequest()
      .setSupportsRefreshBeforeUpdate(true)
      .setConfigureWithUrn(true)
      .setInvokeWithPreview(true);
    await plugin.call(ResourceProviderService.handshake, handshake);
    return new PluginHost(plugin);
  }

  async open(type: string, owner: string, configuration: Values): Promise<PluginProvider> {
    await this.#configure(configuration);
    return new PluginProvider(this, type, owner);
  }

  async invoke(name: string, inputs: Values, configuration: Values): Promise<Values> {
    await this.#configure(configuration);
    const request = new pb.InvokeRequest().setTok(`sluice:index:${name}`).setArgs(toStruct(inputs));
    const answer = await this.plugin.call(ResourceProviderService.invoke, request);
    const failures = answer.getFailuresList();
    if (failures.length > 0)
      throw new Error(
        failures
          .map((failure) => [failure.getProperty(), failure.getReason()].filter(Boolean).join(": "))
          .join("; "),
      );
    return fromStruct(answer.getReturn());
  }

  async #configure(configuration: Values): Promise<void> {
    const settings = fromStackConfiguration(configuration);
    const check = new pb.CheckRequest().setNews(toStruct(settings)).setOlds(toStruct({}));
    const checked = await this.plugin.call(ResourceProviderService.checkConfig, check);
    const failures = checked.getFailuresList();
    if (failures.length > 0) throw new Error(failures.map((failure) => failure.getReason()).join("; "));
    const args = Object.entries(settings).map(
      ([name, value]) => [name, secretSettings.includes(name) ? secretOf(value) : value] as const,
    );
    const configure = new pb.ConfigureRequest()
      .setArgs(toStruct(Object.fromEntries(args)))
      .setAcceptsecrets(true)
      .setAcceptresources(true);
    await this.plugin.call(ResourceProviderService.configure, configure);
  }

  close(): Promise<void> {
    return this.plugin.close();
  }
}

/** One resource in one operation, as the engine speaks of it. State and inputs stay in the engine's form. */
export class PluginProvider implements HostProvider {
  readonly #urn: string;
  readonly #secretInputs: readonly string[];

  constructor(
    private readonly host: PluginHost,
    private readonly type: string,
    owner: string,
  ) {
    const [project = "", stack = "", ...name] = owner.split("/");
    this.#urn = `urn:pulumi:${stack}::${project}::sluice:index:${type}::${name.join("/")}`;
    const definition = findDefinition(type);
    const fields = definition ? Object.entries(inputFields(definition)) : [];
    this.#secretInputs = fields
      .filter(([, field]) => rulesOf(field).secret !== undefined)
      .map(([name]) => name);
  }

  async check(
    olds: Values,
    news: Values,
  ): Promise<{ inputs: Values; failures: { property: string; reason: string }[] }> {
    // The plugin finds the owner out by itself; programs have no such input.
    const { owner: _owner, ...given } = news;
    const request = this.#about(new pb.CheckRequest())
      .setOlds(toStruct(olds))
      .setNews(toStruct(this.#asProgramsSend(given)));
    const answer = await this.#call(ResourceProviderService.check, request);
    const failures = answer.getFailuresList().map((failure) => failure.toObject());
    return { inputs: this.#seen(answer.getInputs()), failures };
  }

  async diff(
    id: string,
    olds: Values,
    news: Values,
    oldInputs: Values,
  ): Promise<{ changes: boolean; replaces: string[]; places: string[] }> {
    const request = this.#about(new pb.DiffRequest())
      .setId(id)
      .setOlds(toStruct(elided(olds)))
      .setOldInputs(toStruct(elided(oldInputs)))
      .setNews(toStruct(elided(news)));
    const answer = await this.#call(ResourceProviderService.diff, request);
    return {
      changes: answer.getChanges() === DIFF_SOME,
      replaces: answer.getReplacesList(),
      places: [...answer.getDetaileddiffMap().keys()],
    };
  }

  create(inputs: Values): Promise<{ id: string; outs: Values }> {
    return this.#create(inputs, false);
  }

  async read(
    id: string,
    state: Values,
    inputs: Values,
  ): Promise<{ id?: string; props?: Values; inputs?: Values }> {
    const request = this.#about(new pb.ReadRequest())
      .setId(id)
      .setProperties(toStruct(elided(state)))
      .setInputs(toStruct(elided(inputs)));
    const answer = await this.#call(ResourceProviderService.read, request);
    if (answer.getId() === "") return {};
    return {
      id: answer.getId(),
      props: restored(this.#seen(answer.getProperties()), inputs),
      inputs: restored(this.#seen(answer.getInputs()), inputs),
    };
  }

  update(id: string, olds: Values, news: Values, oldInputs: Values): Promise<{ outs: Values }> {
    return this.#update(id, olds, news, oldInputs, false);
  }

  async plan(id: string, olds: Values, news: Values, oldInputs: Values): Promise<Values> {
    const { outs } = await (id === ""
      ? this.#create(news, true)
      : this.#update(id, olds, news, oldInputs, true));
    return outs;
  }

  async list(): Promise<string[]> {
    const request = new pb.ListRequest().setToken(`sluice:index:${this.type}`);
    const answers = await this.host.plugin
      .callMany(ResourceProviderService.list, request)
      .catch((error: unknown) => {
        throw this.#toError(error as ServiceError);
      });
    return answers.flatMap((answer) => answer.getResult()?.getName() ?? []);
  }

  async delete(id: string, state: Values, inputs: Values = {}): Promise<void> {
    const request = this.#about(new pb.DeleteRequest())
      .setId(id)
      .setProperties(toStruct(elided(state)))
      .setOldInputs(toStruct(elided(inputs)));
    await this.#call(ResourceProviderService.delete, request);
  }

  async #create(inputs: Values, isPreview: boolean): Promise<{ id: string; outs: Values }> {
    const request = this.#about(new pb.CreateRequest()).setProperties(toStruct(inputs)).setPreview(isPreview);
    const answer = await this.#call(ResourceProviderService.create, request);
    return { id: answer.getId(), outs: this.#seen(answer.getProperties()) };
  }

  async #update(
    id: string,
    olds: Values,
    news: Values,
    oldInputs: Values,
    isPreview: boolean,
  ): Promise<{ outs: Values }> {
    const request = this.#about(new pb.UpdateRequest())
      .setId(id)
      .setOlds(toStruct(elided(olds)))
      .setOldInputs(toStruct(elided(oldInputs)))
      .setNews(toStruct(news))
      .setPreview(isPreview);
    const answer = await this.#call(ResourceProviderService.update, request);
    return { outs: this.#seen(answer.getProperties()) };
  }

  #about<T extends { setUrn(urn: string): T; setName(name: string): T; setType(type: string): T }>(
    request: T,
  ): T {
    const name = this.#urn.split("::").at(-1) ?? "";
    return request.setUrn(this.#urn).setName(name).setType(`sluice:index:${this.type}`);
  }

  /** The SDKs mark what the schema calls secret. */
  #asProgramsSend(given: Values): Values {
    return Object.fromEntries(
      Object.entries(given)
        .filter(([, value]) => value !== undefined)
        .map(([name, value]) => [
          name,
          this.#secretInputs.includes(name) && !isSecret(value) ? secretOf(value) : value,
        ]),
    );
  }

  #seen(struct: Struct | undefined): Values {
    const values = fromStruct(struct);
    this.host.answers.push(values);
    return values;
  }

  async #call<Request, Answer>(
    ...[method, request]: Parameters<typeof PluginProcess.prototype.call<Request, Answer>>
  ): Promise<Answer> {
    try {
      return await this.host.plugin.call(method, request);
    } catch (error) {
      throw this.#toError(error as ServiceError);
    }
  }

  /** What the engine keeps of a resource that is there but not as it should be travels as a detail of the status. */
  #toError({ details, metadata }: ServiceError): Error {
    const [whole] = metadata.get("grpc-status-details-bin");
    this.host.answers.push(details);
    if (!(whole instanceof Buffer)) return new Error(details);
    const [detail] = Status.deserializeBinary(whole).getDetailsList();
    const failed = detail?.unpack(
      (bytes) => pb.ErrorResourceInitFailed.deserializeBinary(bytes),
      "pulumirpc.ErrorResourceInitFailed",
    );
    if (!failed) return new Error(details);
    return Object.assign(new Error(details), {
      id: failed.getId(),
      properties: this.#seen(failed.getProperties()),
      reasons: failed.getReasonsList(),
    });
  }
}
