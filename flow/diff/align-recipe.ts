import { sha256 } from "../canonical.js";
import type { Recipe, Step } from "../model.js";
import { digestRecipe } from "../recipe-digest.js";
import { holdsText, mapStep, TABLE_NAME, writeStep, type StepNamer } from "../step-text.js";
import { matchInStages } from "./match-parts.js";
import { alignSequences } from "./sequence.js";
import { shorten } from "./step-keys.js";

/** What surrounds a recipe that is to be put into the names of its partner. */
export interface RecipeSurroundings {
  /** Port → what it reads, in names that are equal for partners; of the recipe before and of the one after. */
  readonly beforeSources: ReadonlyMap<number, string>;
  readonly afterSources: ReadonlyMap<number, string>;
  /** Datasets and artifacts of after → their partners' ids, or the ids they get; undefined for what is not in the package. */
  readonly dataset: (id: number) => number | undefined;
  readonly artifact: (id: number) => number | undefined;
  readonly isBeforeDataset: (id: number) => boolean;
  readonly isBeforeArtifact: (id: number) => boolean;
}

/** A recipe in the names of its partner. */
export interface AlignedRecipe {
  readonly steps: readonly Step[];
  /** After's port → the port in the partner's names. */
  readonly ports: ReadonlyMap<number, number>;
}

/**
 * Puts `after`'s steps into the names of `before`: equal steps get equal tables, ports and ids, whatever the exporter
 * called them. Names of steps that have no equal are kept, or made new where they would mean something else.
 */
export function alignRecipe(before: Recipe, after: Recipe, surroundings: RecipeSurroundings): AlignedRecipe {
  if (isSameRecipe(before, after, surroundings)) {
    const from = digestRecipe(after).ports;
    const to = digestRecipe(before).ports;
    return { steps: before.steps, ports: new Map(from.map((port, index) => [port, to[index] ?? port])) };
  }
  return new RecipeAligner(before, after, surroundings).align();
}

/** The usual case, and the only one that costs nothing. */
function isSameRecipe(before: Recipe, after: Recipe, surroundings: RecipeSurroundings): boolean {
  const one = digestRecipe(before);
  const other = digestRecipe(after);
  return (
    one.hash === other.hash &&
    other.datasetIds.every((id, index) => surroundings.dataset(id) === one.datasetIds[index]) &&
    other.artifactIds.every((id, index) => surroundings.artifact(id) === one.artifactIds[index])
  );
}

/** A Load as far as it tells which of two recipes' tables are one. */
interface LoadedTable {
  readonly step: Step;
  readonly source: string;
  /** The first step that uses the table, its own names left out. */
  readonly user: string;
  readonly userType: string;
}

class RecipeAligner {
  private readonly tables = new Map<string, string>();
  private readonly ports = new Map<number, number>();
  private readonly beforeTables: ReadonlySet<string>;
  private readonly afterTables: ReadonlySet<string>;

  constructor(
    private readonly before: Recipe,
    private readonly after: Recipe,
    private readonly surroundings: RecipeSurroundings,
  ) {
    this.beforeTables = new Set(digestRecipe(before).tables);
    this.afterTables = new Set(digestRecipe(after).tables);
  }

  align(): AlignedRecipe {
    this.matchLoads();
    this.matchOtherNames();
    this.inventNames();
    if (this.isUnchanged()) return { steps: this.after.steps, ports: this.ports };
    const loaded = new Set<string>();
    const { surroundings } = this;
    const steps = this.after.steps.map((step) =>
      mapStep(
        step,
        {
          table: (name) => this.tables.get(name) ?? name,
          port: (port) => this.ports.get(port) ?? port,
          dataset: (id) => surroundings.dataset(id) ?? unknownId(id),
          artifact: (id) => surroundings.artifact(id) ?? unknownId(id),
        },
        loaded,
      ),
    );
    return { steps, ports: this.ports };
  }

  /** Two exports of one instance agree in nearly all names. */
  private isUnchanged(): boolean {
    const { datasetIds, artifactIds } = digestRecipe(this.after);
    const { dataset, artifact } = this.surroundings;
    return (
      [...this.tables, ...this.ports].every(([from, to]) => from === to) &&
      datasetIds.every((id) => dataset(id) === id) &&
      artifactIds.every((id) => artifact(id) === id)
    );
  }

  private matchLoads(): void {
    const before = listLoads(this.before, this.surroundings.beforeSources);
    const after = listLoads(this.after, this.surroundings.afterSources);
    const ports = matchInStages(before, after, [
      ({ step, source, user }) => (step.port === null ? null : `${source}\n${user}`),
      ({ step, source }) => (step.port === null ? null : source),
      ({ step, user }) => (step.port === null ? null : user),
      ({ step, userType }) => (step.port === null || userType === "" ? null : userType),
      ({ step }) => (step.port === null ? "primary" : null),
    ]);
    const usedPorts = new Set<number>();
    for (const [one, other] of ports) {
      this.mapTable(one.step.task.outputName, other.step.task.outputName);
      const from = one.step.port;
      const to = other.step.port;
      if (from === null || to === null || this.ports.has(from) || usedPorts.has(to)) continue;
      this.ports.set(from, to);
      usedPorts.add(to);
    }
  }

