import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { PluginInfo } from "@pulumi/pulumi/proto/plugin_pb.js";
import type { PluginAttach } from "@pulumi/pulumi/proto/plugin_pb.js";
import * as pb from "@pulumi/pulumi/proto/provider_pb.js";
import { ConfigurationError, readSettings } from "../../config.js";
import { isEqual } from "../../framework/canonical.js";
import { hasUnknown } from "../../framework/unknown.js";
import type { Session } from "./session.js";
import { ownSettings } from "./own-settings.js";
import { InvalidCall } from "./status.js";
import { decode } from "./values.js";

/** Root of the installed package: a plugin's archive has all its code beside these files, npm's has it in folders of dist. */
const PACKAGE = existsSync(join(__dirname, "schema.json"))
  ? __dirname
  : join(__dirname, "..", "..", "..", "..");

/** Calls about the plugin itself and its settings. */
export class SettingsCalls {
  constructor(private readonly session: Session) {}

  handshake(request: pb.ProviderHandshakeRequest): pb.ProviderHandshakeResponse {
    this.session.attach(request.getEngineAddress());
    this.session.abilities = {
      views: request.getSupportsViews(),
      refreshBeforeUpdate: request.getSupportsRefreshBeforeUpdate(),
    };
    return new pb.ProviderHandshakeResponse().setAcceptSecrets(true).setAcceptOutputs(true);
  }

  attach(request: PluginAttach): void {
    this.session.attach(request.getAddress());
  }

  getPluginInfo(): PluginInfo {
    const { version } = JSON.parse(readFileSync(join(PACKAGE, "package.json"), "utf8")) as {
      version: string;
    };
    return new PluginInfo().setVersion(version);
  }

  getSchema(request: pb.GetSchemaRequest): pb.GetSchemaResponse {
    if (request.getVersion() !== 0)
      throw new InvalidCall(
        `schemas of version ${request.getVersion()} are not known to this version of Sluice; it has version 0`,
      );
    return new pb.GetSchemaResponse().setSchema(readFileSync(join(PACKAGE, "schema.json"), "utf8"));
  }

  /** Settings that are still unknown in a preview pass: the engine then calls nothing else. */
  checkConfig(request: pb.CheckRequest): pb.CheckResponse {
    const { values } = decode(request.getNews());
    const known = Object.entries(ownSettings(values)).filter(([, value]) => !hasUnknown(value));
    const response = new pb.CheckResponse().setInputs(request.getNews());
    try {
      readSettings(Object.fromEntries(known));
    } catch (error) {
      if (!(error instanceof ConfigurationError)) throw error;
      // The engine prints the value of a property that is named; this may be a token.
      response.addFailures(new pb.CheckFailure().setReason(error.message));
    }
    return response;
  }

  /** Other settings never replace what was made under the former ones: a rotated token is no new platform. */
  diffConfig(request: pb.DiffRequest): pb.DiffResponse {
    const before = decode(request.getOldInputs() ?? request.getOlds()).values;
    const isSame = isEqual(ownSettings(before), ownSettings(decode(request.getNews()).values));
    const { DIFF_NONE, DIFF_SOME } = pb.DiffResponse.DiffChanges;
    return new pb.DiffResponse().setChanges(isSame ? DIFF_NONE : DIFF_SOME);
  }

  configure(request: pb.ConfigureRequest): pb.ConfigureResponse {
    // An older engine does not tell the URN: it is empty then.
    this.session.configure(decode(request.getArgs()).values, request.getUrn() || undefined);
    return new pb.ConfigureResponse().setAcceptsecrets(true).setSupportspreview(true).setAcceptoutputs(true);
  }

  /** There is no Terraform provider, or anything else, whose programs could be converted to Sluice. */
  getMapping(): pb.GetMappingResponse {
    return new pb.GetMappingResponse();
  }

  getMappings(): pb.GetMappingsResponse {
    return new pb.GetMappingsResponse();
  }

  cancel(): void {
    this.session.cancel();
  }
}
