import { z } from "zod";
import type { Client } from "../../provider/client/client.js";
import { RouteNotFound } from "../../provider/client/errors.js";
import type { Context, ResourceDefinition } from "../../provider/framework/define-resource.js";
import { localOnly } from "../../provider/framework/field-rules.js";
import type { Plant } from "./operation.js";

/** A defect as providers have them, and what the fuzzer must say of it. */
export interface PlantedDefect {
  readonly name: string;
  readonly plant: Plant;
  readonly finding: RegExp;
  /** Where to begin, so that the test of it is short. */
  readonly seed: number;
}

/** Defects put into the definitions on their way to the engine, never into the product. */
export const plantedDefects: readonly PlantedDefect[] = [
  {
    name: "imports again when the answer to an import is lost",
    plant: only("Release", (release) => ({
      ...release,
      create: (context, inputs) => release.create(withoutExports(context), inputs),
      update: (context, id, state, inputs) => updateOf(release)(withoutExports(context), id, state, inputs),
    })),
    finding: /there should be \d release of/,
    seed: 4,
  },
  {
    name: "forgets notes in the diff",
    plant: only("Release", (release) => ({
      ...release,
      inputs: release.inputs.extend({ notes: localOnly(fieldOf(release, "notes"), "forgotten") }),
    })),
    finding: /release should be .*"notes"|lies: notes is/,
    seed: 3,
  },
  {
    name: "announces in every preview that nothing happens",
    plant: only("Release", (release) => ({
      ...release,
      check: async (context, request) => {
        const answer = await release.check?.(context, request);
        return { ...answer, derived: { ...answer?.derived, action: "keep: the release is active already" } };
      },
    })),
    finding: /announced "keep: the release is active already".*which is no import/,
    seed: 1,
  },
  {
    name: "deletes releases of others",
    plant: only("Release", (release) => ({
      ...release,
      delete: async (context, id) => {
        const row = z.object({ id: z.int() });
        const all = await context.client.list("/v4/releases", row, { deploymentId: id });
        for (const one of all) await context.client.delete(`/v4/releases/${one.id}`);
      },
    })),
    finding: /releases that somebody else imported were deleted|there should be \d release of/,
    seed: 4,
  },
  {
    name: "leaves what a schedule's update does not send",
    plant: only("Schedule", (schedule) => ({
      ...schedule,
      update: (context, id, state, inputs) =>
        updateOf(schedule)(context, id, state, { ...inputs, triggers: state.triggers }),
    })),
    finding: /schedule should be .*triggers/,
    seed: 1,
  },
  {
    name: "tells of a refresh what state said before",
    plant: only("Deployment", (deployment) => ({
      ...deployment,
      read: async (context, id, state) => {
        const { outputs } = await deployment.read(context, id, state);
        return { inputs: {}, outputs };
      },
    })),
    finding: /state of d\d lies: name is/,
    seed: 15,
  },
  {
    name: "keeps a password in state",
    plant: only("Connection", (connection) => ({
      ...connection,
      create: async (context, inputs) => {
        const { id, outputs } = await connection.create(context, inputs);
        return { id, outputs: { ...outputs, uuid: JSON.stringify(inputs.credentials ?? outputs.uuid) } };
      },
    })),
    finding: /a secret is in state/,
    seed: 1,
  },
  {
    name: "writes in a preview",
    plant: only("Deployment", (deployment) => ({
      ...deployment,
      check: async (context, request) => {
        if (request.previous === undefined)
          await context.client.post("/v4/deployments", { name: "soon" }, z.unknown());
        return (await deployment.check?.(context, request)) ?? {};
      },
    })),
    finding: /a preview: wrote POST/,
    seed: 1,
  },
];

/** Applies to the definition of this name only. */
function only(name: string, change: (definition: ResourceDefinition) => ResourceDefinition): Plant {
  return (definition) => (definition.name === name ? change(definition) : definition);
}

function updateOf(definition: ResourceDefinition): NonNullable<ResourceDefinition["update"]> {
  if (definition.update === undefined) throw new Error(`${definition.name} has no update`);
  return definition.update.bind(definition);
}

function fieldOf(definition: ResourceDefinition, name: string): z.ZodType {
  const field = (definition.inputs.shape as Record<string, z.ZodType>)[name];
  if (field === undefined) throw new Error(`${definition.name} has no input ${name}`);
  return field;
}

/** A client that cannot see what the platform imported. */
function withoutExports(context: Context): Context {
  return {
    ...context,
    client: overriding(context.client, {
      download: (path: string) =>
        Promise.reject(new RouteNotFound("not offered", { status: 404, method: "GET", url: path })),
    }),
  };
}

function overriding(client: Client, methods: Partial<Client>): Client {
  return new Proxy(client, {
    get: (target, name) =>
      (Reflect.get(methods, name) as unknown) ?? (Reflect.get(target, name, target) as unknown),
  });
}
