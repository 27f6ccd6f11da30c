import { createHash } from "node:crypto";
import { TOKEN } from "../../platform/platform-fixture.js";
import { request } from "../../platform/platform-process.js";

type Json = Record<string, unknown>;
type Rows = (Json & { id: number; name: string })[];

/**
 * What a platform holds, in a form in which two runs are equal when nobody could tell them apart: without ids and times, and by
 * names. Releases come in no order: which was imported first does not matter, how many there are does.
 */
export async function contentOf(endpoint: string): Promise<Json> {
  const list = (path: string) => readList(endpoint, `/v4/${path}?noLimit=true`);
  const connections = await list("connections");
  const nameOf = (id: unknown) =>
    connections.find((connection) => String(connection.id) === String(id))?.name;
  const deployments = await list("deployments");
  const schedules = [...(await list("deploymentSchedules")), ...(await list("schedules"))];
  return {
    connections: await Promise.all(
      connections.map(async ({ id, name, vendor, params, description, credentialType }) => {
        const people = await readList(endpoint, `/v4/connections/${id}/permissions`);
        return { name, vendor, params, description, credentialType, people: people.map((one) => one.id) };
      }),
    ),
    deployments: await Promise.all(
      deployments.map(async ({ id, name }) => ({
        name,
        rules: {
          connections: (await rulesOf(endpoint, id, "objectImportRules")).map((rule) => ({
            on: rule["onCondition"],
            with: nameOf((rule["withCondition"] as Json)["id"]) ?? rule["withCondition"],
          })),
          values: (await rulesOf(endpoint, id, "valueImportRules")).map((rule) => {
            return { type: rule["type"], on: rule["on"], with: rule["with"] };
          }),
        },
        releases: await releasesOf(endpoint, id),
      })),
    ),
    schedules: await Promise.all(
      schedules.map(async (schedule) => ({
        name: schedule.name,
        triggers: schedule["triggers"],
        enabled: schedule["enabled"],
        runs: await targetOf(endpoint, schedule),
      })),
    ),
  };
}

/** The deployment that a schedule runs by itself, or the notes of the release whose flow it runs. */
async function targetOf(endpoint: string, schedule: Json): Promise<unknown> {
  const deployment = schedule["deployment"] as Json | undefined;
  if (deployment) return (await get(endpoint, `/v4/deployments/${String(deployment["id"])}`))["name"];
  const flows = (schedule["tasks"] as { runFlow: { flowId: number } }[]).map(({ runFlow }) => runFlow.flowId);
  const releases = await readList(endpoint, "/v4/releases?noLimit=true&embed=flows");
  return releases
    .filter(({ flows: held }) => (held as { data: Rows }).data.some(({ id }) => flows.includes(id)))
    .map(({ notes, active }) => [withoutMarkerDetails(notes), active]);
}

function rulesOf(endpoint: string, deploymentId: number, kind: string): Promise<Json[]> {
  return readList(endpoint, `/v4/deployments/${deploymentId}/${kind}`);
}

async function get(endpoint: string, path: string): Promise<Json> {
  return (await request(endpoint, "GET", path)).body as Json;
}

/** Nothing where the platform does not offer the list. */
async function readList(endpoint: string, path: string): Promise<Rows> {
  return ((await get(endpoint, path)) as { data?: Rows }).data ?? [];
}

/** What the notes say without the details of the marker, ids of flows among them. */
function withoutMarkerDetails(notes: unknown): string {
  return String(notes).replace(/\[sluice v(\d+) .*\]/, "[sluice v$1]");
}

async function releasesOf(endpoint: string, deploymentId: number): Promise<string[]> {
  const path = `/v4/deployments/${deploymentId}/releases?noLimit=true`;
  const releases = await readList(endpoint, path);
  const described = releases.map(async ({ id, active, notes }) => {
    const response = await fetch(`${endpoint}/v4/releases/${id}/package`, {
      headers: { authorization: `Bearer ${TOKEN}` },
    });
    const sha256 = createHash("sha256")
      .update(Buffer.from(await response.arrayBuffer()))
      .digest("hex");
    return `${withoutMarkerDetails(notes)}: package ${sha256.slice(0, 12)}${active === true ? ", active" : ""}`;
  });
  return (await Promise.all(described)).sort();
}
