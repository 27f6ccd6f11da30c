import type { Dialect, StarChange } from "./dialect.js";

/** Where a column's values were made: everything above passes them on unchanged, whatever it calls them. */
export interface Origin {
  readonly relation: Relation;
  readonly field: string;
  /** Set when `relation` lists its columns one by one and hands this one on from an input. */
  readonly handedOn?: { readonly qualifier: string; readonly from: Origin };
}

/** A column that no user sees (the row's number in its file, say), made only when a step asks for it. */
export interface HiddenColumn {
  readonly origin: Origin;
  /** What it is called in the query. */
  readonly kind: string;
}

interface Item {
  readonly name: string;
  readonly sql: string;
}

/** One common table expression. Its text is written last, when it is known what later steps need of it. */
export class Relation {
  /** Columns that one more relation behind this one computes, because several steps need them. */
  readonly readings = new Map<string, Item>();
  /** Further select items of a relation that lists its columns. */
  readonly extras = new Map<string, Item>();
  /** How the relation makes hidden columns among its select items, by kind. */
  readonly offers = new Map<string, () => string>();
  /** Hidden columns that the relation behind this one computes. */
  readonly computed = new Map<string, () => string>();

  constructor(
    readonly name: string,
    /** The steps that it carries out, as text. */
    readonly comments: readonly string[],
    /** Writes the query behind `AS`. */
    readonly write: (self: Relation) => string,
  ) {}

  /** The name that later relations read. */
  get outName(): string {
    return this.readings.size === 0 ? this.name : `${this.name} (read)`;
  }

  /** `, extra, extra`, to be written behind the relation's own list. */
  extraItems(dialect: Dialect): string {
    return [...this.extras.values()]
      .map(({ sql, name }) =>
        sql === dialect.quoteName(name) ? `, ${sql}` : `, ${sql} AS ${dialect.quoteName(name)}`,
      )
      .join("");
  }
}

interface ReadingUse {
  readonly origin: Origin;
  readonly kind: string;
  readonly key: string;
  readonly qualifier: string;
  readonly convert: (sql: string) => string;
  readonly inline: string;
}

/** The query under construction: its relations in order, and the readings of columns that several steps share. */
export class QueryPlan {
  private readonly relations: Relation[] = [];
  private readonly names = new Set<string>();
  private readonly fields = new Set<string>();
  /** Names of columns that no user sees. */
  private readonly hiddenNames = new Set<string>();
  private readonly uses: ReadingUse[] = [];
  private readonly stepsByReading = new Map<string, Set<number>>();
  private readonly originIds = new Map<Relation, Map<string, number>>();
  private lastOrigin = 0;
  private step = 0;

  constructor(
    readonly dialect: Dialect,
    /** What now means; the time at which the query runs when it is not given. */
    readonly now?: Date,
  ) {}

  /** Starts the next step: readings within one step count once. */
  nextStep(): void {
    this.step += 1;
  }

  /** Adds a relation; its name is made unique. */
  add(name: string, comments: readonly string[], write: (self: Relation) => string): Relation {
    const relation = new Relation(this.takeRelationName(name), comments, write);
    this.relations.push(relation);
    return relation;
  }

  /** Adds a relation with all columns of another, changed. */
  addStar(name: string, comments: readonly string[], from: Relation, change: StarChange): Relation {
    return this.add(name, comments, () => this.dialect.selectStar(this.ref(from), change));
  }

  /** A name for a column of a relation, unlike `taken` (folded names). */
  field(name: string, taken: ReadonlySet<string>): string {
    const isTaken = (one: string): boolean => taken.has(one) || this.hiddenNames.has(one);
    let field = name;
    for (let count = 2; isTaken(this.dialect.foldName(field)); count += 1) field = `${name} (${count})`;
    this.fields.add(this.dialect.foldName(field));
    return field;
  }

  /** What stands behind FROM to read the relation. To be called while writing. */
  ref(relation: Relation): string {
    return this.dialect.quoteName(relation.outName);
  }

  /**
   * A placeholder for a column read in another way, as a number say. When several steps ask for the same reading, it is
   * computed once where the column was made; the only use of one is written out in its place.
   */
  read(
    origin: Origin,
    kind: string,
    qualifier: string,
    inline: string,
    convert: (sql: string) => string,
  ): string {
    const key = `${this.rootId(origin)} ${kind}`;
    const steps = this.stepsByReading.get(key) ?? new Set<number>();
    this.stepsByReading.set(key, steps.add(this.step));
    this.uses.push({ origin, kind, key, qualifier, convert, inline });
    return `\u0000${this.uses.length - 1}\u0000`;
  }

