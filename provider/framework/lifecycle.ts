import type { z } from "zod";
import { NotFound } from "../client/errors.js";
import { isEqual } from "./canonical.js";
import { checkInputs, failureAt } from "./check.js";
import type { CheckFailure, Context, ExistingObject, ResourceDefinition } from "./define-resource.js";
import { NotReadyError } from "./define-resource.js";
import { withDefaults } from "./defaults.js";
import { detailDiff } from "./detailed-diff.js";
import type { PropertyChange } from "./detailed-diff.js";
import { diffInputs, isChanged } from "./diff.js";
import type { ResourceDiff } from "./diff.js";
import { inputFields, inputSchema } from "./fields.js";
import { hiding } from "./hiding.js";
import { labelOf } from "./label.js";
import { rulesOf } from "./field-rules.js";
import { isEcho, withoutDefaults } from "./imported-inputs.js";
import { findNamed, parseImportId } from "./import-id.js";
import { resolveReferences, SecretUnavailable } from "./secrets.js";
import { inputsOf, toNewestState, toState } from "./state.js";
import { hasUnknown, UNKNOWN } from "./unknown.js";

export type Values = Record<string, unknown>;

/** Gives a context for the environment that these values name. */
export type ContextFor = (values: Values) => Context;

/**
 * The life of one resource as every host runs it: the definition's methods between checking, diff, state
 * and messages. Free of any host's protocol.
 */
export class Lifecycle {
  /** Inputs of the last update by owner: the engine checks a replacement a second time, as if it were new. */
  readonly #known = new Map<unknown, Values>();
  /** Objects that this run made, or took over. */
  readonly #made = new Set<string>();

  constructor(
    readonly definition: ResourceDefinition,
    private readonly contextFor: ContextFor,
  ) {}

