import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { functions } from "../functions.js";
import { registry } from "../registry.js";
import { toNodejsSdk } from "./nodejs.js";
import { toFindingsPage } from "./findings-page.js";
import { toFunctionPages } from "./function-pages.js";
import { toPages } from "./pages.js";
import { toRecipeReference } from "./recipe-reference.js";
import { toSchema } from "./schema.js";

/** Every generated file by its path in the project, before formatting. */
export async function generate(root: string): Promise<Record<string, string>> {
  const about = JSON.parse(await readFile(join(root, "package.json"), "utf8")) as {
    version: string;
    description: string;
  };
  const schema = toSchema(registry, functions, about);
  return {
    "schema.json": `${JSON.stringify(schema, null, 2)}\n`,
    ...under("sdk/nodejs", toNodejsSdk(schema, registry)),
    ...under("docs/resources", toPages(schema, registry)),
    ...under("docs/functions", toFunctionPages(schema, functions)),
    "docs/findings.md": toFindingsPage(),
    "docs/recipe-reference.md": toRecipeReference(),
  };
}

function under(folder: string, files: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(files).map(([name, text]) => [`${folder}/${name}`, text]));
}
