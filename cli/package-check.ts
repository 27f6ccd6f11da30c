import { basename, resolve } from "node:path";
import { Command, InvalidArgumentError, Option } from "commander";
import { checkPackage, judgeFindings, type Finding, type Judgement } from "../flow/findings.js";
import type { Severity } from "../flow/finding-codes.js";
import { describeCoverage, type RuleCoverage } from "../flow/rule-coverage.js";
import { applyRules } from "../flow/rules.js";
import {
  formatCoverageMarkdown,
  formatCoverageText,
  formatFindingsMarkdown,
  formatFindingsText,
  isAtLeast,
  SEVERITIES,
  summariseFindings,
} from "./findings-format.js";
import { code } from "./markdown.js";
import { addFormat, chooseFormat, type FormatOptions } from "./package-format.js";
import { loadPackage, loadRules } from "./package-input.js";
import { FOUND_SOMETHING, type CommandOutput } from "./run.js";

interface CheckCommandOptions extends FormatOptions {
  readonly rules?: string;
  readonly markers: readonly string[];
  readonly previous?: string;
  readonly severity: Readonly<Record<string, Judgement>>;
  readonly failOn: Severity;
}

/** `sluice package check`: exit code 1 when a finding weighs as much as `--fail-on` says. */
export function checkCommand(output: CommandOutput): Command {
  const command = new Command("check")
    .description("Find what would fail or mislead after an import: connections, rules, places, credentials")
    .argument("<file>", "a package, or the folder of its readable source")
    .option("--rules <file>", "import rules (JSON): {connections: [{on, with}], values: [{type, on, with}]}")
    .option(
      "--markers <names>",
      "names of the source environment, by comma, that nothing may hold",
      toList,
      [],
    )
    .option("--previous <file>", "the package that this one takes the place of")
    .option(
      "--severity <code=level>",
      "another severity for a code, or ignore; may be repeated",
      toJudgements,
      {},
    )
    .addOption(
      new Option("--fail-on <level>", "the lightest finding that makes the command fail")
        .choices(SEVERITIES)
        .default("error"),
    )
    .addHelpText(
      "after",
      "\nIt ends with 1 when a finding is at least as heavy as --fail-on, 2 on an error, and else with 0.",
    );
  addFormat(command).action((file: string, options: CheckCommandOptions) => check(file, options, output));
  return command;
}

async function check(file: string, options: CheckCommandOptions, output: CommandOutput): Promise<void> {
  const rules = await loadRules(options.rules);
  const ruled = applyRules(await loadPackage(file), rules);
  const previous =
    options.previous === undefined ? undefined : applyRules(await loadPackage(options.previous), rules);
  const found = checkPackage(ruled, {
    sourceMarkers: options.markers,
    ...(previous === undefined ? {} : { previous }),
  });
  const findings = judgeFindings(found, options.severity);
  const coverage = describeCoverage(ruled);
  const name = basename(resolve(file));
  switch (chooseFormat(options)) {
    case "json":
      output.data(`${JSON.stringify({ file: name, findings, rules: coverage }, null, 2)}\n`);
      break;
    case "markdown":
      output.out(`${formatMarkdown(name, findings, coverage).join("\n")}\n`);
      break;
    case "text":
      output.out(`${formatText(name, findings, coverage).join("\n")}\n`);
      break;
  }
  if (findings.some((finding) => isAtLeast(finding, options.failOn))) output.exitWith(FOUND_SOMETHING);
}

function formatText(name: string, findings: readonly Finding[], coverage: readonly RuleCoverage[]): string[] {
  return [
    `${name}: ${summariseFindings(findings)}`,
    ...formatFindingsText(findings),
    ...(coverage.length === 0
      ? []
      : ["", "rules", ...formatCoverageText(coverage).map((line) => `  ${line}`)]),
  ];
}

function formatMarkdown(
  name: string,
  findings: readonly Finding[],
  coverage: readonly RuleCoverage[],
): string[] {
  const sections = [formatFindingsMarkdown(findings), formatCoverageMarkdown(coverage)];
  return [
    `### ${code(name)}: ${summariseFindings(findings)}`,
    ...sections.filter((lines) => lines.length > 0).flatMap((lines) => ["", ...lines]),
  ];
}

function toList(text: string): string[] {
  return text
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
}

const JUDGEMENTS = [...SEVERITIES, "ignore"] as const satisfies readonly Judgement[];

/** The code itself is checked with the findings. */
function toJudgements(text: string, earlier: Record<string, Judgement>): Record<string, Judgement> {
  const [name = "", level] = text.split("=");
  const judgement = JUDGEMENTS.find((known) => known === level);
  if (judgement === undefined) {
    throw new InvalidArgumentError(
      `It must be a code and one of ${JUDGEMENTS.join(", ")}, as in sql-text=ignore.`,
    );
  }
  return { ...earlier, [name]: judgement };
}
