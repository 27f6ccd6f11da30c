import { Command } from "commander";
import { diffPackages, type PackageDiff } from "../flow/diff.js";
import { contentDigest } from "../flow/digest.js";
import { checkPackage, type Finding } from "../flow/findings.js";
import { applyRules } from "../flow/rules.js";
import { formatDiffMarkdown } from "./diff-markdown.js";
import { formatDiffText, summarise, withoutEdits } from "../flow/diff-text.js";
import { formatFindingsMarkdown } from "./findings-format.js";
import { addFormat, chooseFormat, type FormatOptions } from "./package-format.js";
import { loadPackage, loadRules, nameFiles } from "./package-input.js";
import { FOUND_SOMETHING, type CommandOutput } from "./run.js";

interface DiffOptions extends FormatOptions {
  readonly rules?: string;
}

/** `sluice package diff`: exit code 0 when nothing changes, 1 when something does. */
export function diffCommand(output: CommandOutput): Command {
  const command = new Command("diff")
    .description("Show what changes from one package to another: flows, steps, inputs, outputs, connections")
    .argument("<before>", "a package, or the folder of its readable source")
    .argument("<after>", "the same")
    .option("--rules <file>", "import rules (JSON) to apply to both first")
    .addHelpText("after", "\nIt ends with 0 when nothing changes, 1 when something does, 2 on an error.");
  addFormat(command).action((before: string, after: string, options: DiffOptions) =>
    diff(before, after, options, output),
  );
  return command;
}

async function diff(
  beforePath: string,
  afterPath: string,
  options: DiffOptions,
  output: CommandOutput,
): Promise<void> {
  const rules = await loadRules(options.rules);
  // Together: one unpacks while the other is parsed.
  const sources = await Promise.all([loadPackage(beforePath), loadPackage(afterPath)]);
  const [before, after] = [applyRules(sources[0], rules), applyRules(sources[1], rules)];
  const found = diffPackages(before.package, after.package);
  const names = nameFiles(beforePath, afterPath);
  const findings = (): Finding[] => {
    const all = checkPackage(after, { previous: before });
    // Without rules every connection would be reported as not mapped.
    return options.rules === undefined ? all.filter(({ code }) => code !== "connection-not-mapped") : all;
  };
  switch (chooseFormat(options)) {
    case "json":
      output.data(
        `${JSON.stringify(toJson(found, before.package, after.package, names, findings()), null, 2)}\n`,
      );
      break;
    case "markdown": {
      const shown = findings().filter(({ severity, isNew }) => severity !== "info" && isNew === true);
      output.out(`${formatDiffMarkdown(found, names, formatFindingsMarkdown(shown)).join("\n")}\n`);
      break;
    }
    case "text":
      output.out(`${[`${names.join(" → ")}: ${summarise(found)}`, ...formatDiffText(found)].join("\n")}\n`);
      break;
  }
  if (found.changes.length > 0) output.exitWith(FOUND_SOMETHING);
}

function toJson(
  found: PackageDiff,
  before: Parameters<typeof contentDigest>[0],
  after: Parameters<typeof contentDigest>[0],
  names: readonly [string, string],
  findings: readonly Finding[],
) {
  return {
    before: { file: names[0], contentDigest: contentDigest(before) },
    after: { file: names[1], contentDigest: contentDigest(after) },
    changes: withoutEdits(found),
    findings,
  };
}
