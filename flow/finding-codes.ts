/** How much a finding weighs. */
export type Severity = "error" | "warning" | "info";

interface CodeDescription {
  /** Unless the user says otherwise. */
  readonly severity: Severity;
  /** What was found and why it matters, for the list of codes. */
  readonly description: string;
}

/** Every code that a check of a package or a release can answer. Codes are stable: programs and pipelines name them. */
export const FINDING_CODES = {
  "connection-not-mapped": {
    severity: "error",
    description:
      "A connection that the package uses has no connection rule and no twin in the target: the import fails.",
  },
  "connection-not-found": {
    severity: "error",
    description: "A connection rule points to a connection that the target does not have: the import fails.",
  },
  "connection-vendor-differs": {
    severity: "warning",
    description:
      "A connection stands in for one of another vendor: SQL and types of the one may not work on the other.",
  },
  "rule-matches-nothing": {
    severity: "warning",
    description:
      "An import rule changes nothing in this package: it is left over, or it misses what it was made for.",
  },
  "rule-shadowed": {
    severity: "warning",
    description: "An import rule never applies, because an earlier rule changes what it would match.",
  },
  "rule-does-not-reach": {
    severity: "warning",
    description:
      "What an import rule is meant for stands in a parameterised dataset or in SQL text, where rules do not reach.",
  },
  "source-environment-left": {
    severity: "warning",
    description:
      "After the rules, something still holds a marker of the source environment, such as a bucket's or host's name.",
  },
  "parameterised-dataset": {
    severity: "warning",
    description:
      "A dataset's path holds parameters, and value rules do not reach it; information where there are none.",
  },
  "converted-dataset": {
    severity: "warning",
    description:
      "A dataset was made from a spreadsheet or PDF when it was imported, and rules cannot reconnect it.",
  },
  "sql-text": {
    severity: "warning",
    description: "A dataset or output holds SQL text: rules do not change the names in it.",
  },
  "output-written-twice": {
    severity: "warning",
    description:
      "Two recipes of the package write to the same place: the later run overwrites the earlier one.",
  },
  "output-shared": {
    severity: "warning",
    description:
      "Another release of the program writes to the same place: two deployments overwrite each other's rows.",
  },
  "edited-in-place": {
    severity: "warning",
    description:
      "Somebody edited the live flow of the release that a change puts out of use: those edits are lost.",
  },
  "package-before-6-8": {
    severity: "warning",
    description:
      "The package was exported by a product before 6.8, and the platform is newer: the product itself refuses such packages.",
  },
  "webhook-secret": {
    severity: "warning",
    description: "A webhook carries a credential inside the package, readable to whoever has the file.",
  },
  "reference-removed": {
    severity: "warning",
    description:
      "A reference that the previous package published is gone: flows outside the package may read it.",
  },
  "parameter-removed": {
    severity: "warning",
    description:
      "A parameter of the previous package is gone: runs and schedules that set it have no effect any more.",
  },
  "run-parameters": {
    severity: "info",
    description: "A flow has parameters that a run or a schedule can set.",
  },
} as const satisfies Record<string, CodeDescription>;

/** A code of the list above. */
export type FindingCode = keyof typeof FINDING_CODES;

/** True for a code of the list. */
export function isFindingCode(code: string): code is FindingCode {
  return Object.hasOwn(FINDING_CODES, code);
}
