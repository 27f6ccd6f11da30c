import { byOwner, type FlowHead } from "./tables.js";
import { contentKey } from "./fields.js";
import { ownContent, type GraphSide } from "./labels.js";
import { matchInStages, similarity } from "./match-parts.js";

/** Flows of another name are the same flow when at least this share of their content is. */
const LEAST_SIMILARITY = 0.5;

interface KnownFlow {
  readonly head: FlowHead;
  /** Text for each thing in the flow. */
  readonly content: readonly string[];
}

/** Finds the partners of flows: after's id → before's. By name first; a flow of another name by what is in it. */
export function matchFlows(before: GraphSide, after: GraphSide): Map<number, number> {
  const left = listFlows(before);
  const right = listFlows(after);
  const whole = ({ content }: KnownFlow) => content.join("\n");
  const partners = matchInStages(left, right, [
    (flow) => `${contentKey("flows", flow.head)}\n${whole(flow)}`,
    (flow) => `${flow.head.name}\n${whole(flow)}`,
  ]);
  const result = new Map([...partners].map(([one, other]) => [one.head.id, other.head.id]));
  matchBest(left, right, result, (one, other) =>
    one.head.name === other.head.name ? 1 + similarity(one.content, other.content) : 0,
  );
  matchBest(left, right, result, (one, other) => similarity(one.content, other.content));
  return result;
}

function listFlows(side: GraphSide): KnownFlow[] {
  const { tables } = side;
  return [...tables.flows.values()].map(({ value: head }) => {
    const own = head.id;
    const parts = [
      ...byOwner(tables.nodes, own).flatMap(({ value }) => [
        ownContent(side, value.id, "name"),
        ownContent(side, value.id, "content"),
      ]),
      ...byOwner(tables.parameters, own).map(({ value }) => contentKey("parameters", value)),
      ...byOwner(tables.overrides, own).map(({ value }) => contentKey("overrides", value)),
      ...byOwner(tables.webhooks, own).map(({ value }) => contentKey("webhooks", value, "nodeIds")),
    ];
    return { head, content: parts.sort() };
  });
}

function matchBest(
  before: readonly KnownFlow[],
  after: readonly KnownFlow[],
  partners: Map<number, number>,
  score: (before: KnownFlow, after: KnownFlow) => number,
): void {
  const taken = new Set(partners.values());
  const scores = after
    .filter((flow) => !partners.has(flow.head.id))
    .flatMap((other) =>
      before
        .filter((flow) => !taken.has(flow.head.id))
        .map((one) => ({ one, other, score: score(one, other) })),
    )
    .filter((entry) => entry.score >= LEAST_SIMILARITY)
    .sort((a, b) => b.score - a.score);
  for (const { one, other } of scores) {
    if (taken.has(one.head.id) || partners.has(other.head.id)) continue;
    partners.set(other.head.id, one.head.id);
    taken.add(one.head.id);
  }
}
