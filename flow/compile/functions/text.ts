import type { FunctionCall } from "../function-call.js";
import { literalOf } from "../search-pattern.js";
import { BOOLEAN, closed, INTEGER, open, operand, TEXT, type Value } from "../value.js";
import { family, type FunctionDefinition } from "./definition.js";

type Compile = (call: FunctionCall) => Value;

/** Functions on text. Positions count characters from 0. */
export const textFunctions: readonly FunctionDefinition[] = [
  ...family("text", {
    Len: ["Number of characters", (call) => closed(`length(${call.text("col").sql})`, INTEGER)],
    Upper: ["In capital letters", plain("upper")],
    Lower: ["In small letters", plain("lower")],
    Proper: ["Each word with a capital letter, the rest small", operation("proper")],
    Trim: ["Without white space at both ends", operation("trim")],
    TrimQuotes: ["Without quotes at both ends", (call) => trimQuotes(call, call.text("col"))],
    RemoveWhitespace: ["Without any white space", removed(String.raw`\s+`)],
    RemoveSymbols: [
      "Without characters that are neither letters, digits nor white space",
      removed(String.raw`[^\p{L}\p{N}\s]+`),
    ],
    Left: [
      "The first characters",
      (call) => closed(`left(${call.text("col").sql}, ${natural(call, "count")})`, TEXT),
    ],
    Right: [
      "The last characters",
      (call) => closed(`right(${call.text("col").sql}, ${natural(call, "count")})`, TEXT),
    ],
    Substring: ["The characters from one position up to, but without, another or to the end", substring],
    Find: ["The position of the first match from a position on, null when there is none", find],
    FindNth: ["The position of the n-th match from the left, or the right; null when there is none", findNth],
    RightFind: ["The position of the last match, null when there is none", rightFind],
    Substitute: ["With every match of a text or pattern replaced", substitute],
    Repeat: [
      "Repeated so many times",
      (call) => closed(`repeat(${call.text("col").sql}, ${natural(call, "count")})`, TEXT),
    ],
    Pad: [
      "Filled up to a length with a text (blanks unless given) on the left, or the right; never cut",
      pad,
    ],
    Merge: [
      "The texts of a list, one behind the other, with a separator when given",
      merge,
      "counts as empty",
    ],
    StartsWith: ["Whether it begins with a text or pattern", (call) => matches(call, "^(?:", ")")],
    EndsWith: ["Whether it ends with a text or pattern", (call) => matches(call, "(?:", ")$")],
    Matches: ["Whether a text or pattern occurs in it", (call) => matches(call, "(?:", ")")],
    Exact: ["Whether two texts are the same; in small and capital letters alike when asked for", exact],
    StringGreaterThan: ["Whether the left text comes behind the right one by its characters", compared(">")],
    StringGreaterThanEqual: [
      "Whether the left text comes behind the right one or is the same",
      compared(">="),
    ],
    StringLessThan: ["Whether the left text comes before the right one by its characters", compared("<")],
    StringLessThanEqual: ["Whether the left text comes before the right one or is the same", compared("<=")],
    Char: [
      "The character of a code point",
      (call) =>
        closed(
          call.attempt([call.integer("col")], (code) => call.dialect.call("character", code)),
          TEXT,
        ),
    ],
    Unicode: [
      "The code point of the first character",
      (call) => closed(call.dialect.call("codePoint", call.text("col").sql), INTEGER),
    ],
    Base64Encode: ["In Base64 (UTF-8)", operation("base64Encode")],
    Base64Decode: [
      "Out of Base64; null when it is none",
      (call) =>
        closed(
          call.attempt([call.text("col")], (text) => call.dialect.call("base64Decode", text)),
          TEXT,
        ),
    ],
    Domain: [
      "The registered name in a URL's host: `example` for `http://www.example.co.uk/a`",
      (call) => ofHost(call, 2),
    ],
    SubDomain: ["What stands in front of it: `www`", (call) => ofHost(call, 1)],
    Suffix: ["What stands behind it: `co.uk`", (call) => ofHost(call, 3)],
    Host: ["A URL's host: `www.example.co.uk`", (call) => extracted(call, HOST, 1)],
    IpToInt: [
      "An IPv4 address as a number",
      (call) => closed(call.dialect.call("addressToNumber", call.text("col").sql), INTEGER),
    ],
    IpFromInt: [
      "A number as an IPv4 address",
      (call) => closed(call.dialect.call("numberToAddress", operand(call.integer("col"))), TEXT),
    ],
    UrlParams: ["The parameters of a URL as an object", urlParameters],
  }),
];

