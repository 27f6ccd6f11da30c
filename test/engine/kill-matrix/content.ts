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
  const schedules = await list("deploymentSchedules");
  return {
    connections: connections.map(({ name, vendor, host, description, credentialType }) => {
      return { name, vendor, host, description, credentialType };
    }),
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
        schedules: schedules
          .filter((schedule) => (schedule["deployment"] as Json | undefined)?.["id"] === id)
          .map((schedule) => ({
            name: schedule.name,
            triggers: schedule["triggers"],
            enabled: schedule["enabled"],
          })),
      })),
    ),
    scheduleCount: schedules.length,
  };
}

function rulesOf(endpoint: string, deploymentId: number, kind: string): Promise<Json[]> {
  return readList(endpoint, `/v4/deployments/${deploymentId}/${kind}`);
}

async function readList(endpoint: string, path: string): Promise<Rows> {
  const body = (await request(endpoint, "GET", path)).body as { data: Rows };
  return body.data;
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
    const said = String(notes).replace(/\[sluice v(\d+) .*\]/, "[sluice v$1]");
    return `${said}: package ${sha256.slice(0, 12)}${active === true ? ", active" : ""}`;
  });
  return (await Promise.all(described)).sort();
}
