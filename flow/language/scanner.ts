import type { JsonValue } from "../model.js";
import { ESCAPED_LETTERS } from "./quote.js";

/** A step that cannot be read: where (both from 1) and what was expected there. */
export class LanguageError extends Error {
  override readonly name = "LanguageError";
  readonly line: number;
  readonly column: number;

  constructor(problem: string, text: string, offset: number) {
    const before = text.slice(0, offset).split("\n");
    const line = before.length;
    const column = (before.at(-1) ?? "").length + 1;
    super(`${line === 1 ? "" : `line ${String(line)}, `}column ${String(column)}: ${problem}`);
    this.line = line;
    this.column = column;
  }
}

const NUMBER = /-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const WORD = /[A-Za-z_][A-Za-z0-9_]*/y;
const KEY = /([A-Za-z_][A-Za-z0-9_]*)\s*:/y;

/** Reads the small parts of a step's text: words, quoted forms, numbers. Throws LanguageError. */
export class Scanner {
  offset = 0;
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  get isAtEnd(): boolean {
    this.skipSpaces();
    return this.offset >= this.text.length;
  }

  skipSpaces(): void {
    while (/\s/.test(this.text[this.offset] ?? "")) this.offset += 1;
  }

  /** Whether the rest starts with `token`, without spaces in front. */
  isAt(token: string): boolean {
    return this.text.startsWith(token, this.offset);
  }

  /** Takes `token`, with spaces in front, when it comes next. */
  take(token: string): boolean {
    const start = this.offset;
    this.skipSpaces();
    if (!this.isAt(token)) {
      this.offset = start;
      return false;
    }
    this.offset += token.length;
    return true;
  }

  expect(token: string, what: string): void {
    if (!this.take(token)) throw this.expected(`"${token}" ${what}`);
  }

  takeWord(): string | undefined {
    this.skipSpaces();
    return this.#match(WORD)?.[0];
  }

  takeNumber(): string | undefined {
    this.skipSpaces();
    return this.#match(NUMBER)?.[0];
  }

  /** Takes `key:`. */
  takeKey(): string | undefined {
    this.skipSpaces();
    return this.#match(KEY)?.[1];
  }

  /** Whether a `key:` or the end comes next, so that a value is over. */
  get isAtKeyOrEnd(): boolean {
    if (this.isAtEnd) return true;
    KEY.lastIndex = this.offset;
    return KEY.test(this.text);
  }

  /** Takes the text between the quotes at the current place and resolves its escapes. */
  takeQuoted(open: string, close: string): string {
    const start = this.offset;
    this.expect(open, "");
    let taken = "";
    while (this.offset < this.text.length) {
      const character = this.text[this.offset] ?? "";
      this.offset += 1;
      if (character === close) return taken;
      taken += character === "\\" ? this.#takeEscape() : character;
    }
    throw new LanguageError(`${open} is never closed: expected ${close} before the end`, this.text, start);
  }

  /** Takes one JSON object. */
  takeJson(): JsonValue {
    const start = this.offset;
    let depth = 0;
    for (; this.offset < this.text.length; this.offset += 1) {
      const character = this.text[this.offset];
      if (character === '"') this.#skipJsonString();
      else if (character === "{" || character === "[") depth += 1;
      else if (character === "}" || character === "]") depth -= 1;
      if (depth === 0) break;
    }
    this.offset += 1;
    try {
      return JSON.parse(this.text.slice(start, this.offset)) as JsonValue;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new LanguageError(`expected a JSON node: ${reason}`, this.text, start);
    }
  }

  /** The error for something else than what was expected at the current place. */
  expected(what: string): LanguageError {
    this.skipSpaces();
    const rest = this.text.slice(this.offset);
    const found = rest === "" ? "the end of the step" : `"${/^(?:\w+|.)/u.exec(rest)?.[0] ?? rest}"`;
    return new LanguageError(`expected ${what}, found ${found}`, this.text, this.offset);
  }

  /** An error at a place already passed. */
  errorAt(offset: number, problem: string): LanguageError {
    return new LanguageError(problem, this.text, offset);
  }

  #match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.offset;
    const found = pattern.exec(this.text);
    if (found !== null) this.offset = pattern.lastIndex;
    return found;
  }

  #takeEscape(): string {
    const character = this.text[this.offset] ?? "";
    this.offset += 1;
    const code = /^[0-9a-fA-F]{4}$/.exec(this.text.slice(this.offset, this.offset + 4));
    if (character !== "u" || code === null) return ESCAPED_LETTERS.get(character) ?? character;
    this.offset += 4;
    return String.fromCharCode(Number.parseInt(code[0], 16));
  }

  #skipJsonString(): void {
    for (this.offset += 1; this.offset < this.text.length; this.offset += 1) {
      if (this.text[this.offset] === "\\") this.offset += 1;
      else if (this.text[this.offset] === '"') return;
    }
  }
}