  /** Valid inputs with defaults and derived fields, or the reasons why not. Writes nothing. */
  async check(
    previous: Values | undefined,
    given: Values,
  ): Promise<{ inputs: Values; failures: CheckFailure[] }> {
    if (isEcho(this.definition, previous, given)) return { inputs: given, failures: [] };
    const { inputs, failures } = checkInputs(this.definition, given);
    failures.push(...this.#checkSecrets(inputs));
    if (failures.length > 0 || hasUnknown(inputs.environment)) return { inputs, failures };
    return this.#during("checking", inputs, async () => {
      // Also for a resource without a check of its own: settings that cannot be used must show in the preview.
      const context = this.contextFor(inputs);
      await context.client.confirm();
      const known = this.#lastInputs(previous, inputs.owner);
      const answer = await this.definition.check?.(context, {
        inputs,
        // Imported inputs leave out what a default says.
        previous: known && (withDefaults(inputSchema(this.definition), known) as Values),
      });
      const hide = this.#hide(inputs);
      const found = (answer?.failures ?? []).map(({ property, reason }) => ({
        property,
        reason: hide(reason),
      }));
      return { inputs: { ...inputs, ...answer?.derived }, failures: found };
    });
  }

  /** Throws NewerState, as every method that is given state. */
  diff(state: Values, inputs: Values): ResourceDiff {
    return diffInputs(this.definition, this.#newest(state), inputs);
  }

  /** The places that a preview shows of a diff. */
  detail(diff: ResourceDiff, state: Values, inputs: Values): Map<string, PropertyChange> {
    return detailDiff(this.definition, diff, this.#newest(state), inputs);
  }

  /** State after a create or an update as far as it is known before: outputs that it may change are unknown. */
  plan(inputs: Values, state?: Values): Values {
    const known = Object.entries(inputFields(this.definition)).filter(
      ([, field]) => rulesOf(field).writeOnly === undefined,
    );
    const outputs = Object.entries(this.definition.outputs.shape as Record<string, z.ZodType>).map(
      ([name, field]): [string, unknown] => [
        name,
        rulesOf(field).stable === undefined ? UNKNOWN : (state?.[name] ?? UNKNOWN),
      ],
    );
    return {
      ...Object.fromEntries(known.map(([name]) => [name, inputs[name]])),
      ...Object.fromEntries(outputs),
    };
  }

  async create(inputs: Values): Promise<{ id: string; state: Values }> {
    return this.#during("creating", inputs, async () => {
      const { id, outputs } = await this.definition.create(this.contextFor(inputs), inputs);
      this.#made.add(placeOf(id, inputs));
      return { id, state: toState(this.definition, inputs, outputs) };
    });
  }

  /** State as the platform has it, or undefined when the object is gone. `drifted` are inputs that differ from state. */
  async read(
    id: string,
    known: Values,
  ): Promise<{ state: Values; inputs: Values; drifted: string[] } | undefined> {
    return this.#during("reading", known, async () => {
      const state = this.#newest(known);
      try {
        const observed = await this.definition.read(this.contextFor(state), id, state);
        const drift = Object.entries(observed.inputs).filter(([name, value]) =>
          this.#isDrift(name, state[name], value),
        );
        const next: Values = { ...state, ...Object.fromEntries(drift), ...observed.outputs };
        return { state: next, inputs: inputsOf(this.definition, next), drifted: drift.map(([name]) => name) };
      } catch (error) {
        if (error instanceof NotFound) return undefined;
        throw error;
      }
    });
  }

  /** Every object of this kind that the account sees in the environment that the values name. */
  async list(values: Values): Promise<ExistingObject[]> {
    return this.#during("listing", values, () => this.definition.existing.list(this.contextFor(values)));
  }

  /**
   * State and inputs of an object that state does not know yet; `text` is its id or its name, `values` are what the host
   * adds. Undefined when there is no object of this id; throws ImportIdRefused when a name fits none or several.
   */
  async import(
    text: string,
    values: Values,
  ): Promise<{ id: string; state: Values; inputs: Values } | undefined> {
    return this.#during("importing", values, async () => {
      const context = this.contextFor(values);
      const wanted = parseImportId(text);
      const byId = wanted.id === undefined ? undefined : await this.#readExisting(context, wanted.id, values);
      if (byId !== undefined || wanted.name === undefined) return byId;
      const objects = await this.definition.existing.list(context);
      if (wanted.id !== undefined && !objects.some(({ name }) => name === wanted.name)) return undefined;
      const { id } = findNamed(objects, wanted.name, this.definition.name, context.client.endpoint);
      return this.#readExisting(context, id, values);
    });
  }

  async #readExisting(context: Context, id: string, values: Values) {
    try {
      const { inputs, outputs } = await this.definition.existing.read(context, id);
      const known = withDefaults(inputSchema(this.definition), { ...values, ...inputs }) as Values;
      const state = toState(this.definition, known, outputs);
      return { id, state, inputs: withoutDefaults(this.definition, inputsOf(this.definition, state)) };
    } catch (error) {
      if (error instanceof NotFound) return undefined;
      throw error;
    }
  }

  async update(id: string, known: Values, inputs: Values): Promise<Values> {
    return this.#during("updating", inputs, async () => {
      const state = this.#newest(known);
      const outputs = await this.#updateRemote(id, state, inputs);
      return toState(this.definition, inputs, outputs ?? {}, state);
    });
  }

  async #updateRemote(id: string, state: Values, inputs: Values): Promise<Values | undefined> {
    try {
      return await this.definition.update?.(this.contextFor(inputs), id, state, inputs);
    } catch (error) {
      if (error instanceof NotFound)
        error.message += "; it was deleted outside this program: run `pulumi refresh`, then `pulumi up`";
      throw error;
    }
  }

  async delete(id: string, known: Values): Promise<void> {
    await this.#during("deleting", known, async () => {
      const state = this.#newest(known);
      // A replacement that made the new one first: at the platform both are one object, which has to stay.
      if (this.#made.has(placeOf(id, state))) return;
      try {
        await this.definition.delete(this.contextFor(state), id, state);
      } catch (error) {
        if (!(error instanceof NotFound)) throw error;
      }
    });
  }

  #newest(state: Values): Values {
    return toNewestState(this.definition.name, state);
  }

  #lastInputs(previous: Values | undefined, owner: unknown): Values | undefined {
    if (previous === undefined || Object.keys(previous).length === 0) return this.#known.get(owner);
    this.#known.set(owner, previous);
    return previous;
  }

  #isDrift(name: string, known: unknown, observed: unknown): boolean {
    const field = inputFields(this.definition)[name];
    if (field === undefined) return false;
    const rules = rulesOf(field);
    if (known === undefined && rules.serverDefault !== undefined) return false;
    if (rules.derived !== undefined) return !isEqual(known, observed);
    return isChanged(name, field, { [name]: observed }, known);
  }

  #checkSecrets(inputs: Values): CheckFailure[] {
    const fields = inputFields(this.definition);
    return Object.entries(fields).flatMap(([name, field]) => {
      const value = inputs[name];
      if (rulesOf(field).secret === undefined || value === undefined || hasUnknown(value)) return [];
      try {
        resolveReferences(value);
        return [];
      } catch (error) {
        if (!(error instanceof SecretUnavailable)) throw error;
        return [failureAt(fields, [name], error.message)];
      }
    });
  }

  /** A platform may quote what was sent to it. */
  #hide(values: Values): (text: string) => string {
    return hiding(this.definition, [{ values, secrets: [] }]);
  }

  async #during<T>(operation: string, values: Values, action: () => Promise<T>): Promise<T> {
    try {
      return await action();
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      const hide = this.#hide(values);
      // The stack holds the message as it was at first, and a host may print it.
      error.stack = hide(error.stack ?? "");
      error.message = `${operation} ${labelOf(this.definition, values)}: ${hide(error.message)}`;
      if (error instanceof NotReadyError) error.state = toState(this.definition, values, error.outputs);
      throw error;
    }
  }
}

/** Ids are given by each environment for itself. */
function placeOf(id: string, { environment }: Values): string {
  return JSON.stringify([environment ?? null, id]);
}
