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
    seed: 3,
  },
  {
    name: "forgets notes in the diff",
    plant: only("Release", (release) => ({
      ...release,
      inputs: release.inputs.extend({ notes: localOnly(fieldOf(release, "notes"), "forgotten") }),
    })),
    finding: /release should be .*"notes"|lies: notes is/,
    seed: 4,
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
    seed: 9,
  },
  {
    name: "leaves what a schedule's update does not send",
    plant: only("Schedule", (schedule) => ({
      ...schedule,
      update: (context, id, state, inputs) =>
        updateOf(schedule)(context, id, state, { ...inputs, triggers: state.triggers }),
    })),
    finding: /schedule should be .*triggers/,
    seed: 4,
  },
  {
    name: "takes parameters that no flow has",
    plant: only("Schedule", (schedule) => ({
      ...schedule,
      check: async (context, { inputs, ...request }) =>
        (await schedule.check?.(context, { ...request, inputs: { ...inputs, parameters: {} } })) ?? {},
    })),
    finding: /a preview does not tell of the parameter regoin/,
    seed: 15,
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
    seed: 1336,
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
    seed: 3,
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
  {
    name: "verifies a release by an earlier run",
    plant: only("Release", (release) => inEveryCall(release, rememberingRuns)),
    finding: /which is 1 runs; there were 0|is said to be verified by job group/,
    seed: 2473,
  },
  {
    name: "does not look whose release runs",
    plant: only("Release", (release) => ({
      ...release,
      check: async (context, request) =>
        (await release.check?.(context, { ...request, inputs: { ...request.inputs, adopt: true } })) ?? {},
    })),
    finding: /a neighbour that states d\d\/release was told|does not name the other stack/,
    seed: 844,
  },
  {
    name: "misses recipes that people changed",
    plant: only("Release", (release) => ({
      ...release,
      check: async (context, request) => (await release.check?.(withoutExports(context), request)) ?? {},
    })),
    finding: /the edits by hand of release #\d+ are not told of/,
    seed: 2131,
  },
  {
    name: "forgets what a resource was called before",
    plant: only("Release", (release) => ({
      ...release,
      check: async (context, request) => {
        const { previous } = request;
        const known = previous && { ...previous, owner: context.owner };
        const answer = await release.check?.(context, { ...request, previous: known });
        const { formerOwners: _forgotten, ...derived } = answer?.derived ?? {};
        return { ...answer, derived };
      },
    })),
    finding: /there should be \d release of|belongs to shop\/prod/,
    seed: 132,
  },
  {
    name: "leaves schedules with the flow that ran before",
    plant: only("Release", (release) => inEveryCall(release, blindTo("/v4/schedules"))),
    finding: /schedule should be .*"runs"|bound to a flow that is gone/,
    seed: 188,
  },
  {
    name: "does not see that a schedule's flow is gone",
    plant: only("Schedule", (schedule) => ({
      ...schedule,
      read: async (context, id, state) => {
        const { inputs, outputs } = await schedule.read(context, id, state);
        const { deploymentId: _unseen, ...rest } = inputs as Record<string, unknown>;
        return { inputs: rest, outputs };
      },
    })),
    finding: /bound to a flow that is gone/,
    seed: 2196,
  },
  {
    name: "leaves the effect of rules that platforms keep",
    plant: only("ImportRules", (rules) => ({
      ...rules,
      delete: (context, id, state) =>
        rules.delete(withClient(context, { get: () => Promise.resolve({ data: [] }) as never }), id, state),
    })),
    finding: /rules should be/,
    seed: 2653,
  },
];

/** Applies to the definition of this name only. */
function only(name: string, change: (definition: ResourceDefinition) => ResourceDefinition): Plant {
  return (definition) => (definition.name === name ? change(definition) : definition);
}

/** Creates and updates with the client that is made of theirs. */
function inEveryCall(
  definition: ResourceDefinition,
  change: (client: Client) => Partial<Client>,
): ResourceDefinition {
  const changed = (context: Context) => withClient(context, change(context.client));
  return {
    ...definition,
    create: (context, inputs) => definition.create(changed(context), inputs),
    update: (context, id, state, inputs) => updateOf(definition)(changed(context), id, state, inputs),
  };
}

/** Starts a run of each deployment once, and takes that for every later one. */
function rememberingRuns(client: Client): Partial<Client> {
  return {
    post: async (path, body, answer) => {
      if (!path.endsWith("/run")) return client.post(path, body, answer);
      const key = `${client.endpoint}${path}`;
      const known = runs.get(key) ?? (await client.post(path, body, answer));
      runs.set(key, known);
      return known as never;
    },
  };
}

const runs = new Map<string, unknown>();

/** Finds this list empty. */
function blindTo(hidden: string): (client: Client) => Partial<Client> {
  return (client) => ({
    list: (path, ...rest) => (path === hidden ? Promise.resolve([]) : client.list(path, ...rest)),
  });
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
  return withClient(context, {
    download: (path: string) =>
      Promise.reject(new RouteNotFound("not offered", { status: 404, method: "GET", url: path })),
  });
}

/** The context with other methods of its client. */
function withClient(context: Context, methods: Partial<Client>): Context {
  const client = new Proxy(context.client, {
    get: (target, name) =>
      (Reflect.get(methods, name) as unknown) ?? (Reflect.get(target, name, target) as unknown),
  });
  return { ...context, client };
}
