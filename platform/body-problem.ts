/** Levels of a body: whoever walks over it calls itself for each. */
const MOST_LEVELS = 200;
/** U+0000 in JSON, and no backslash before such letters: the store ends a text there. */
const NUL = /(?<!\\)(?:\\\\)*\\u0000/;

/** Why a JSON text is not taken although it may be JSON; undefined when it is. */
export function findBodyProblem(body: string): string | undefined {
  if (isNestedDeeperThan(MOST_LEVELS, body)) return `lists and objects may be nested ${MOST_LEVELS} deep`;
  return NUL.test(body) ? "texts may not hold the character U+0000" : undefined;
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
