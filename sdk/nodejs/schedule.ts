// Generated from schema.json by `npm run generate`. Changes here are lost.

import * as pulumi from "@pulumi/pulumi";
import { DynamicResource } from "../../provider/index.js";
import type * as types from "./types.js";

/**
 * Runs a deployment at fixed times. It follows the deployment, never one release: what is active when it fires is what runs.
 *
 * @example
 * new sluice.Schedule("nightly", {
 *   deploymentId: release.deploymentId,
 *   name: "nightly",
 *   triggers: [{ cron: "0 30 2 ? * MON-FRI", timezone: "Europe/Berlin" }],
 *   enabled: true,
 *   parameters: { region: "02" },
 * });
 */
export class Schedule extends DynamicResource {
  /** Id of the deployment that it runs: of whatever release is active then. Pass the Release's `deploymentId`, so that the schedule is made after the first release. */
  declare public readonly deploymentId: pulumi.Output<string>;
  /** Name of the schedule. */
  declare public readonly name: pulumi.Output<string>;
  /** When it fires; several are alternatives. */
  declare public readonly triggers: pulumi.Output<types.ScheduleTriggers[]>;
  /** Whether it fires. Left out: as it is, so that an operator's pause survives a deploy; a new one fires. */
  declare public readonly enabled: pulumi.Output<boolean | undefined>;
  /** Values for the flow's parameters in every run, by name. A name that was not stated before must be a parameter of what the deployment will run: of the program's Release, or else of the active one. */
  declare public readonly parameters: pulumi.Output<Readonly<Record<string, string>>>;
  /** Take over an object of the same name that already exists, instead of stopping. From then on this program owns it, and destroy deletes it. */
  declare public readonly adopt: pulumi.Output<boolean>;
  /** Name of the environment in `sluice:environments`. Left out: the stack's own. Changing it replaces. */
  declare public readonly environment: pulumi.Output<string | undefined>;
  /** Id at the platform. */
  declare public readonly scheduleId: pulumi.Output<string>;
  /** What the platform binds it to; a flow's schedule is moved with every activation. */
  declare public readonly boundTo: pulumi.Output<string>;

  constructor(name: string, args: ScheduleArgs, options?: pulumi.CustomResourceOptions) {
    super(
      {
        name: "Schedule",
        properties: [
          "deploymentId",
          "name",
          "triggers",
          "enabled",
          "parameters",
          "adopt",
          "environment",
          "scheduleId",
          "boundTo",
        ],
        secrets: [],
        fromResource: {},
      },
      name,
      { ...args },
      options,
    );
  }
}

/** Inputs of {@link Schedule}. */
export interface ScheduleArgs {
  /** Id of the deployment that it runs: of whatever release is active then. Pass the Release's `deploymentId`, so that the schedule is made after the first release. */
  deploymentId: pulumi.Input<string>;
  /** Name of the schedule. */
  name: pulumi.Input<string>;
  /** When it fires; several are alternatives. */
  triggers: pulumi.Input<pulumi.Input<types.ScheduleTriggersArgs>[]>;
  /** Whether it fires. Left out: as it is, so that an operator's pause survives a deploy; a new one fires. */
  enabled?: pulumi.Input<boolean> | undefined;
  /** Values for the flow's parameters in every run, by name. A name that was not stated before must be a parameter of what the deployment will run: of the program's Release, or else of the active one. */
  parameters?: pulumi.Input<Record<string, pulumi.Input<string>>> | undefined;
  /** Take over an object of the same name that already exists, instead of stopping. From then on this program owns it, and destroy deletes it. */
  adopt?: pulumi.Input<boolean> | undefined;
  /** Name of the environment in `sluice:environments`. Left out: the stack's own. Changing it replaces. */
  environment?: pulumi.Input<string> | undefined;
}
