/** Key under which the engine keeps the line that brings it to a dynamic provider. */
export const PROVIDER_KEY = "__provider";

/** Type of a dynamic resource; another one would replace what programs have made. */
export function dynamicTypeOf(name: string): string {
  return `pulumi-nodejs:dynamic/sluice:${name}`;
}

/** The line itself, the same for every resource of a type: it is in the state of every stack, so it can never change. */
export function trampolineOf(name: string): string {
  return `exports.handler=()=>require("pulumi-sluice/dynamic").provider("${name}")`;
}
