// Generated from schema.json by `npm run generate`. Changes here are lost.

import * as pulumi from "@pulumi/pulumi";
import { DynamicResource } from "../../provider/index.js";
import type * as types from "./types.js";

/**
 * The package that should be active in a deployment. A new package version is an update: it is imported and activated, and the release before it stays. A package that was imported here before, under the same rules, is activated again: a rollback or roll-forward without an import.
 *
 * @example
 * new sluice.Release("orders", {
 *   deploymentId: deployment.id,
 *   package: "orders-1.1.0.zip",
 *   rules,
 *   notes: "orders 1.1.0",
 *   keepReleases: 5,
 *   verify: { timeoutSeconds: 600, outputs: { "daily-revenue.csv": { minRows: 1, columns: ["day", "revenue"] } } },
 * });
 */
export class Release extends DynamicResource {
  /** Id of the deployment. Changing it replaces the release. */
  declare public readonly deploymentId: pulumi.Output<string>;
  /** The exported package: a path (relative to the program's folder) or a file asset. A package with other content is an update; the same content under another name is no change. */
  declare public readonly package: pulumi.Output<string | pulumi.asset.FileAsset>;
  /** The import rules in force: pass the ImportRules resource, so that a changed rule imports the package again. */
  declare public readonly rules: pulumi.Output<types.RuleSet | undefined>;
  /** Shown in the platform's list of releases. Changing it updates in place. */
  declare public readonly notes: pulumi.Output<string>;
  /** Whether the platform runs this release. false imports it and leaves the release before it running. */
  declare public readonly active: pulumi.Output<boolean>;
  /** After an import, remove this program's oldest releases beyond this number; never the active one or the one before it. Left out: keep all. */
  declare public readonly keepReleases: pulumi.Output<number | undefined>;
  /** After an activation (a deploy, a rollback, a re-import), run the deployment, wait for it and check what it wrote. When that fails, the release that was active before is activated again and the update fails with the job's reason. Without expectations the jobs must end well. It is a real run: it writes where the release writes. */
  declare public readonly verify: pulumi.Output<types.Verification | undefined>;
  /** What to do when somebody edited the live flow of the release that a change would put out of use: those edits are lost. */
  declare public readonly editedInPlace: pulumi.Output<string>;
  /** Other severities for findings, by code: `error` refuses the change, `ignore` silences it. */
  declare public readonly severities: pulumi.Output<Readonly<Record<string, string>>>;
  /** Take over an object of the same name that already exists, instead of stopping. From then on this program owns it, and destroy deletes it. */
  declare public readonly adopt: pulumi.Output<boolean>;
  /** SHA-256 of what the package means, without ids, dates and order that carry no meaning. */
  declare public readonly contentDigest: pulumi.Output<string | undefined>;
  /** What the release holds after the rules: flows, recipes step by step, inputs, outputs, connections. */
  declare public readonly contents: pulumi.Output<Readonly<Record<string, unknown>> | undefined>;
  /** Warnings about the package under these rules. */
  declare public readonly findings: pulumi.Output<string[] | undefined>;
  /** Other names (`project/stack/name`) under which releases of this resource were imported: its own before it was renamed, or that of the program which it was taken over from. */
  declare public readonly formerOwners: pulumi.Output<string[] | undefined>;
  /** What the last change did, or the next one will do: deploy, rollback, roll-forward or re-import. */
  declare public readonly action: pulumi.Output<string | undefined>;
  /** Name of the environment in `sluice:environments`. Left out: the stack's own. Changing it replaces. */
  declare public readonly environment: pulumi.Output<string | undefined>;
  /** Id of the release at the platform; another one after a deploy or a rollback. */
  declare public readonly releaseId: pulumi.Output<string>;
  /** UUID of the export that the release was made of. */
  declare public readonly packageUuid: pulumi.Output<string>;
  /** Local id of the release's primary flow. */
  declare public readonly primaryFlowId: pulumi.Output<string | undefined>;
  /** What the run wrote with which this release passed its verification; `pending` until it has. Left out when it was activated without one. */
  declare public readonly verified: pulumi.Output<string | undefined>;

  constructor(name: string, args: ReleaseArgs, options?: pulumi.CustomResourceOptions) {
    super(
      {
        name: "Release",
        properties: [
          "deploymentId",
          "package",
          "rules",
          "notes",
          "active",
          "keepReleases",
          "verify",
          "editedInPlace",
          "severities",
          "adopt",
          "contentDigest",
          "contents",
          "findings",
          "formerOwners",
          "action",
          "environment",
          "releaseId",
          "packageUuid",
          "primaryFlowId",
          "verified",
        ],
        secrets: [],
        fromResource: { rules: ["connections", "values"] },
      },
      name,
      { ...args },
      options,
    );
  }
}

/** Inputs of {@link Release}. */
export interface ReleaseArgs {
  /** Id of the deployment. Changing it replaces the release. */
  deploymentId: pulumi.Input<string>;
  /** The exported package: a path (relative to the program's folder) or a file asset. A package with other content is an update; the same content under another name is no change. */
  package: pulumi.Input<string | pulumi.asset.FileAsset>;
  /** The import rules in force: pass the ImportRules resource, so that a changed rule imports the package again. */
  rules?: pulumi.Input<types.RuleSetArgs> | undefined;
  /** Shown in the platform's list of releases. Changing it updates in place. */
  notes?: pulumi.Input<string> | undefined;
  /** Whether the platform runs this release. false imports it and leaves the release before it running. */
  active?: pulumi.Input<boolean> | undefined;
  /** After an import, remove this program's oldest releases beyond this number; never the active one or the one before it. Left out: keep all. */
  keepReleases?: pulumi.Input<number> | undefined;
  /** After an activation (a deploy, a rollback, a re-import), run the deployment, wait for it and check what it wrote. When that fails, the release that was active before is activated again and the update fails with the job's reason. Without expectations the jobs must end well. It is a real run: it writes where the release writes. */
  verify?: pulumi.Input<types.VerificationArgs> | undefined;
  /** What to do when somebody edited the live flow of the release that a change would put out of use: those edits are lost. */
  editedInPlace?: pulumi.Input<string> | undefined;
  /** Other severities for findings, by code: `error` refuses the change, `ignore` silences it. */
  severities?: pulumi.Input<Record<string, pulumi.Input<string>>> | undefined;
  /** Take over an object of the same name that already exists, instead of stopping. From then on this program owns it, and destroy deletes it. */
  adopt?: pulumi.Input<boolean> | undefined;
  /** Name of the environment in `sluice:environments`. Left out: the stack's own. Changing it replaces. */
  environment?: pulumi.Input<string> | undefined;
}
