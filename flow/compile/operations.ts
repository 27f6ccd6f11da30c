/**
 * What a dialect must be able to say in its own way, with the arguments in order. An argument is SQL unless it is said to be a
 * literal; patterns come from `Dialect.pattern`. All answer null for null unless said otherwise.
 */
export const OPERATIONS = {
  // Conversions: null where the value does not fit.
  textToNumber: ["text"],
  textToInteger: ["text"],
  textToBoolean: ["text"],
  numberToText: ["number"],
  textToArray: ["text"],
  textToMap: ["text"],
  arrayToText: ["array"],
  jsonToText: ["json"],
  valueToJson: ["value"],
  elementsToJson: ["array"],
  elementsToText: ["array of json"],
  // Text.
  replaceFirst: ["text", "literal", "literal"],
  regexReplace: ["text", "pattern", "replacement"],
  regexReplaceFirst: ["text", "pattern", "replacement"],
  regexExtract: ["text", "pattern", "group number"],
  regexExtractAll: ["text", "pattern"],
  regexMatches: ["text", "pattern"],
  regexMatchesWhole: ["text", "pattern"],
  splitText: ["text", "literal"],
  splitByPattern: ["text", "pattern"],
  // Lists.
  list: ["values…"],
  element: ["array", "index from 1"],
  listLength: ["array"],
  restOfList: ["array", "index from 1", "separator"],
  numberRange: ["start", "stop", "step"],
  unnest: ["array"],
  unnestOrNull: ["array"],
  positions: ["array"],
  jsonField: ["json", "path literal"],
  parseJson: ["text"],
  objectOf: ["key, value…"],
  mapFromArrays: ["texts", "array of json", "default key"],
  matchesInParts: ["text", "pattern between parts", "pattern"],
  withoutLastEmpty: ["texts"],
  // Dates: a time stamp and, for differences, whole units.
  addToDate: ["time stamp", "count", "unit literal"],
  dateDifference: ["from", "to", "unit literal"],
  makeDate: ["year", "month", "day"],
  datePart: ["time stamp", "part literal"],
  nowIn: ["zone literal"],
  // Aggregates.
  firstByRow: ["value", "row order"],
} as const satisfies Record<string, readonly string[]>;

/** The name of an operation. */
export type OperationName = keyof typeof OPERATIONS;
