/** What resources are called after their types have changed. */
export interface UrnMoves {
  isMoving(type: string): boolean;
  /** The URN afterwards; a text that is no URN, or names nothing that moves, stays as it is. */
  urn(text: string): string;
  /** The value with every URN in it as it is afterwards. */
  inside(value: unknown): unknown;
}

/** Moves of types, given as pairs of the former and the next one. */
export function createUrnMoves(types: readonly (readonly string[])[]): UrnMoves {
  const next = new Map(types.map(([former = "", type = ""]) => [former, type]));
  const moveUrn = (text: string): string => {
    if (!text.startsWith("urn:pulumi:")) return text;
    // urn:pulumi:<stack>::<project>::<type of the parent>$<type>::<name>, and for a provider its id behind that.
    const [stack, project, qualifiedType, ...name] = text.split("::");
    if (qualifiedType === undefined || name.length === 0) return text;
    const moved = qualifiedType
      .split("$")
      .map((type) => next.get(type) ?? type)
      .join("$");
    return [stack, project, moved, ...name].join("::");
  };
  const moveInside = (value: unknown): unknown => {
    if (typeof value === "string") return moveUrn(value);
    if (Array.isArray(value)) return value.map(moveInside);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, moveInside(member)]));
  };
  return {
    isMoving: (type) => next.has(type),
    urn: moveUrn,
    inside: (value) => {
      const moved = moveInside(value) as { type?: unknown };
      return typeof moved.type === "string" ? { ...moved, type: next.get(moved.type) ?? moved.type } : moved;
    },
  };
}
