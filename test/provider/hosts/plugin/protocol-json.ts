import * as pb from "@pulumi/pulumi/proto/provider_pb.js";
import { Struct } from "google-protobuf/google/protobuf/struct_pb.js";
import { fromStruct, toStruct } from "./engine-form.js";

type Values = Record<string, unknown>;
type Method = (...values: unknown[]) => unknown;

/** Methods of a message under their names in small letters: the JSON form and the classes write them differently. */
function methodsOf(message: object): Map<string, Method> {
  const names = Object.getOwnPropertyNames(Object.getPrototypeOf(message) as object);
  return new Map(
    names.map((name) => [
      name.toLowerCase(),
      (message as Record<string, Method>)[name]?.bind(message) ?? fail,
    ]),
  );
}

function fail(): never {
  throw new Error("a method of a message is missing");
}

/** Fills a message from its JSON form. Throws for a member that it does not have. */
export function fillMessage<T extends object>(message: T, json: Values): T {
  const methods = methodsOf(message);
  for (const [name, value] of Object.entries(json)) {
    const key = name.toLowerCase();
    const map = methods.get(`get${key}map`);
    const set = methods.get(`set${key}`) ?? methods.get(`set${key}list`);
    if (map)
      for (const [at, member] of Object.entries(value as Values))
        (map() as Map<string, unknown>).set(at, member);
    else if (set === undefined) throw new Error(`${message.constructor.name} has no ${name}`);
    else set(typeof value === "object" && !Array.isArray(value) ? toStruct(value as Values) : value);
  }
  return message;
}

const { DiffChanges } = pb.DiffResponse;
const { Kind } = pb.PropertyDiff;
const nameOf = (words: object, number: unknown) =>
  Object.entries(words).find(([, value]) => value === number)?.[0];

/** The JSON form of a message: members with their names in small letters, without those that are not set. */
export function toJson(message: { toObject(): unknown }): Values {
  const methods = methodsOf(message);
  const members = Object.entries(message.toObject() as Values).map(([key, plain]): [string, unknown] => {
    const name = key.replace(/(?:Map|List)$/, "").toLowerCase();
    const value = methods.get(`get${key.toLowerCase()}`)?.();
    if (value instanceof Struct) return [name, fromStruct(value)];
    if (name === "changes") return [name, nameOf(DiffChanges, plain)];
    if (name === "detaileddiff") return [name, toDetails(plain as [string, pb.PropertyDiff.AsObject][])];
    return [name, plain];
  });
  return withoutUnset(Object.fromEntries(members));
}

/** The JSON form of an answer as the engine's log has it, written as {@link toJson} writes it. */
export function fromLog(json: Values): Values {
  const small = (value: Values) =>
    Object.fromEntries(Object.entries(value).map(([name, member]) => [name.toLowerCase(), member]));
  const answer = small(json);
  const details = answer.detaileddiff as Record<string, Values> | undefined;
  if (details === undefined) return answer;
  const entries = Object.entries(details).map(([path, detail]) => [path, small(detail)]);
  return { ...answer, detaileddiff: Object.fromEntries(entries) };
}

function toDetails(entries: [string, pb.PropertyDiff.AsObject][]): Values {
  return Object.fromEntries(
    entries.map(([path, { kind, inputdiff }]) => [
      path,
      withoutUnset({ kind: kind === Kind.ADD ? undefined : nameOf(Kind, kind), inputdiff }),
    ]),
  );
}

/** The protocol does not tell a member that is not set from one that is empty. */
function withoutUnset(json: Values): Values {
  const isSet = (value: unknown) =>
    value !== undefined &&
    value !== "" &&
    value !== false &&
    value !== 0 &&
    !(Array.isArray(value) && value.length === 0);
  return Object.fromEntries(
    Object.entries(json).filter(
      ([name, value]) =>
        isSet(value) && !(name === "detaileddiff" && Object.keys(value as Values).length === 0),
    ),
  );
}
