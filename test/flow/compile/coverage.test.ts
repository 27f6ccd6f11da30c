import { describe, expect, it } from "vitest";
import { functionDefinitions } from "../../../flow/compile/functions/registry.js";
import { stepDefinitions } from "../../../flow/compile/steps/registry.js";
import { functionsByType } from "../../../flow/language/functions.js";
import { stepsByType } from "../../../flow/language/steps.js";
import type { JsonObject } from "../../../flow/model.js";
import { compileSmall, smallRecipe, withLastStep } from "./recipe-run.js";

/** Task types and functions in every real package that is known, and those that the product's pages describe. */
const STEP_TYPES =
  "Case ColumnByExample Comment ConvertPattern Countpattern DateFormat Deduplicate Delete Derive Drop " +
  "ExtractBetweenDelimiters Extractkv ExtractList ExtractPatterns Filter Flatten GroupBy Header Join Keep Lookup " +
  "Merge Move Nest Pivot Rename Replace ReplacePatterns Select Set SetType Sort Split SplitPatterns SplitRows " +
  "Standardize TextFormat Union Unnest Unpivot Valuestocols Window";

const FUNCTIONS: Readonly<Record<string, string>> = {
  aggregate:
    "ANY ANYIF APPROXIMATEMEDIAN APPROXIMATEPERCENTILE APPROXIMATEQUARTILE AVERAGE AVERAGEIF CORREL COUNT COUNTA " +
    "COUNTAIF COUNTDISTINCT COUNTDISTINCTIF COUNTIF COVAR COVARSAMP KTHLARGEST KTHLARGESTDATE KTHLARGESTDATEIF " +
    "KTHLARGESTIF KTHLARGESTUNIQUE KTHLARGESTUNIQUEDATE KTHLARGESTUNIQUEDATEIF KTHLARGESTUNIQUEIF LIST LISTIF MAX " +
    "MAXDATE MAXDATEIF MAXIF MEDIAN MIN MINDATE MINDATEIF MINIF MODE MODEDATE MODEDATEIF MODEIF PERCENTILE QUARTILE " +
    "STDEV STDEVIF STDEVSAMP STDEVSAMPIF SUM SUMIF UNIQUE VAR VARIF VARSAMP VARSAMPIF",
  comparison:
    "AND EQUAL GREATERTHAN GREATERTHANEQUAL IN LESSTHAN LESSTHANEQUAL MATCHES NOT NOTEQUAL OR ISEVEN ISODD",
  date:
    "CONVERTFROMUTC CONVERTTIMEZONE CONVERTTOUTC DATE DATEADD DATEDIF DATEFORMAT DATETIME DAY EOMONTH HOUR MINUTE " +
    "MONTH MONTHNAME NETWORKDAYS NETWORKDAYSINTL NOW PARSEDATE QUARTER SECOND TIME TIMEFORMAT TODAY UNIXTIME " +
    "UNIXTIMEFORMAT WEEKDAY WEEKDAYNAME WEEKNUM WORKDAY WORKDAYINTL YEAR",
  number:
    "ABS ACOS ACOSH ADD ASIN ASINH ATAN ATANH CEILING COS COSH DEGREES DIVIDE EXP FLOOR LCM LN LOG MOD MULTIPLY " +
    "NEGATE NUMFORMAT PI POW RADIANS RAND RANDBETWEEN ROUND SIGN SIN SINH SQRT SUBTRACT TAN TANH TRUNC",
  text:
    "BASE64DECODE BASE64ENCODE CHAR ENDSWITH EXACT FIND FINDNTH LEFT LEN LOWER MERGE PAD PROPER REMOVESYMBOLS " +
    "REMOVEWHITESPACE REPEAT RIGHT RIGHTFIND STARTSWITH STRINGGREATERTHAN STRINGGREATERTHANEQUAL STRINGLESSTHAN " +
    "STRINGLESSTHANEQUAL SUBSTITUTE SUBSTRING TRIM TRIMQUOTES UNICODE UPPER",
  nested:
    "ARRAYCONCAT ARRAYCROSS ARRAYELEMENTAT ARRAYINDEXOF ARRAYINTERSECT ARRAYLEN ARRAYMERGEELEMENTS " +
    "ARRAYRIGHTINDEXOF ARRAYSLICE ARRAYSORT ARRAYSTOMAP ARRAYUNIQUE ARRAYZIP FILTEROBJECT KEYS LISTAVERAGE LISTMAX " +
    "LISTMIN LISTMODE LISTSTDEV LISTSTDEVSAMP LISTSUM LISTVAR LISTVARSAMP",
  type:
    "COALESCE IFMISMATCHED IFMISSING IFNULL IFVALID ISMISMATCHED ISMISSING ISNULL NULL PARSEARRAY PARSEBOOL " +
    "PARSEFLOAT PARSEINT PARSEMAP PARSESTRING VALID",
  window:
    "DENSERANK FILL NEXT NTILE PREV RANK ROLLINGAVERAGE ROLLINGCOUNTA ROLLINGKTHLARGEST ROLLINGKTHLARGESTDATE " +
    "ROLLINGKTHLARGESTUNIQUE ROLLINGKTHLARGESTUNIQUEDATE ROLLINGLIST ROLLINGMAX ROLLINGMAXDATE ROLLINGMIN " +
    "ROLLINGMINDATE ROLLINGMODE ROLLINGMODEDATE ROLLINGSTDEV ROLLINGSTDEVSAMP ROLLINGSUM ROLLINGVAR ROLLINGVARSAMP " +
    "ROWNUMBER SESSION",
  other:
    "CASE DOMAIN FILEPATH HOST IF IPFROMINT IPTOINT RANGE SOURCEROWNUMBER SUBDOMAIN SUFFIX URLPARAMS BETWEEN",
};

