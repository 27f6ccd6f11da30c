/** Invisible characters, and those that turn the direction of text: escaped, so that code reads as it runs. */
const INVISIBLE = /[\p{C}\u2028\u2029]/gu;

/** The text as a literal of TypeScript, in double quotes. */
export function quoteScript(text: string): string {
  return quote(text, (code) => `\\u{${code.toString(16)}}`);
}

/** The text as a double-quoted scalar of YAML. */
export function quoteYaml(text: string): string {
  return quote(text, (code) => `\\U${code.toString(16).padStart(8, "0")}`);
}

/** Both languages read what JSON writes; they differ in characters beyond the first 65,536. */
function quote(text: string, escapeBeyond: (code: number) => string): string {
  // Half of a pair is no text: a platform that stores it shows the replacement character, too.
  return JSON.stringify(text.replaceAll(/\p{Cs}/gu, "\ufffd")).replaceAll(INVISIBLE, (letter) => {
    const code = letter.codePointAt(0) ?? 0;
    return code > 0xffff ? escapeBeyond(code) : `\\u${code.toString(16).padStart(4, "0")}`;
  });
}
