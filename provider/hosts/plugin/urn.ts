/** What a URN says: `urn:pulumi:stack::project::outer$inner$type::name`. */
export interface UrnParts {
  readonly stack: string;
  readonly project: string;
  /** Types of the components around it, joined by `$`; empty outside of any. */
  readonly parentType: string;
  readonly type: string;
  readonly name: string;
}

/** Takes a URN apart. A name may hold anything, `::` too. */
export function readUrn(urn: string): UrnParts {
  const [stack = "", project = "", qualified = "", ...name] = urn.replace(/^urn:pulumi:/, "").split("::");
  const types = qualified.split("$");
  const type = types.pop() ?? "";
  return { stack, project, parentType: types.join("$"), type, name: name.join("::") };
}

/** `project/stack/name` of the resource with this URN. */
export function ownerOf(urn: string): string {
  const { stack, project, name } = readUrn(urn);
  return `${project}/${stack}/${name}`;
}
