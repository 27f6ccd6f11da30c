import type { EngineTest } from "./stack.js";

/** A resource in the stack's state, as far as its place in the tree goes. */
export interface StateResource {
  urn: string;
  type: string;
  inputs?: Record<string, unknown>;
  parent?: string;
  viewOf?: string;
  delete?: boolean;
}

/** The resources that the stack's state holds, in its order. */
export async function resourcesIn(test: Pick<EngineTest, "state">): Promise<StateResource[]> {
  const { checkpoint } = JSON.parse(await test.state()) as {
    checkpoint: { latest?: { resources?: StateResource[] } };
  };
  return checkpoint.latest?.resources ?? [];
}

/** Names of the resource's views in state, with their types: `Recipe orders/Orders/Clean orders`. */
export async function viewsIn(test: EngineTest): Promise<string[]> {
  const views = (await resourcesIn(test)).filter(({ viewOf }) => viewOf !== undefined);
  return views.map(({ type, urn }) => `${type.split(":").at(-1)} ${nameOf(urn)}`).sort();
}

/** What is wrong with the stack's state; the engine refuses, or loses track of, a state with anything in this list. */
export async function damageOf(test: Pick<EngineTest, "state">): Promise<string[]> {
  const resources = await resourcesIn(test);
  const before = new Set<string>();
  const live = new Set<string>();
  const damage: string[] = [];
  for (const resource of resources) {
    for (const member of ["parent", "viewOf"] as const) {
      const other = resource[member];
      if (other === undefined || before.has(other)) continue;
      const isLater = resources.some(({ urn }) => urn === other);
      damage.push(`${nameOf(resource.urn)}: ${member} ${isLater ? "comes later" : "is missing"}`);
    }
    before.add(resource.urn);
    if (resource.delete === true) continue;
    if (live.has(resource.urn)) damage.push(`${nameOf(resource.urn)}: is there twice`);
    live.add(resource.urn);
  }
  return damage;
}

function nameOf(urn: string): string {
  return urn.split("::").slice(3).join("::");
}