  /** Partners may only get each other's name when no text turns into a table's name by it, and no name is given twice. */
  private mapTable(from: string | null, to: string | null): void {
    if (from === null || to === null || from === "" || to === "" || this.tables.has(from)) return;
    if (!this.afterTables.has(from) || !this.beforeTables.has(to)) return;
    if ([...this.tables.values()].includes(to)) return;
    const areUsual = TABLE_NAME.test(from) && TABLE_NAME.test(to);
    if (areUsual || from === to) this.tables.set(from, to);
    else if (
      !TABLE_NAME.test(from) &&
      !TABLE_NAME.test(to) &&
      !this.after.steps.some((step) => holdsText(step, to))
    ) {
      this.tables.set(from, to);
    }
  }

  /** Steps that differ in nothing but names of unknown meaning are one, and so are the names in them. */
  private matchOtherNames(): void {
    if ([...this.afterTables].every((name) => this.tables.has(name))) return;
    const { surroundings } = this;
    const before = maskSteps(this.before, {
      table: (name) => ([...this.tables.values()].includes(name) ? name : undefined),
      port: (port) => ([...this.ports.values()].includes(port) ? port : undefined),
      dataset: (id) => (surroundings.isBeforeDataset(id) ? id : undefined),
      artifact: (id) => (surroundings.isBeforeArtifact(id) ? id : undefined),
    });
    const after = maskSteps(this.after, {
      table: (name) => this.tables.get(name),
      port: (port) => this.ports.get(port),
      dataset: surroundings.dataset,
      artifact: surroundings.artifact,
    });
    const pairs = alignSequences(
      before.map(({ key }) => key),
      after.map(({ key }) => key),
    );
    for (const [b, a] of pairs) {
      const names = before[b]?.masked ?? [];
      (after[a]?.masked ?? []).forEach(({ kind, name }, index) => {
        if (kind === "table") this.mapTable(name, names[index]?.name ?? null);
      });
    }
  }

  /** What has no partner must not look like something of the recipe before. */
  private inventNames(): void {
    const takenTables = new Set([...this.beforeTables, ...this.afterTables]);
    for (const name of this.afterTables) {
      if (this.tables.has(name) || !this.beforeTables.has(name) || !TABLE_NAME.test(name)) continue;
      let invented = name;
      while (takenTables.has(invented)) invented = `table_${sha256(invented).slice(0, 40)}`;
      takenTables.add(invented);
      this.tables.set(name, invented);
    }
    const beforePorts = [...digestRecipe(this.before).ports, ...this.surroundings.beforeSources.keys()];
    const afterPorts = [...digestRecipe(this.after).ports, ...this.surroundings.afterSources.keys()];
    let last = Math.max(0, ...beforePorts, ...afterPorts);
    for (const port of digestRecipe(this.after).ports) {
      if (!this.ports.has(port)) this.ports.set(port, (last += 1));
    }
  }
}

/** An id that is in no package must not become one that is. */
function unknownId(id: number): number {
  return Number.MAX_SAFE_INTEGER - id;
}

function listLoads(recipe: Recipe, sources: ReadonlyMap<number, string>): LoadedTable[] {
  const loads = recipe.steps.filter(({ task }) => task.type === "Load");
  const masked = loads.some(({ port }) => port !== null) ? maskSteps(recipe, {}) : [];
  return loads.map((step): LoadedTable => {
    const index = recipe.steps.indexOf(step);
    const { outputName } = step.task;
    const user = masked.findIndex(
      ({ masked: names }, at) => at > index && names.some(({ name }) => name === outputName),
    );
    return {
      step,
      source: sources.get(step.port ?? Number.NaN) ?? "nothing",
      user: masked[user]?.key ?? "",
      userType: recipe.steps[user]?.task.type ?? "",
    };
  });
}

interface MaskedStep {
  readonly key: string;
  /** The names that were masked, in the order of their places. */
  readonly masked: readonly { readonly kind: string; readonly name: string }[];
}

interface KnownNames {
  readonly table?: (name: string) => string | undefined;
  readonly port?: (port: number) => number | undefined;
  readonly dataset?: (id: number) => number | undefined;
  readonly artifact?: (id: number) => number | undefined;
}

/** Steps in known names; every other name is masked by the order in which it stands in its step. */
function maskSteps(recipe: Recipe, known: KnownNames): MaskedStep[] {
  const loaded = new Set<string>();
  return recipe.steps.map((step) => {
    const masked: { kind: string; name: string }[] = [];
    const mask = (kind: string, name: string): number => {
      const at = masked.findIndex((one) => one.kind === kind && one.name === name);
      return at >= 0 ? at : masked.push({ kind, name }) - 1;
    };
    const id = (kind: string, get: ((id: number) => number | undefined) | undefined) => (value: number) =>
      get?.(value) ?? `?${mask(kind, String(value))}`;
    const namer: StepNamer = {
      table: (name) => known.table?.(name) ?? `?${mask("table", name)}`,
      port: id("port", known.port),
      dataset: id("dataset", known.dataset),
      artifact: id("artifact", known.artifact),
    };
    const text = writeStep(step, namer, loaded);
    return { key: shorten(text), masked };
  });
}