const SCHEME = "^(?:[A-Za-z][A-Za-z0-9+.-]*://)?(?:[^/@]*@)?";
const HOST = `${SCHEME}([^/:?#@]+\\.[^/:?#@]+)(?::[0-9]+)?(?:[/?#].*)?$`;
/** Endings of two words are those of national registries; the full public list is not part of the product's pages. */
const ENDING = String.raw`((?:com?|org|net|gov|ac|edu|ne|or|gob)\.[A-Za-z]{2}|[A-Za-z]{2,})`;
const HOST_PARTS = String.raw`${SCHEME}(?:([^/:?#]*?)\.)?([^./:?#]+)\.${ENDING}(?::[0-9]+)?(?:[/?#].*)?$`;

function plain(name: string): Compile {
  return (call) => closed(`${name}(${call.text("col").sql})`, TEXT);
}

function operation(name: Parameters<FunctionCall["dialect"]["call"]>[0]): Compile {
  return (call) => closed(call.dialect.call(name, operand(call.text("col"))), TEXT);
}

/** A count that is not negative. */
function natural(call: FunctionCall, name: string): string {
  const value = call.integer(name);
  return typeof value.literal === "number"
    ? String(Math.min(Math.max(0, value.literal), MOST_CHARACTERS))
    : // LEAST and GREATEST would take a null for the other number.
      `CASE WHEN ${operand(value)} < 0 THEN 0 WHEN ${operand(value)} < ${String(MOST_CHARACTERS)} THEN ${value.sql} ` +
        `WHEN ${operand(value)} IS NOT NULL THEN ${String(MOST_CHARACTERS)} END`;
}

/** A position, never negative. */
function place(value: Value): string {
  return typeof value.literal === "number"
    ? String(Math.min(value.literal, MOST_CHARACTERS))
    : `least(${value.sql}, ${String(MOST_CHARACTERS)})`;
}

/** Longer texts are made by no function. */
const MOST_CHARACTERS = 1_000_000;

function removed(pattern: string): Compile {
  return (call) => {
    const { dialect } = call;
    return closed(
      dialect.call("regexReplace", call.text("col").sql, dialect.pattern(pattern), dialect.text("")),
      TEXT,
    );
  };
}

/** A text without the quotes around it. */
export function trimQuotes(call: Pick<FunctionCall, "dialect">, text: Value): Value {
  const { dialect } = call;
  return closed(
    dialect.call("regexReplace", text.sql, dialect.pattern(`^["']+|["']+$`), dialect.text("")),
    TEXT,
  );
}

/** Positions outside the text give what there is between them; a negative one has no meaning. */
function substring(call: FunctionCall): Value {
  const text = call.text("col").sql;
  const start = call.integer("start");
  const end = call.has("end") ? call.integer("end") : undefined;
  const positions = [start, ...(end === undefined ? [] : [end])];
  if (positions.some(({ literal }) => typeof literal === "number" && literal < 0))
    return call.fail("positions count from 0, and none is negative");
  const from = typeof start.literal === "number" ? String(start.literal + 1) : `${place(start)} + 1`;
  const length =
    end === undefined
      ? ""
      : typeof start.literal === "number" && typeof end.literal === "number"
        ? `, ${String(Math.max(0, end.literal - start.literal))}`
        : `, greatest(${place(end)} - ${place(start)}, 0)`;
  const part = `substr(${text}, ${from}${length})`;
  const open = positions.filter(({ literal }) => typeof literal !== "number");
  if (open.length === 0) return closed(part, TEXT);
  return closed(
    `CASE WHEN ${open.map((one) => `${operand(one)} >= 0`).join(" AND ")} THEN ${part} END`,
    TEXT,
  );
}

function ignoresCase(call: FunctionCall): boolean {
  return call.has("ignoreCase") && call.value("ignoreCase").literal === true;
}

/** The text in front of the first match tells its position. */
function find(call: FunctionCall): Value {
  const { dialect } = call;
  const start = call.constantInteger("start", 0);
  const before = `\\A((?s:.{${String(start)}})(?s:.*?))(?:${call.pattern("pattern")})`;
  return lengthOf(call, dialect.pattern(before, { ignoreCase: ignoresCase(call) }));
}