  /** The name of a hidden column, which is made and handed on from now on. */
  hidden({ origin, kind }: HiddenColumn): string {
    return this.require(origin, kind, () => {
      throw new Error(`no relation makes ${kind}`);
    });
  }

  /** Whether making the hidden column can move rows out of their order. */
  movesRows({ origin, kind }: HiddenColumn): boolean {
    let root = origin;
    while (root.handedOn !== undefined) root = root.handedOn.from;
    return root.relation.computed.has(kind);
  }

  private require(origin: Origin, kind: string, convert: (sql: string) => string): string {
    const { relation, field, handedOn } = origin;
    const key = `${field} ${kind}`;
    const known = relation.readings.get(key) ?? relation.extras.get(key);
    if (known !== undefined) return known.name;
    if (handedOn !== undefined) {
      const inner = this.require(handedOn.from, kind, convert);
      const isTaken = [...relation.extras.values()].some((item) => item.name === inner);
      const name = isTaken ? this.freeField(inner) : inner;
      relation.extras.set(key, { name, sql: handedOn.qualifier + this.dialect.quoteName(inner) });
      return name;
    }
    const offer = relation.offers.get(kind);
    const computed = relation.computed.get(kind);
    const name = this.freeField(field === "" ? kind : `${field} as ${kind}`);
    if (offer !== undefined) relation.extras.set(key, { name, sql: offer() });
    else if (computed !== undefined) relation.readings.set(key, { name, sql: computed() });
    else relation.readings.set(key, { name, sql: convert(this.dialect.quoteName(field)) });
    return name;
  }

  /** The whole query: every relation so far, and `select` over them. Can be called at any time, and again. */
  render(select: () => string): string {
    for (const use of this.uses) {
      if (this.isShared(use)) this.require(use.origin, use.kind, use.convert);
    }
    const last = this.fill(select());
    const parts = this.relations.flatMap((relation) => this.writeRelation(relation));
    return this.dialect.finish(parts.length === 0 ? last : `WITH\n${parts.join(",\n")}\n${last}`);
  }

  private writeRelation(relation: Relation): string[] {
    const { dialect } = this;
    const comments = relation.comments.map((comment) => `${dialect.comment(comment)}\n`).join("");
    const name = dialect.quoteName(relation.name);
    const own = `${comments}${name} AS (\n${indent(this.fill(relation.write(relation)))}\n)`;
    if (relation.readings.size === 0) return [own];
    const add = [...relation.readings.values()].map(({ name: field, sql }) => ({ field, sql }));
    const read = dialect.selectStar(name, { add });
    return [own, `${dialect.quoteName(relation.outName)} AS (\n${indent(read)}\n)`];
  }

  private fill(sql: string): string {
    // eslint-disable-next-line no-control-regex -- no other text of the query can hold this character
    return sql.replace(/\u0000(\d+)\u0000/g, (_, index: string) => {
      const use = this.uses[Number(index)];
      if (use === undefined) return "";
      if (!this.isShared(use)) return use.inline;
      return use.qualifier + this.dialect.quoteName(this.require(use.origin, use.kind, use.convert));
    });
  }

  private isShared(use: ReadingUse): boolean {
    return (this.stepsByReading.get(use.key)?.size ?? 0) > 1;
  }

  private rootId(origin: Origin): number {
    let root = origin;
    while (root.handedOn !== undefined) root = root.handedOn.from;
    const ids = this.originIds.get(root.relation) ?? new Map<string, number>();
    this.originIds.set(root.relation, ids);
    const known = ids.get(root.field);
    if (known !== undefined) return known;
    this.lastOrigin += 1;
    ids.set(root.field, this.lastOrigin);
    return this.lastOrigin;
  }

  /** A name that no column of any relation has yet. */
  freeField(wish: string): string {
    const field = this.field(wish, this.fields);
    this.hiddenNames.add(this.dialect.foldName(field));
    return field;
  }

  private takeRelationName(wish: string): string {
    let name = wish;
    for (let count = 2; this.names.has(this.dialect.foldName(name)); count += 1) name = `${wish} (${count})`;
    this.names.add(this.dialect.foldName(name));
    return name;
  }
}

function indent(sql: string): string {
  return `  ${sql.replaceAll("\n", "\n  ")}`;
}
