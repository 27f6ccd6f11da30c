import { join } from "node:path";
import { Unauthorized, Unavailable } from "../../provider/client/errors.js";
import type {
  Context,
  ExistingObject,
  ResourceDefinition,
} from "../../provider/framework/define-resource.js";
import { rulesOf } from "../../provider/framework/field-rules.js";
import { inputFields } from "../../provider/framework/fields.js";
import { registry } from "../../provider/registry.js";
import { count } from "../../flow/count.js";
import type { AdoptedObject } from "./adopted-object.js";
import type { KeepingClient } from "./keeping-client.js";
import type { Journal, JournalRecord } from "./journal.js";
import { namePackage } from "./names.js";
import { stateInputs } from "./stated-inputs.js";
import { nounOf } from "./types.js";

/** What to adopt. */
export interface Selection {
  readonly definitions: readonly ResourceDefinition[];
  /** Whether an object of this name is wanted. Undefined: every object is. */
  readonly isWanted: ((name: string) => boolean) | undefined;
}

/** What was not adopted, and why. */
export interface Problem {
  /** For example `schedule "nightly" (id 12)`. */
  readonly object: string;
  readonly reason: string;
}

export interface Collected {
  readonly objects: AdoptedObject[];
  readonly problems: Problem[];
}

/** Requests at a time: enough to hide the way to the platform, few enough to leave it room for others. */
const AT_ONCE = 4;

interface Candidate {
  readonly definition: ResourceDefinition;
  readonly object: ExistingObject;
}

/**
 * Reads the selected objects and downloads the packages of active releases into `folder`. What the journal knows is
 * not read again. An object that cannot be read or stated is a problem of its own; a platform that does not answer,
 * or refuses the token, ends the run with what the client throws.
 */
export class Collector {
  readonly #listed = new Map<string, ExistingObject[]>();
  readonly #objects: AdoptedObject[] = [];
  readonly #problems: Problem[] = [];

  constructor(
    private readonly client: KeepingClient,
    /** Stands in messages for the program that is to be. */
    private readonly owner: string,
    private readonly selection: Selection,
    private readonly journal: Journal,
    private readonly folder: string,
    private readonly say: (line: string) => void,
  ) {}