/** What the product has and this compiler has not: step types and functions that need data or rules of the product's own. */
const REFUSED_STEPS = ["Extract", "Aggregate", "DataQuality", "Macro"];
const REFUSED_FUNCTIONS = ["DoubleMetaphone", "DoubleMetaphoneEquals", "Transliterate", "GetDateFormat"];

const tables = { T: { columns: ["a"], rows: [["1"]] } };
const words = (text: string): string[] => text.split(" ");

describe("what compiles", () => {
  it.each(words(STEP_TYPES))("the step %s", (type) => {
    expect(stepDefinitions.get(type.toLowerCase())?.type).toBe(type);
  });

  it.each(Object.values(FUNCTIONS).flatMap(words))("the function %s", (name) => {
    const definition = functionDefinitions.get(name.toLowerCase());
    expect(definition?.type.toUpperCase()).toBe(name);
    // Arguments are told apart by the names of the language: without a form there every call would be refused.
    expect(functionsByType.has(definition?.type ?? "")).toBe(true);
  });

  it("is all listed here", () => {
    const listed = new Set(Object.values(FUNCTIONS).flatMap(words));
    const others = [...functionDefinitions.values()].map(({ type }) => type.toUpperCase());
    expect(others.filter((name) => !listed.has(name))).toEqual([]);
    const steps = new Set(words(STEP_TYPES));
    expect([...stepDefinitions.values()].map(({ type }) => type).filter((type) => !steps.has(type))).toEqual(
      [],
    );
  });

  it("is all that the language has words for", () => {
    const loads = [...functionsByType.keys()].filter((type) => type.startsWith("Format"));
    const words = [...functionsByType.keys()].filter((type) => !loads.includes(type));
    expect(words.filter((type) => !functionDefinitions.has(type.toLowerCase()))).toEqual([]);
    expect([...stepsByType.keys()].filter((type) => !stepDefinitions.has(type.toLowerCase()))).toEqual([
      "Load",
    ]);
  });
});

describe("what is refused", () => {
  it.each(REFUSED_STEPS)("the step %s, by recipe, number and name", async (type) => {
    const pkg = withLastStep(smallRecipe(tables, ["//first", "deduplicate"]), (task) => ({ ...task, type }));
    await expect(compileSmall(pkg, tables, {})).rejects.toThrow(
      `recipe "Result", step 2 (${type}): the step type ${type} is not supported`,
    );
  });

  it.each(REFUSED_FUNCTIONS)("the function %s, by recipe, number and name", async (type) => {
    const value: JsonObject = { kind: "func", type, parameters: {} };
    const pkg = withLastStep(
      smallRecipe(tables, ["deduplicate", "derive type: single value: a as: 'x'"]),
      (task) => ({ ...task, parameters: { ...task.parameters, value } }),
    );
    await expect(compileSmall(pkg, tables, {})).rejects.toThrow(
      `recipe "Result", step 2 (Derive): the function ${type.toUpperCase()} is not supported`,
    );
  });

  it.each([...functionDefinitions.values()].map(({ type }) => type))(
    "an argument of %s with another name",
    async (type) => {
      const value: JsonObject = {
        kind: "func",
        type,
        parameters: {
          nonsense: { kind: "constant", type: "String", value: "x" },
          other: { kind: "constant", type: "String", value: "y" },
        },
      };
      const pkg = withLastStep(smallRecipe(tables, ["derive type: single value: a as: 'x'"]), (task) => ({
        ...task,
        parameters: { ...task.parameters, value },
      }));
      await expect(compileSmall(pkg, tables, {})).rejects.toThrow(
        `recipe "Result", step 1 (Derive): ${type.toUpperCase()}: the arguments nonsense, other are not known; `,
      );
    },
  );
});
