// Generated from schema.json by `npm run generate`. Changes here are lost.

import * as pulumi from "@pulumi/pulumi";
import { DynamicResource } from "../../provider/index.js";
import type * as types from "./types.js";

/**
 * A database, warehouse or file store that flows of the environment read and write. Packages never carry hosts or credentials: they name a connection, and import rules map that name to one of these.
 *
 * @example
 * new sluice.Connection("warehouse", {
 *   name: "warehouse",
 *   vendor: "postgres",
 *   host: "db.example.com",
 *   port: 5432,
 *   params: { database: "sales" },
 *   credentialType: "basic",
 *   credentials: { username: "loader", password: { fromEnv: "WAREHOUSE_PASSWORD" } },
 *   description: "Production warehouse",
 * });
 */
export class Connection extends DynamicResource {
  /** Name, unique among the connections that the account sees. */
  declare public readonly name: pulumi.Output<string>;
  /** Kind of system, for example `postgres`, `sqlserver`, `snowflake`, `s3`. */
  declare public readonly vendor: pulumi.Output<string>;
  /** Protocol family of the vendor. */
  declare public readonly type: pulumi.Output<string>;
  /** Host name or address, without protocol. */
  declare public readonly host: pulumi.Output<string | undefined>;
  /** TCP port. */
  declare public readonly port: pulumi.Output<number | undefined>;
  /** Vendor-specific parameters, for example `database` or `connectStrOpts`. */
  declare public readonly params: pulumi.Output<Readonly<Record<string, string | number | boolean>>>;
  /** How the platform signs in: `basic`, `oauth2`, `keySecret`, `iamRoleArn`, `noAuth` and others. */
  declare public readonly credentialType: pulumi.Output<string>;
  /** Shown in the platform's connection list. */
  declare public readonly description: pulumi.Output<string>;
  /** Available to everybody. Setting it back to false replaces the connection. */
  declare public readonly isGlobal: pulumi.Output<boolean>;
  /** People that it is shared with. Left out: as it is. */
  declare public readonly sharing: pulumi.Output<types.ConnectionSharing[] | undefined>;
  /** Take over an object of the same name that already exists, instead of stopping. From then on this program owns it, and destroy deletes it. */
  declare public readonly adopt: pulumi.Output<boolean>;
  /** Name of the environment in `sluice:environments`. Left out: the stack's own. Changing it replaces. */
  declare public readonly environment: pulumi.Output<string | undefined>;
  /** Id at the platform; what import rules point to. */
  declare public readonly connectionId: pulumi.Output<string>;
  /** Unique across instances; what packages refer to. */
  declare public readonly uuid: pulumi.Output<string>;

  constructor(name: string, args: ConnectionArgs, options?: pulumi.CustomResourceOptions) {
    super(
      {
        name: "Connection",
        properties: [
          "name",
          "vendor",
          "type",
          "host",
          "port",
          "params",
          "credentialType",
          "description",
          "isGlobal",
          "sharing",
          "adopt",
          "environment",
          "connectionId",
          "uuid",
        ],
        secrets: ["credentials"],
        fromResource: {},
      },
      name,
      { ...args },
      options,
    );
  }
}

/** Inputs of {@link Connection}. */
export interface ConnectionArgs {
  /** Name, unique among the connections that the account sees. */
  name: pulumi.Input<string>;
  /** Kind of system, for example `postgres`, `sqlserver`, `snowflake`, `s3`. */
  vendor: pulumi.Input<string>;
  /** Protocol family of the vendor. */
  type?: pulumi.Input<string> | undefined;
  /** Host name or address, without protocol. */
  host?: pulumi.Input<string> | undefined;
  /** TCP port. */
  port?: pulumi.Input<number> | undefined;
  /** Vendor-specific parameters, for example `database` or `connectStrOpts`. */
  params?: pulumi.Input<Record<string, pulumi.Input<string | number | boolean>>> | undefined;
  /** How the platform signs in: `basic`, `oauth2`, `keySecret`, `iamRoleArn`, `noAuth` and others. */
  credentialType?: pulumi.Input<string> | undefined;
  /** What to sign in with, for example `{username, password}`. A value, or a reference `{fromEnv}` or `{fromFile}` that is read when needed. Changing it updates in place. */
  credentials?:
    | pulumi.Input<Record<string, pulumi.Input<string | types.SecretFromEnvArgs | types.SecretFromFileArgs>>>
    | undefined;
  /** Shown in the platform's connection list. */
  description?: pulumi.Input<string> | undefined;
  /** Available to everybody. Setting it back to false replaces the connection. */
  isGlobal?: pulumi.Input<boolean> | undefined;
  /** People that it is shared with. Left out: as it is. */
  sharing?: pulumi.Input<pulumi.Input<types.ConnectionSharingArgs>[]> | undefined;
  /** Take over an object of the same name that already exists, instead of stopping. From then on this program owns it, and destroy deletes it. */
  adopt?: pulumi.Input<boolean> | undefined;
  /** Name of the environment in `sluice:environments`. Left out: the stack's own. Changing it replaces. */
  environment?: pulumi.Input<string> | undefined;
}
