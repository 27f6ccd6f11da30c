// Generated from schema.json by `npm run generate`. Changes here are lost.

import * as pulumi from "@pulumi/pulumi";
import { DynamicResource } from "../../provider/index.js";

/**
 * A versioned set of releases in a production environment; the platform runs the primary flow of the one that is active.
 *
 * @example
 * new sluice.Deployment("orders", { name: "orders", forceDelete: true });
 */
export class Deployment extends DynamicResource {
  /** Name of the deployment. Changing it renames in place. */
  declare public readonly name: pulumi.Output<string>;
  /** Delete it even when it holds releases that no program of Sluice, or another one, imported. Run `pulumi up` after setting it. */
  declare public readonly forceDelete: pulumi.Output<boolean>;
  /** Take over an object of the same name that already exists, instead of stopping. From then on this program owns it, and destroy deletes it. */
  declare public readonly adopt: pulumi.Output<boolean>;
  /** Name of the environment in `sluice:environments`. Left out: the stack's own. Changing it replaces. */
  declare public readonly environment: pulumi.Output<string | undefined>;
  /** Id at the platform, also the id of the resource. */
  declare public readonly deploymentId: pulumi.Output<string>;

  constructor(name: string, args: DeploymentArgs, options?: pulumi.CustomResourceOptions) {
    super(
      {
        name: "Deployment",
        properties: ["name", "forceDelete", "adopt", "environment", "deploymentId"],
        secrets: [],
        fromResource: {},
      },
      name,
      { ...args },
      options,
    );
  }
}

/** Inputs of {@link Deployment}. */
export interface DeploymentArgs {
  /** Name of the deployment. Changing it renames in place. */
  name: pulumi.Input<string>;
  /** Delete it even when it holds releases that no program of Sluice, or another one, imported. Run `pulumi up` after setting it. */
  forceDelete?: pulumi.Input<boolean> | undefined;
  /** Take over an object of the same name that already exists, instead of stopping. From then on this program owns it, and destroy deletes it. */
  adopt?: pulumi.Input<boolean> | undefined;
  /** Name of the environment in `sluice:environments`. Left out: the stack's own. Changing it replaces. */
  environment?: pulumi.Input<string> | undefined;
}
