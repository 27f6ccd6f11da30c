import type { Output } from "../../flow/model.js";
import type { Database } from "../store/database.js";

/** Why an output is not run although its steps might: something that belongs to it would be left out. Null when it is run. */
export function findObstacle({ sqlScripts }: Output): string | null {
  if (sqlScripts.length === 0) return null;
  const kinds = [...new Set(sqlScripts.map(({ type }) => type))].sort().join(" and ");
  return (
    `the output has ${sqlScripts.length} SQL ${sqlScripts.length === 1 ? "script" : "scripts"} (${kinds}), which this platform ` +
    `does not run; remove them from the output, and run them on the database yourself`
  );
}

/** What a run asks for and does not get, for its log. */
export function noteIgnored({ options, hasProfile }: Output): string[] {
  return [
    ...(options?.["ignoreRecipeErrors"] === true
      ? ["ignoreRecipeErrors is not followed: a step that cannot be carried out fails the job"]
      : []),
    ...(options?.["checkSchemaDrift"] === true
      ? ["checkSchemaDrift is not followed: a column that is gone fails the job where a step needs it"]
      : []),
    ...(hasProfile ? ["no profile is made: this platform has none"] : []),
  ];
}

/** The webhooks that would be called after a job group, for its log. */
export async function noteWebhooks(database: Database, flowId: number, nodeId: number): Promise<string[]> {
  const hooks = await database
    .selectFrom("webhookFlowTasks")
    .select(["name", "flowNodeIds"])
    .where("flowId", "=", flowId)
    .orderBy("id")
    .execute();
  return hooks
    .filter(({ flowNodeIds }) => {
      const nodes = JSON.parse(flowNodeIds) as number[];
      return nodes.length === 0 || nodes.includes(nodeId);
    })
    .map(({ name }) => `the webhook "${name}" is not called: this platform sends nothing to other machines`);
}
