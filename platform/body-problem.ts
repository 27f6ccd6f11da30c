import { describeAllUnstorable } from "../flow/storable-text.js";

/** Levels of a body: whoever walks over it calls itself for each. */
const MOST_LEVELS = 200;

/** Why a JSON text is not parsed although it may be JSON; undefined when it is. */
export function findTextProblem(body: string): string | undefined {
  return isNestedDeeperThan(MOST_LEVELS, body)
    ? `lists and objects may be nested ${MOST_LEVELS} deep`
    : undefined;
}

/** Why what was parsed is not taken: the store would keep other texts. Undefined when it is. */
export function findValueProblem(value: unknown): string | undefined {
  const found = describeAllUnstorable(value);
  return found.length === 0 ? undefined : found.join("; ");
}

function isNestedDeeperThan(levels: number, text: string): boolean {
  let depth = 0;
  for (let index = 0; index < text.length; index += 1) {
    const character = text.charAt(index);
    if (character === '"') index = endOfText(text, index);
    else if (character === "[" || character === "{") depth += 1;
    else if (character === "]" || character === "}") depth -= 1;
    if (depth > levels) return true;
  }
  return false;
}

/** Place of the quote that ends the text beginning here. */
function endOfText(text: string, start: number): number {
  for (let index = start + 1; index < text.length; index += 1) {
    if (text[index] === "\\") index += 1;
    else if (text[index] === '"') return index;
  }
  return text.length;
}
