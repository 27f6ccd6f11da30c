import { RE2JS } from "re2js";
import { describe, expect, it } from "vitest";
import { compilePattern, PatternError } from "../../flow/pattern.js";
import { PATTERN_TOKENS } from "../../flow/pattern-tokens.js";

function find(pattern: string, value: string): string | null {
  const matcher = RE2JS.compile(compilePattern(pattern)).matcher(value);
  return matcher.find() ? matcher.group() : null;
}

describe("an Alteryx pattern", () => {
  it.each([
    ["orders", "my orders", "orders"],
    ["a.b", "axb", null],
    ["a.b", "a.b", "a.b"],
    ["]|[", "x[", "["],
    ["$^+", "$^^", "$^^"],
    ["%", "é", "é"],
    ["a%?b", "ab", "ab"],
    ["%{3}", "abcd", "abc"],
    ["%{3,5}", "abcdefg", "abcde"],
    ["##", "a12", "12"],
    ["{digit}+-{digit}+", "x 12-345", "12-345"],
    ["{any}+", "a\nb", "a\nb"],
    ["({alpha}+ )*{alpha}+", "Data_Lake one-2", "Data_Lake one"],
    ["{upper}{lower}{3}", "xAbcde", "Abcd"],
    ["{delim}", "ab|cd", "|"],
    ["{delim-ws}x", "a ,  x", " ,  x"],
    ["{alphanum-underscore}{digit}{7}", "a_1234567", "_1234567"],
    ["{alpha-numeric}+", "-a1_", "a1"],
    ['{start}"|"{end}', '"a"', '"'],
    ["{start}b", "ab", null],
    ["{4-digits}", "in 2024", "2024"],
    ["{13-digits}", "123456789012", null],
    ["{at-username}", "by @ann_b!", "@ann_b"],
    ["{hashtag}", "a #tag", "#tag"],
    ["{hex}", "0xFF", "0xFF"],
    ["{ip-address}", "at 10.0.0.1:80", "10.0.0.1"],
    ["{email}", "to a.b@c.org!", "a.b@c.org"],
    ["{url}", "see https://a.org/x?y now", "https://a.org/x?y"],
    ["{phone}", "call 415-555-0100", "415-555-0100"],
    ["{yyyy}-{mm}-{dd}", "on 2024-02-30", "2024-02-30"],
    ["{mm}", "13", null],
    ["{dev|test}", "my test", "test"],
    ["{{digit}+|none}", "id 42", "42"],
    ["{[ab-]}+", "xba-c", "ba-"],
    ["{![/]}+", "/in/", "in"],
    ["{[^\\]]}+", "x^]", "^]"],
    ["\\{x\\}", "{x}", "{x}"],
    ["\\%", "5%", "%"],
    ["a\\`b", "a`b", "a`b"],
    ["Dev", "dev", null],
  ])("%s finds in %j: %j", (pattern, value, found) => {
    expect(find(pattern, value)).toBe(found);
  });

  it("keeps its groups for the replacement", () => {
    const expression = RE2JS.compile(compilePattern("({yyyy})-(#+)"));
    expect(expression.matcher("2024-05").replaceAll("$2.$1")).toBe("05.2024");
  });

  it("compiles every token, also repeated", () => {
    for (const token of PATTERN_TOKENS.keys()) {
      expect(() => RE2JS.compile(compilePattern(`{${token}}+ {${token}}{2}`)), token).not.toThrow();
    }
  });

  it.each([
    ["{digits}", 'unknown token {digits} (did you mean "digit"?); write \\{ for a brace (at character 1)'],
    ["ab{digit", "this { is never closed; write \\{ for a brace (at character 3)"],
    ["a(b", "this ( is never closed (at character 2)"],
    ["a)b", "this ) closes no group (at character 2)"],
    ["+a", "nothing stands before + to be repeated; write \\+ for the character (at character 1)"],
    ["a|{3}", "nothing stands before {3} to be repeated (at character 3)"],
    ["a\\", "a \\ at the end escapes nothing (at character 2)"],
    ["x{[]}", "this set holds no characters (at character 2)"],
    [
      "{a|{digitt}}",
      'unknown token {digitt} (did you mean "digit"?); write \\{ for a brace (at character 4)',
    ],
  ])("refuses %s", (pattern, message) => {
    expect(() => compilePattern(pattern)).toThrow(PatternError);
    expect(() => compilePattern(pattern)).toThrow(message);
  });

  it("refuses endless nesting instead of exhausting the stack", () => {
    expect(() => compilePattern("(".repeat(10_000))).toThrow("nest too deep");
    expect(() => compilePattern(`${"{a|".repeat(10_000)}${"}".repeat(10_000)}`)).toThrow("nest too deep");
  });
});
