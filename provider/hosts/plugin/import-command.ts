import { readUrn } from "./urn.js";

/** The program has the resource already: it needs no code for it, and says itself whether it is protected. */
const COMMAND = ["pulumi import", "--generate-code=false", "--protect=false"];

/**
 * The command that takes the object with this id into state as the resource with this URN, where the program has it. The engine
 * tells a provider the types of the components around a resource and not their names, so that people have to put in one.
 */
export function importCommand(urn: string, id: string, providerUrn: string | undefined): string {
  const { stack, project, parentType, type, name } = readUrn(urn);
  const parent =
    parentType === ""
      ? []
      : [
          "--parent",
          quoted(
            `parent=urn:pulumi:${stack}::${project}::${parentType}::<name of the ${parentType.split("$").at(-1)}>`,
          ),
        ];
  const provider =
    providerUrn === undefined || isDefault(providerUrn)
      ? []
      : ["--provider", quoted(`provider=${providerUrn}`)];
  return [...COMMAND, ...parent, ...provider, type, quoted(name), quoted(id)].join(" ");
}

/** As the engine tells the provider that it makes itself from one that a program makes. */
function isDefault(providerUrn: string): boolean {
  return readUrn(providerUrn).name.startsWith("default");
}

function quoted(word: string): string {
  return /^[\w.:=/-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
