import { z } from "zod";
import { isEqual } from "../../provider/framework/canonical.js";
import { withDefaults } from "../../provider/framework/defaults.js";
import { inputFields } from "../../provider/framework/fields.js";
import { rulesOf } from "../../provider/framework/field-rules.js";
import type { Reference } from "../../provider/framework/field-rules.js";
import type { AdoptedObject } from "./adopted-object.js";
import { nameSetting } from "./names.js";
import { settingOf } from "./stated-inputs.js";

/** A value of a program, in no language yet. */
export type Expression =
  | { readonly kind: "literal"; readonly value: string | number | boolean | null }
  | { readonly kind: "list"; readonly items: readonly Expression[] }
  | { readonly kind: "map"; readonly entries: readonly (readonly [string, Expression])[] }
  /** `output` is `id` or a field of the resource. */
  | { readonly kind: "reference"; readonly to: AdoptedObject; readonly output: string }
  /** A secret setting of the stack. */
  | { readonly kind: "setting"; readonly name: string };

/** The expression and every one inside it. */
export function flatten(expression: Expression): Expression[] {
  switch (expression.kind) {
    case "literal":
    case "reference":
    case "setting":
      return [expression];
    case "list":
      return [expression, ...expression.items.flatMap(flatten)];
    case "map":
      return [expression, ...expression.entries.flatMap(([, member]) => flatten(member))];
  }
}

interface Place {
  readonly object: AdoptedObject;
  readonly variable: string;
}

/** Finds what the values of a program's resources stand for, by the rules at the fields of their definitions. */
export class References {
  readonly #byOutput = new Map<string, AdoptedObject>();
  readonly #byOwner = new Map<AdoptedObject, AdoptedObject[]>();

  constructor(objects: readonly AdoptedObject[]) {
    for (const object of objects) {
      const { name } = object.definition;
      this.#byOutput.set(key(name, "id", object.id), object);
      for (const [field, value] of Object.entries(object.inputs)) {
        const place = key(name, field, value);
        if (typeof value === "string" && !this.#byOutput.has(place)) this.#byOutput.set(place, object);
      }
    }
    for (const object of objects) {
      const owner = this.ownerOf(object);
      if (owner === undefined) continue;
      const owned = this.#byOwner.get(owner);
      if (owned === undefined) this.#byOwner.set(owner, [object]);
      else owned.push(object);
    }
  }

  /** What the object belongs to: the target of the first of its fields that refers to a single value. */
  ownerOf(object: AdoptedObject): AdoptedObject | undefined {
    for (const [name, field] of Object.entries(inputFields(object.definition))) {
      const target = this.#find(rulesOf(field).refersTo, object.inputs[name]);
      if (target !== undefined) return target.to;
    }
    return undefined;
  }

  /** The object's inputs, each value that another object gives replaced by a reference to that. */
  argumentsOf(object: AdoptedObject, variable: string): [string, Expression][] {
    return Object.entries(inputFields(object.definition))
      .filter(([name]) => object.inputs[name] !== undefined)
      .map(([name, field]) => [name, this.#toExpression(field, object.inputs[name], { object, variable })]);
  }

  #toExpression(schema: z.ZodType | undefined, value: unknown, place: Place): Expression {
    const setting = settingOf(value);
    if (setting !== undefined) return { kind: "setting", name: nameSetting(place.variable, setting) };
    const references = schema && rulesOf(schema).refersTo;
    const target = this.#find(references, value);
    if (target !== undefined) return target;
    const members = this.#findMembers(references, value, place.object);
    if (members !== undefined) return members;
    if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault)
      return this.#toExpression(schema.def.innerType as z.ZodType, value, place);
    if (Array.isArray(value)) {
      const element = schema instanceof z.ZodArray ? (schema.def.element as z.ZodType) : undefined;
      return { kind: "list", items: value.map((item) => this.#toExpression(element, item, place)) };
    }
    if (typeof value === "object" && value !== null) {
      const entries = Object.entries(value).filter(([, member]) => member !== undefined);
      return {
        kind: "map",
        entries: entries.map(([name, member]) => [
          name,
          this.#toExpression(memberOf(schema, name), member, place),
        ]),
      };
    }
    return { kind: "literal", value: value as string | number | boolean | null };
  }

  #find(
    references: readonly Reference[] = [],
    value: unknown,
  ): (Expression & { kind: "reference" }) | undefined {
    for (const { resource, output } of references) {
      const to = output === undefined ? undefined : this.#byOutput.get(key(resource, output, value));
      if (to !== undefined && output !== undefined) return { kind: "reference", to, output };
    }
    return undefined;
  }

  /** A whole object that another resource of the same owner states: each member refers to that one's field. */
  #findMembers(
    references: readonly Reference[] = [],
    value: unknown,
    object: AdoptedObject,
  ): Expression | undefined {
    if (typeof value !== "object" || value === null) return undefined;
    const owner = this.ownerOf(object);
    const siblings = (owner && this.#byOwner.get(owner)) ?? [];
    for (const { resource, output } of references) {
      if (output !== undefined) continue;
      const to = siblings.find(
        (other) =>
          other.definition.name === resource &&
          Object.entries(value).every(([name, member]) => isEqual(valueOf(other, name), member)),
      );
      if (to === undefined) continue;
      return {
        kind: "map",
        entries: Object.keys(value).map((name) => [name, { kind: "reference", to, output: name }]),
      };
    }
    return undefined;
  }
}

/** What the field is, also where the program leaves it to its default. */
function valueOf({ definition, inputs }: AdoptedObject, name: string): unknown {
  const field = inputFields(definition)[name];
  return field && withDefaults(field, inputs[name]);
}

function memberOf(schema: z.ZodType | undefined, name: string): z.ZodType | undefined {
  if (schema instanceof z.ZodObject) return (schema.shape as Record<string, z.ZodType>)[name];
  if (schema instanceof z.ZodRecord) return schema.def.valueType as z.ZodType;
  return undefined;
}

function key(type: string, field: string, value: unknown): string {
  return `${type} ${field} ${String(value)}`;
}
