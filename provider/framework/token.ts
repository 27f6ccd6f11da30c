const PREFIX = "sluice:index:";

/** The token under which the engine and the schema know a resource, a function, a type or a view. */
export function tokenOf(name: string): string {
  return `${PREFIX}${name}`;
}

/** The name in a token; undefined when the token is none of Sluice's. */
export function nameOfToken(token: string): string | undefined {
  return /^sluice:index:(\w+)$/.exec(token)?.[1];
}
