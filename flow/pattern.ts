import { suggestWord } from "./language/nearest-word.js";
import { PATTERN_TOKENS } from "./pattern-tokens.js";

/** An Alteryx pattern that cannot be compiled; `position` counts characters from 0. */
export class PatternError extends Error {
  override readonly name = "PatternError";

  constructor(
    message: string,
    readonly position: number,
  ) {
    super(message);
  }
}

/**
 * Compiles an Alteryx pattern, without its backticks, to an RE2 expression. Groups `( )` stay capture groups.
 * Throws PatternError. Source of the syntax: the product's pages on text matching.
 */
export function compilePattern(pattern: string): string {
  const compiler = new PatternCompiler(pattern);
  return compiler.compile();
}

const MAX_NESTING = 50;

class PatternCompiler {
  private position = 0;

  constructor(
    private readonly pattern: string,
    private readonly offset = 0,
    private readonly depth = 0,
  ) {
    if (depth > MAX_NESTING) throw new PatternError("braces and groups nest too deep", offset);
  }

  compile(): string {
    const expression = this.readAlternatives();
    if (this.position < this.pattern.length) throw this.fault("this ) closes no group", this.position);
    return expression;
  }

  private readAlternatives(level = 0): string {
    if (this.depth + level > MAX_NESTING) throw this.fault("braces and groups nest too deep", this.position);
    const alternatives = [this.readSequence(level)];
    while (this.peek() === "|") {
      this.position += 1;
      alternatives.push(this.readSequence(level));
    }
    return alternatives.join("|");
  }

  private readSequence(level: number): string {
    let sequence = "";
    while (this.position < this.pattern.length && this.peek() !== "|" && this.peek() !== ")") {
      const element = this.readElement(level);
      sequence += element + this.readQuantifier();
    }
    return sequence;
  }

  private readElement(level: number): string {
    const start = this.position;
    const character = String.fromCodePoint(this.pattern.codePointAt(start) ?? 0);
    this.position += character.length;
    switch (character) {
      case "\\":
        return this.readEscape(start);
      case "%":
        return "(?s:.)";
      case "#":
        return "[0-9]";
      case "(":
        return this.readGroup(start, level);
      case "{":
        return this.readBraces(start);
      case "?":
      case "*":
      case "+":
        throw this.fault(
          `nothing stands before ${character} to be repeated; write \\${character} for the character`,
          start,
        );
      default:
        return quote(character);
    }
  }

  private readEscape(start: number): string {
    const escaped = this.pattern.codePointAt(this.position);
    if (escaped === undefined) throw this.fault("a \\ at the end escapes nothing", start);
    const character = String.fromCodePoint(escaped);
    this.position += character.length;
    return quote(character);
  }

  private readGroup(start: number, level: number): string {
    const inner = this.readAlternatives(level + 1);
    if (this.peek() !== ")") throw this.fault("this ( is never closed", start);
    this.position += 1;
    return `(${inner})`;
  }

  private readBraces(start: number): string {
    const content = this.takeBraces(start);
    if (/^\d+(,\d*)?$/.test(content))
      throw this.fault(`nothing stands before {${content}} to be repeated`, start);
    if (content.startsWith("[") || content.startsWith("![")) return this.compileSet(content, start);
    const digits = /^(\d+)-digits$/.exec(content);
    if (digits !== null) return `[0-9]{${digits[1]}}`;
    const token = PATTERN_TOKENS.get(content);
    // A group of its own lets a quantifier repeat the whole token.
    if (token !== undefined) return isSingle(token) ? token : `(?:${token})`;
    if (content.includes("|")) {
      const inner = new PatternCompiler(content, this.offset + start + 1, this.depth + 1);
      return `(?:${inner.compile()})`;
    }
    const hint = suggestWord(content, PATTERN_TOKENS.keys());
    throw this.fault(`unknown token {${content}}${hint}; write \\{ for a brace`, start);
  }

  /** The text up to the brace that closes the one at `start`. A set `{[…]}` ends at its own `]}`. */
  private takeBraces(start: number): string {
    const from = this.position;
    const isSet = /^!?\[/.test(this.pattern.slice(from, from + 2));
    let open = 1;
    for (let index = from; index < this.pattern.length; index += 1) {
      const character = this.pattern[index];
      if (character === "\\") index += 1;
      else if (isSet) {
        if (character === "]" && this.pattern[index + 1] === "}") return this.endBraces(from, index + 1);
      } else if (character === "{") open += 1;
      else if (character === "}") {
        open -= 1;
        if (open === 0) return this.endBraces(from, index);
      }
    }
    throw this.fault("this { is never closed; write \\{ for a brace", start);
  }

  private endBraces(from: number, end: number): string {
    this.position = end + 1;
    return this.pattern.slice(from, end);
  }

  private compileSet(content: string, start: number): string {
    const isNegated = content.startsWith("!");
    const members = content.slice(isNegated ? 2 : 1, -1);
    if (members === "") throw this.fault("this set holds no characters", start);
    const escaped = members.replace(/\\?([[\]\\^])/g, "\\$1");
    return `[${isNegated ? "^" : ""}${escaped}]`;
  }

  private readQuantifier(): string {
    const character = this.peek();
    if (character === "?" || character === "*" || character === "+") {
      this.position += 1;
      return character;
    }
    const count = /^\{\d+(,\d*)?\}/.exec(this.pattern.slice(this.position));
    if (count === null) return "";
    this.position += count[0].length;
    return count[0];
  }

  private peek(): string | undefined {
    return this.pattern[this.position];
  }

  private fault(reason: string, at: number): PatternError {
    const position = this.offset + at;
    return new PatternError(`${reason} (at character ${position + 1})`, position);
  }
}

function isSingle(token: string): boolean {
  return /^\[[^\]]*\]$/.test(token) || /^\(\?[a-z]+:[^()]*\)$/.test(token);
}

function quote(character: string): string {
  return /[\\^$.|?*+()[\]{}]/.test(character) ? `\\${character}` : character;
}