function findNth(call: FunctionCall): Value {
  const nth = call.constantInteger("nth");
  const side = call.has("side") ? call.constantText("side").toLowerCase() : "left";
  if (nth < 1 || (side !== "left" && side !== "right"))
    return call.fail("the n-th match is counted from 1, from left or right");
  const found = `(?:${call.pattern("pattern")})`;
  const others = `(?:(?s:.*?)${found}){${String(nth - 1)}}`;
  const before =
    side === "left"
      ? `\\A(${others}(?s:.*?))${found}`
      : `\\A((?s:.*))${found}(?:(?s:.*)${found}){${String(nth - 1)}}`;
  return lengthOf(call, call.dialect.pattern(before, { ignoreCase: ignoresCase(call) }));
}

function rightFind(call: FunctionCall): Value {
  const before = `\\A((?s:.*))(?:${call.pattern("pattern")})`;
  return lengthOf(call, call.dialect.pattern(before, { ignoreCase: ignoresCase(call) }));
}

function lengthOf(call: FunctionCall, pattern: string): Value {
  return closed(`length(${call.dialect.call("regexExtract", call.text("col").sql, pattern, "1")})`, INTEGER);
}

function substitute(call: FunctionCall): Value {
  const { dialect } = call;
  const text = call.text("col").sql;
  const literal = literalOf(call.node("pattern") ?? {});
  const by = call.text("with");
  if (literal !== undefined && !ignoresCase(call))
    return closed(`replace(${text}, ${dialect.text(literal)}, ${by.sql})`, TEXT);
  const pattern = dialect.pattern(call.pattern("pattern"), { ignoreCase: ignoresCase(call) });
  const replacement = dialect.replacement(call.constantText("with"), literal === undefined);
  return closed(dialect.call("regexReplace", text, pattern, replacement), TEXT);
}

function pad(call: FunctionCall): Value {
  const text = call.text("col");
  const length = natural(call, "length");
  const fill = call.has("pad") ? call.text("pad").sql : "' '";
  const side = call.has("side") ? call.constantText("side").toLowerCase() : "left";
  if (side !== "left" && side !== "right") return call.fail(`the side must be left or right, not ${side}`);
  const padded = `${side === "left" ? "lpad" : "rpad"}(${text.sql}, CAST(${length} AS INTEGER), ${fill})`;
  return closed(`CASE WHEN length(${text.sql}) >= ${length} THEN ${text.sql} ELSE ${padded} END`, TEXT);
}

function merge(call: FunctionCall): Value {
  const texts = call.values("col").map((value) => call.coerce.toText(value));
  return joinTexts(texts, call.has("delimiter") ? call.text("delimiter").sql : undefined);
}

/** Texts one behind the other; a null counts as empty. */
export function joinTexts(texts: readonly Value[], between: string | undefined): Value {
  if (between === undefined) return closed(`concat(${texts.map(({ sql }) => sql).join(", ")})`, TEXT);
  const parts = texts.map((text) => (text.literal === undefined ? `coalesce(${text.sql}, '')` : text.sql));
  return closed(`concat_ws(${[between, ...parts].join(", ")})`, TEXT);
}

function matches(call: FunctionCall, before: string, behind: string): Value {
  const { dialect } = call;
  const pattern = dialect.pattern(`${before}${call.pattern("pattern")}${behind}`, {
    ignoreCase: ignoresCase(call),
  });
  return closed(dialect.call("regexMatches", call.text("col").sql, pattern), BOOLEAN);
}

function exact(call: FunctionCall): Value {
  const sides = [call.text("lhs"), call.text("rhs")];
  const texts = ignoresCase(call) ? sides.map(({ sql }) => `lower(${sql})`) : sides.map(operand);
  return open(texts.join(" = "), BOOLEAN);
}

function compared(sign: string): Compile {
  return (call) => open([call.text("lhs"), call.text("rhs")].map(operand).join(` ${sign} `), BOOLEAN);
}

function extracted(call: FunctionCall, pattern: string, group: number): Value {
  const { dialect } = call;
  return closed(
    dialect.call("regexExtract", call.text("col").sql, dialect.pattern(pattern), String(group)),
    TEXT,
  );
}

/** A part of the host; one that is not there is null. */
function ofHost(call: FunctionCall, group: number): Value {
  return closed(`nullif(${extracted(call, HOST_PARTS, group).sql}, '')`, TEXT);
}

function urlParameters(call: FunctionCall): Value {
  return closed(call.dialect.call("urlParameters", call.text("col").sql), { kind: "map" });
}
