// Generated from schema.json by `npm run generate`. Changes here are lost.

import * as pulumi from "@pulumi/pulumi";
import { DynamicResource } from "../../provider/index.js";
import type * as types from "./types.js";

/**
 * The ordered mapping rules of one deployment. The platform applies them only to later imports, in order, each on the result of the one before; a Release that is given these rules is imported again when they change.
 *
 * @example
 * new sluice.ImportRules("orders", {
 *   deploymentId: deployment.id,
 *   connections: [{ on: { uuid: "d75255f0-a245-11e7-8618-adc1dbb4bed0" }, with: warehouse.id }],
 *   values: [
 *     { type: "s3Bucket", on: "acme-dev", with: "acme-prod" },
 *     { type: "fileLocation", on: "/\\/dev\\//", with: "/prod/" },
 *   ],
 * });
 */
export class ImportRules extends DynamicResource {
  /** Id of the deployment. Changing it replaces. */
  declare public readonly deploymentId: pulumi.Output<string>;
  /** Rules for connections, in order. */
  declare public readonly connections: pulumi.Output<types.ConnectionRule[]>;
  /** Rules for buckets, paths, tables and hosts, in order, each on the result of the one before. */
  declare public readonly values: pulumi.Output<types.ValueRule[]>;
  /** Take over an object of the same name that already exists, instead of stopping. From then on this program owns it, and destroy deletes it. */
  declare public readonly adopt: pulumi.Output<boolean>;
  /** Name of the environment in `sluice:environments`. Left out: the stack's own. Changing it replaces. */
  declare public readonly environment: pulumi.Output<string | undefined>;
  /** Rules of earlier versions that the platform does not let go; they do no harm and are listed for honesty. */
  declare public readonly kept: pulumi.Output<string[]>;

  constructor(name: string, args: ImportRulesArgs, options?: pulumi.CustomResourceOptions) {
    super(
      {
        name: "ImportRules",
        properties: ["deploymentId", "connections", "values", "adopt", "environment", "kept"],
        secrets: [],
        fromResource: {},
      },
      name,
      { ...args },
      options,
    );
  }
}

/** Inputs of {@link ImportRules}. */
export interface ImportRulesArgs {
  /** Id of the deployment. Changing it replaces. */
  deploymentId: pulumi.Input<string>;
  /** Rules for connections, in order. */
  connections?: pulumi.Input<pulumi.Input<types.ConnectionRuleArgs>[]> | undefined;
  /** Rules for buckets, paths, tables and hosts, in order, each on the result of the one before. */
  values?: pulumi.Input<pulumi.Input<types.ValueRuleArgs>[]> | undefined;
  /** Take over an object of the same name that already exists, instead of stopping. From then on this program owns it, and destroy deletes it. */
  adopt?: pulumi.Input<boolean> | undefined;
  /** Name of the environment in `sluice:environments`. Left out: the stack's own. Changing it replaces. */
  environment?: pulumi.Input<string> | undefined;
}