  async collect(): Promise<Collected> {
    const candidates = await this.#list();
    let done = 0;
    await forEach(candidates, AT_ONCE, async (candidate) => {
      await this.#adopt(candidate);
      done += 1;
      if (done % 100 === 0 || done === candidates.length)
        this.say(`read ${String(done)} of ${count(candidates.length, "object")}`);
    });
    return { objects: this.#objects, problems: this.#problems };
  }

  async #list(): Promise<Candidate[]> {
    const { definitions, isWanted } = this.selection;
    const candidates: Candidate[] = [];
    for (const definition of registry) {
      const isSelected = definitions.includes(definition);
      const names = isWanted && definitions.some((other) => referredBy(other).includes(definition.name));
      if (!isSelected && names !== true) continue;
      const objects = await definition.existing.list(this.#context([]));
      this.#listed.set(definition.name, objects);
      if (!isSelected) continue;
      // What belongs to something else may be wanted for that one's name: it is read before that is known.
      const possible = objects.filter(
        ({ name, place }) => isWanted === undefined || place !== undefined || isWanted(name),
      );
      candidates.push(...possible.map((object) => ({ definition, object })));
      this.say(`found ${count(possible.length, ...nounOf(definition.name))}`);
    }
    return candidates;
  }

  async #adopt({ definition, object }: Candidate): Promise<void> {
    const { id, name } = object;
    let known = this.journal.find(definition.name, id);
    if (known === undefined) {
      try {
        known = await this.#read({ definition, object });
      } catch (error) {
        if (isForAll(error)) throw error;
        if (!(error instanceof Error)) throw error;
        this.#reject(definition, object, error.message);
        return;
      }
      if (known === undefined) return;
      await this.journal.add(known);
    }
    if (statesSomething(definition, known.inputs) && this.#isWanted(definition, known.inputs, name))
      this.#objects.push({
        definition,
        id,
        name,
        inputs: known.inputs,
        remarks: known.remarks,
        warnings: known.warnings,
      });
  }

  async #read({ definition, object }: Candidate): Promise<JournalRecord | undefined> {
    const { id, name } = object;
    const warnings: string[] = [];
    const observed = await definition.existing.read(this.#context(warnings), id);
    const releaseId = observed.outputs["releaseId"];
    const hasPackage = "package" in definition.inputs.shape && typeof releaseId === "string";
    const file = hasPackage ? { package: await this.#download(name, releaseId) } : {};
    const { inputs, remarks, problem } = stateInputs(definition, { ...observed.inputs, ...file });
    if (problem !== undefined) {
      this.#reject(definition, object, `a program with what the platform holds would be refused: ${problem}`);
      return undefined;
    }
    return { type: definition.name, id, name, inputs, remarks, warnings };
  }

  /** Brings a release's package to its place; answers its path from the folder. */
  async #download(name: string, releaseId: string): Promise<string> {
    const source = `/v4/releases/${releaseId}/package`;
    const path = `packages/${namePackage(name, releaseId)}`;
    // Reading the release has asked for it already: this one comes out of the client's folder.
    await this.client.download(source);
    await this.client.place(source, join(this.folder, path));
    return path;
  }

  #context(warnings: string[]): Context {
    return {
      client: this.client,
      owner: this.owner,
      sourceMarkers: [],
      say: (severity, message) => {
        if (severity === "warning") warnings.push(message);
      },
    };
  }

  /** By its own name, or by that of what it refers to. */
  #isWanted(
    definition: ResourceDefinition,
    inputs: Readonly<Record<string, unknown>>,
    name: string,
  ): boolean {
    const { isWanted } = this.selection;
    if (isWanted === undefined || isWanted(name)) return true;
    return Object.entries(inputFields(definition)).some(([field, schema]) =>
      (rulesOf(schema).refersTo ?? []).some(({ resource }) =>
        this.#listed.get(resource)?.some((other) => other.id === inputs[field] && isWanted(other.name)),
      ),
    );
  }

  #reject(definition: ResourceDefinition, { name, id }: ExistingObject, reason: string): void {
    const [noun] = nounOf(definition.name);
    this.#problems.push({ object: `${noun} ${JSON.stringify(name)} (id ${id})`, reason });
  }
}

/** Whether the error would meet every other object, too: no answer, or a token that is not taken. */
function isForAll(error: unknown): boolean {
  if (error instanceof Unavailable) return true;
  if (error instanceof Unauthorized && error.status === 401) return true;
  return error instanceof Error && error.cause !== undefined && isForAll(error.cause);
}

/** False for what only says to what it belongs, such as the rules of a deployment that has none. */
function statesSomething(definition: ResourceDefinition, inputs: Readonly<Record<string, unknown>>): boolean {
  const fields = inputFields(definition);
  return Object.keys(inputs).some((name) => {
    const field = fields[name];
    return field !== undefined && rulesOf(field).refersTo === undefined;
  });
}

/** The resources that fields of the definition itself refer to. */
function referredBy(definition: ResourceDefinition): string[] {
  return Object.values(inputFields(definition)).flatMap((field) =>
    (rulesOf(field).refersTo ?? []).map(({ resource }) => resource),
  );
}

/** Runs the action for every item, at most `atOnce` at a time. After an error nothing is begun; what is under way ends first. */
async function forEach<T>(
  items: readonly T[],
  atOnce: number,
  action: (item: T) => Promise<void>,
): Promise<void> {
  const rest = items.values();
  const errors: unknown[] = [];
  const work = async () => {
    for (const item of rest) {
      await action(item).catch((error: unknown) => errors.push(error));
      if (errors.length > 0) return;
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  if (errors.length > 0) throw errors[0];
}
