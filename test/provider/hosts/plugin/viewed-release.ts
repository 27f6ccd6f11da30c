import { ResourceProviderService } from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import * as pb from "@pulumi/pulumi/proto/provider_pb.js";
import type { Struct } from "google-protobuf/google/protobuf/struct_pb.js";
import type { Values } from "../../provider-test.js";
import { toStruct } from "./engine-form.js";
import type { PluginProcess } from "./plugin-process.js";
import type { StatusServer } from "./status-server.js";

/** URN of the release in these tests. */
const RELEASE_URN = "urn:pulumi:prod::shop::sluice:index:Release::orders";

/** A release in the plugin's own process, with an engine's state and an engine's ear for views. */
export class ViewedRelease {
  id = "";
  state: Struct = toStruct({});
  inputs: Struct = toStruct({});
  #settings: Values = {};

  constructor(
    private readonly plugin: PluginProcess,
    private readonly engine: StatusServer,
  ) {}

  async configure(settings: Values): Promise<void> {
    this.#settings = settings;
    const request = new pb.ConfigureRequest().setArgs(toStruct(settings)).setAcceptsecrets(true);
    await this.plugin.call(ResourceProviderService.configure, request);
  }

  /** Inputs as check completes them. */
  async check(given: Values): Promise<Struct> {
    const request = new pb.CheckRequest().setUrn(RELEASE_URN).setOlds(this.inputs).setNews(toStruct(given));
    const answer = await this.plugin.call(ResourceProviderService.check, request);
    const reasons = answer.getFailuresList().map((failure) => failure.getReason());
    if (reasons.length > 0) throw new Error(reasons.join("; "));
    return answer.getInputs() ?? toStruct({});
  }

  /** What a preview asks: nothing is kept. */
  async preview(given: Values): Promise<void> {
    const news = await this.check(given);
    if (this.id === "") await this.#create(news, true);
    else await this.#update(news, true);
  }

  /** Creates or updates, and keeps what the engine would keep. */
  async up(given: Values): Promise<void> {
    const news = await this.check(given);
    if (this.id === "") {
      const answer = await this.#create(news, false);
      this.id = answer.getId();
      this.state = answer.getProperties() ?? toStruct({});
    } else this.state = (await this.#update(news, false)).getProperties() ?? toStruct({});
    this.inputs = news;
  }

  /** Reads it; false when it is gone. */
  async refresh(): Promise<boolean> {
    const request = new pb.ReadRequest()
      .setUrn(RELEASE_URN)
      .setId(this.id)
      .setProperties(this.state)
      .setInputs(this.inputs);
    const answer = await this.plugin.call(ResourceProviderService.read, this.engine.attach(request));
    return answer.getId() !== "";
  }

  /** In a run of its own, as the engine destroys. */
  async destroy(): Promise<void> {
    await this.configure(this.#settings);
    const request = new pb.DeleteRequest()
      .setUrn(RELEASE_URN)
      .setId(this.id)
      .setProperties(this.state)
      .setOldInputs(this.inputs);
    await this.plugin.call(ResourceProviderService.delete, this.engine.attach(request));
  }

  #create(news: Struct, isPreview: boolean): Promise<pb.CreateResponse> {
    const request = new pb.CreateRequest().setUrn(RELEASE_URN).setProperties(news).setPreview(isPreview);
    return this.plugin.call(ResourceProviderService.create, this.engine.attach(request));
  }

  #update(news: Struct, isPreview: boolean): Promise<pb.UpdateResponse> {
    const request = new pb.UpdateRequest()
      .setUrn(RELEASE_URN)
      .setId(this.id)
      .setOlds(this.state)
      .setOldInputs(this.inputs)
      .setNews(news)
      .setPreview(isPreview);
    return this.plugin.call(ResourceProviderService.update, this.engine.attach(request));
  }
}
