import type {
  Dataset,
  Flow,
  FlowEdge,
  FlowNode,
  FlowPackage,
  FlowReference,
  Output,
  PathParameter,
  Recipe,
} from "../../flow/model.js";
import { filterStep, loadStep, tableName } from "./small-package.js";

/** Numbers from 0 up to 1, the same for the same seed (mulberry32). */
export function createRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

const WORDS = ["orders", "Été", "a b", "x/y", "1", "__proto__", "", "`{any}`", '"quoted"', "line\nend", "数"];

/** Draws of one seeded sequence. */
class Draw {
  constructor(private readonly random: () => number) {}

  below(count: number): number {
    return Math.floor(this.random() * count);
  }

  chance(probability: number): boolean {
    return this.random() < probability;
  }

  word(): string {
    return WORDS[this.below(WORDS.length)] ?? "";
  }

  optionalWord(): string | null {
    return this.chance(0.5) ? null : this.word();
  }

  pick<T>(list: readonly T[]): T | undefined {
    return list[this.below(list.length)];
  }
}

/** A valid package of up to three flows with every kind of member. Ids count up from `offset`, in an order of their own. */
export function randomPackage(seed: number, offset = 0): FlowPackage {
  const draw = new Draw(createRandom(seed));
  const ids = new Draw(createRandom(seed + offset));
  let last = offset;
  const nextId = () => (last += 1 + ids.below(3));
  const connections = Array.from({ length: draw.below(3) }, (_, index) => ({
    id: nextId(),
    uuid: `${index}0000000-7daa-11e9-b9eb-0fd11bed75ab`,
    name: draw.word(),
    description: draw.optionalWord(),
    type: "jdbc",
    vendor: draw.optionalWord(),
    credentialType: draw.optionalWord(),
    isGlobal: draw.chance(0.5),
    isShared: draw.chance(0.5),
  }));
  const connectionIds = connections.map((connection) => connection.id);
  const published: { reference: FlowReference; node: FlowNode }[] = [];
  const flows = Array.from({ length: 1 + draw.below(3) }, (_, index) =>
    randomFlow(draw, nextId, { isPrimary: index === 0, connectionIds, published }),
  );
  return {
    generation: 2,
    metadata: {
      uuid: draw.word(),
      productVersion: "7.8.0",
      exportedAt: draw.optionalWord(),
      exportedBy: draw.chance(0.5) ? null : nextId(),
      comment: draw.word(),
      edition: draw.optionalWord(),
      primaryFlowIds: flows.filter((flow) => flow.isPrimary).map((flow) => flow.id),
    },
    hash: draw.optionalWord(),
    flows,
    connections,
    artifacts: Array.from({ length: draw.below(2) }, () => ({
      id: nextId(),
      storageId: `stored-${nextId()}`,
      type: "targetmapping",
      content: draw.optionalWord(),
    })),
  };
}

interface Surroundings {
  readonly isPrimary: boolean;
  readonly connectionIds: readonly number[];
  /** References published so far, by this flow or an earlier one. */
  readonly published: { reference: FlowReference; node: FlowNode }[];
}

function randomFlow(draw: Draw, nextId: () => number, surroundings: Surroundings): Flow {
  const nodes: FlowNode[] = [];
  const edges: FlowEdge[] = [];
  const recipes: Recipe[] = [];
  const datasets: Dataset[] = [];
  const references: FlowReference[] = [];
  for (let count = draw.below(6); count > 0; count -= 1) {
    const isWrangled = nodes.length > 0 && draw.chance(0.6);
    const recipeId = nextId();
    const datasetId = nextId();
    const port = 1 + draw.below(5);
    const steps = isWrangled
      ? [
          loadStep(null, tableName(nextId())),
          loadStep(port, tableName(nextId())),
          filterStep(draw.word(), draw.word()),
        ]
      : [loadStep(null, tableName(nextId()), `id://${datasetId}`)];
    recipes.push({
      id: recipeId,
      name: draw.word(),
      description: draw.optionalWord(),
      isActive: draw.chance(0.9),
      steps,
      qualityRules: draw.chance(0.2) ? [{ comment: draw.word() }] : [],
    });
    if (!isWrangled) datasets.push(randomDataset(draw, nextId, datasetId, recipes.at(-1), surroundings));
    const reference = draw.chance(0.3)
      ? { id: nextId(), name: draw.word(), description: draw.optionalWord() }
      : null;
    const source = isWrangled && draw.chance(0.2) ? draw.pick(surroundings.published) : undefined;
    const node: FlowNode = {
      id: nextId(),
      recipeId,
      isWrangled,
      referenceId: reference?.id ?? null,
      sourceReferenceId: source?.reference.id ?? null,
    };
    for (const edgePort of isWrangled ? [null, port] : []) {
      const from = draw.pick(nodes);
      if (from !== undefined) edges.push({ id: nextId(), from: from.id, to: node.id, port: edgePort });
    }
    nodes.push(node);
    if (reference !== null) {
      references.push(reference);
      surroundings.published.push({ reference, node });
    }
  }
  return {
    id: nextId(),
    name: draw.word(),
    description: draw.optionalWord(),
    isPrimary: surroundings.isPrimary,
    ...(draw.chance(0.5) ? { settings: { optimize: "enabled" } } : {}),
    nodes,
    edges,
    recipes,
    datasets,
    outputs: nodes
      .filter(() => draw.chance(0.4))
      .map((node) => randomOutput(draw, nextId, node.id, surroundings)),
    parameters: draw.chance(0.3)
      ? [{ id: nextId(), name: draw.word(), value: { variable: { value: draw.word() } } }]
      : [],
    overrides: draw.chance(0.3)
      ? [{ id: nextId(), name: draw.word(), value: { variable: { value: draw.word() } } }]
      : [],
    references,
    webhooks: nodes
      .filter(() => draw.chance(0.1))
      .map((node) => ({
        id: nextId(),
        name: draw.word(),
        url: "https://example.com/hook",
        method: "post",
        triggerEvent: "onJobFailure",
        triggerObject: "some",
        body: draw.optionalWord(),
        headers: { [draw.word()]: draw.word() },
        secretKey: draw.optionalWord(),
        verifiesTls: draw.chance(0.5),
        retries: draw.chance(0.5),
        nodeIds: [node.id],
      })),
  };
}

