import { z } from "zod";
import { suggestWord } from "../../flow/language/nearest-word.js";

export type Issue = z.core.$ZodIssue;

/** What is wrong with a value that does not fit its schema, in words for people; `given` is undefined where it is missing. */
export function reasonOf(issue: Issue, given: unknown): string {
  const isMissing = given === undefined;
  if (issue.code === "invalid_union") {
    const expected = expectedOf(issue.errors);
    return isMissing ? `is required (${expected})` : `must be ${expected}`;
  }
  if (issue.code === "custom" || hasOwnMessage(issue, given)) return issue.message;
  if (isMissing) return issue.code === "invalid_type" ? `is required (${issue.expected})` : "is required";
  switch (issue.code) {
    case "invalid_value":
      return mustBeOneOf(issue.values.map(String), given);
    case "invalid_type":
      return `must be ${withArticle(issue.expected)}, not ${withArticle(kindOf(given))}`;
    case "too_big":
      return boundText("most", issue.maximum, issue.origin);
    case "too_small":
      return boundText("least", issue.minimum, issue.origin);
    default:
      return issue.message;
  }
}

const { localeError } = z.locales.en();

/** Whether the definition words the problem itself. */
function hasOwnMessage(issue: Issue, given: unknown): boolean {
  const standard = localeError({ ...issue, input: given } as Parameters<typeof localeError>[0]);
  return issue.message !== (typeof standard === "string" ? standard : standard?.message);
}

/** What the options of a union want, for one that fits none. */
function expectedOf(options: readonly (readonly Issue[])[]): string {
  const expected = options.flatMap((issues) =>
    issues.map((issue) => (issue.code === "invalid_type" ? issue.expected : issue.message)),
  );
  return [...new Set(expected)].join(" or ");
}

function mustBeOneOf(choices: readonly string[], given: unknown): string {
  const guess = typeof given === "string" ? suggestWord(given, choices) : "";
  return `must be one of ${choices.join(", ")}${guess}`;
}

function boundText(which: "most" | "least", bound: number | bigint, origin: string): string {
  switch (origin) {
    case "string":
      return which === "least" && bound === 1
        ? "must not be empty"
        : `must have at ${which} ${bound} characters`;
    case "array":
      return which === "least" && bound === 1 ? "must not be empty" : `must have at ${which} ${bound} items`;
    default:
      return `must be at ${which} ${bound}`;
  }
}

/** In the words of JSON, which zod's are but for a few. */
function withArticle(kind: string): string {
  if (kind === "null") return kind;
  if (kind === "int") return "a whole number";
  const name = kind === "record" ? "object" : kind;
  return `${/^[aeiou]/.test(name) ? "an" : "a"} ${name}`;
}

function kindOf(value: unknown): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "array" : typeof value;
}
