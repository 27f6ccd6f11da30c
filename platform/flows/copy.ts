import type { Selectable } from "kysely";
import type { Flow } from "../../flow/model.js";
import type { Caller, Platform } from "../platform.js";
import type { FlowRow } from "../store/flow-schema.js";
import { usedConnectionIds } from "./export.js";
import { createLocalIds, insertFlows } from "./insert-flows.js";
import { readFlows } from "./read-flows.js";

/** How a copy differs from its original. */
export interface CopyOptions {
  readonly name: string;
  readonly description: string | null;
  /** False: original and copy hold the same imported datasets. */
  readonly copyDatasources: boolean;
}

/** Copies a flow with everything inside for the caller, outside of any release, and answers the copy's id. */
export async function copyFlow(
  platform: Pick<Platform, "database" | "sealer">,
  caller: Caller,
  original: Selectable<FlowRow>,
  options: CopyOptions,
): Promise<number> {
  return platform.database.transaction().execute(async (database) => {
    const [flow] = await readFlows(database, platform.sealer, caller.environmentId, [original.id]);
    if (!flow) throw new Error(`copying flow ${original.id}: it is gone`);
    const ids = createLocalIds(identity(usedConnectionIds([flow])));
    keepOutsideObjects(flow, ids);
    if (!options.copyDatasources) keepDatasets(flow, ids);
    const origin = {
      environmentId: caller.environmentId,
      personId: caller.personId,
      folderId: original.folderId,
      releaseId: null,
      // The steps of both go on naming the same artifacts.
      importUuid: original.importUuid,
      at: new Date().toISOString(),
      sealer: platform.sealer,
    };
    const { name, description } = options;
    await insertFlows(database, origin, [{ ...flow, name, description, isPrimary: true }], [], ids);
    const id = ids.flows.get(flow.id);
    if (id === undefined) throw new Error(`copying flow ${original.id}: no flow was written`);
    return id;
  });
}

type Ids = ReturnType<typeof createLocalIds>;

/** Nodes and references of other flows that this one reads from stay what they are. */
function keepOutsideObjects(flow: Flow, ids: Ids): void {
  const own = new Set(flow.nodes.map((node) => node.id));
  for (const edge of flow.edges) if (!own.has(edge.from)) ids.nodes.set(edge.from, edge.from);
  const ownReferences = new Set(flow.references.map((reference) => reference.id));
  for (const { sourceReferenceId: id } of flow.nodes) {
    if (id !== null && !ownReferences.has(id)) ids.references.set(id, id);
  }
}

function keepDatasets(flow: Flow, ids: Ids): void {
  for (const { id, parsingRecipeId } of flow.datasets) {
    ids.datasets.set(id, id);
    if (parsingRecipeId !== null) ids.recipes.set(parsingRecipeId, parsingRecipeId);
  }
}

function identity(ids: readonly number[]): Map<number, number> {
  return new Map(ids.map((id) => [id, id]));
}