function randomParameters(draw: Draw, nextId: () => number): PathParameter[] {
  return draw.chance(0.7)
    ? []
    : ["region", "day"].map((name, index) => ({
        id: nextId(),
        type: "path",
        name,
        value: { variable: { value: draw.word() } },
        insertions: [{ index: 1 + index, order: 0 }],
      }));
}

function randomDataset(
  draw: Draw,
  nextId: () => number,
  id: number,
  recipe: Recipe | undefined,
  { connectionIds }: Surroundings,
): Dataset {
  const parameters = randomParameters(draw, nextId);
  const base = {
    id,
    name: recipe?.name ?? "",
    parsingRecipeId: recipe?.id ?? null,
    connectionId: draw.pick(connectionIds) ?? null,
    parameters,
    isParameterised: parameters.length > 0,
    conversion: draw.chance(0.1) ? { selection: [draw.word()] } : null,
    hasTypeInference: draw.chance(0.8),
  };
  if (draw.chance(0.5)) {
    const query = draw.chance(0.3) ? `select ${draw.word()}` : null;
    return {
      ...base,
      kind: "table",
      type: "jdbc",
      path: [draw.word()],
      table: query === null ? draw.word() : null,
      query,
      columns: [draw.word()],
    };
  }
  return {
    ...base,
    kind: "file",
    type: "s3",
    location: {
      path: `/${draw.word()}.csv`,
      bucket: draw.optionalWord(),
      container: null,
      host: draw.optionalWord(),
      userinfo: draw.optionalWord(),
      uri: draw.optionalWord(),
    },
    pathTemplate: parameters.length > 0 ? "/in/" : null,
    size: draw.chance(0.5) ? null : draw.below(1000),
  };
}

function randomOutput(
  draw: Draw,
  nextId: () => number,
  nodeId: number,
  { connectionIds }: Surroundings,
): Output {
  const connectionId = draw.pick(connectionIds) ?? null;
  return {
    id: nextId(),
    nodeId,
    isManual: draw.chance(0.5),
    engine: "photon",
    hasProfile: draw.chance(0.5),
    ...(draw.chance(0.3)
      ? { options: { ignoreRecipeErrors: true, spark: { "spark.memory": draw.word() } } }
      : {}),
    files: [
      {
        id: nextId(),
        path: `s3://${draw.word()}/out.csv`,
        action: "create",
        format: "csv",
        compression: "none",
        hasHeader: draw.chance(0.5),
        isSingleFile: draw.chance(0.5),
        delimiter: ",",
        hasQuotes: draw.chance(0.5),
        prefix: draw.optionalWord(),
        suffix: draw.optionalWord(),
        connectionId,
        parameters: randomParameters(draw, nextId),
      },
    ],
    tables: [
      {
        id: nextId(),
        path: [draw.word()],
        table: draw.word(),
        targetType: "postgres",
        action: "dropAndLoad",
        connectionId,
        parameters: randomParameters(draw, nextId),
        ...(draw.chance(0.3) ? { options: { isDeltaTable: "false" } } : {}),
      },
    ],
    sqlScripts: draw.chance(0.2)
      ? [{ id: nextId(), sql: draw.word(), type: "pre", vendor: "postgres", connectionId }]
      : [],
  };
}
