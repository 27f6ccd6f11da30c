import { suggestWord } from "../../flow/language/nearest-word.js";
import type { ResourceDefinition } from "../../provider/framework/define-resource.js";
import { registry } from "../../provider/registry.js";

/** `ImportRules` → `import-rules`, `Connection` → `connections`: a type on the command line and in paths. */
export function pluralOf(type: string): string {
  const name = words(type).join("-");
  return name.endsWith("s") ? name : `${name}s`;
}

/** One and many, for sentences: `import rules` are many already. */
export function nounOf(type: string): [one: string, many: string] {
  const name = words(type).join(" ");
  return name.endsWith("s") ? [`set of ${name}`, `sets of ${name}`] : [name, `${name}s`];
}

/** The definitions that a list by comma names. Throws with what there is for a name that is none. */
export function selectTypes(list: string | undefined): readonly ResourceDefinition[] {
  if (list === undefined) return registry;
  const names = list.split(",").map((name) => name.trim());
  const known = registry.map(({ name }) => pluralOf(name));
  for (const name of names)
    if (!known.includes(name))
      throw new Error(
        `--only ${name}: there is no such type${suggestWord(name, known) || `; there are ${known.join(", ")}`}`,
      );
  return registry.filter(({ name }) => names.includes(pluralOf(name)));
}

function words(type: string): string[] {
  return type
    .replaceAll(/(?<=[a-z])(?=[A-Z])/g, " ")
    .toLowerCase()
    .split(" ");
}
