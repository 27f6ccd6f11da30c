/**
 * What a dialect must be able to say in its own way, with the arguments in order. An argument is SQL unless it is said to be
 * literal; patterns and replacements come from the dialect. Null gives null unless said otherwise.
 */
export const OPERATIONS = {
  // Conversions: null where the value does not fit.
  textToNumber: ["text"],
  textToInteger: ["text"],
  textToBoolean: ["text"],
  numberToText: ["number"],
  timestampToText: ["time stamp"],
  textToArray: ["text"],
  textToMap: ["text"],
  arrayToText: ["array"],
  jsonToText: ["json"],
  valueToJson: ["value"],
  numberToJson: ["number"],
  numbersToJson: ["array"],
  elementsToJson: ["array"],
  elementsToText: ["array of json"],
  elementsToNumbers: ["array of json"],
  parseJson: ["text"],

  // Numbers. `finite`: null for what is infinite or no number.
  finite: ["number"],

  formatNumber: ["number", "literal decimals", "literal separator of groups or nothing"],

  // Text.
  trim: ["text"],
  proper: ["text"],
  withoutAccents: ["text"],
  replaceFirst: ["text", "literal", "literal"],
  regexReplace: ["text", "pattern", "replacement"],
  regexReplaceFirst: ["text", "pattern", "replacement"],
  regexExtract: ["text", "pattern", "literal group"],
  regexExtractAll: ["text", "pattern", "literal group"],
  regexMatches: ["text", "pattern"],
  splitText: ["text", "literal"],
  matchesInParts: ["text", "pattern between parts", "pattern"],
  character: ["code point"],
  codePoint: ["text"],
  base64Encode: ["text"],
  base64Decode: ["text"],
  urlParameters: ["text"],
  addressToNumber: ["text"],
  numberToAddress: ["number"],

  // Lists. Positions count from 1, from the end when negative; null where there is nothing.
  list: ["values…"],
  element: ["array", "position"],
  listLength: ["array"],
  listStart: ["array", "literal length"],
  listConcat: ["arrays…"],
  listIntersect: ["arrays…"],
  listCross: ["arrays of json…"],
  listZip: ["arrays of json…"],
  listUnique: ["array"],
  listSort: ["array", "literal ASC or DESC"],
  listDescending: ["array"],
  listSlice: ["array", "start from 0", "end or nothing"],
  listIndex: ["array", "value"],
  listLastIndex: ["array", "value"],
  joinList: ["texts", "separator"],
  restOfList: ["array", "literal position", "separator"],
  withoutLastEmpty: ["texts"],
  numberRange: ["start", "stop", "step"],
  listSum: ["numbers"],
  listAverage: ["numbers"],
  listMax: ["numbers"],
  listMin: ["numbers"],
  listStdev: ["numbers"],
  listVariance: ["numbers"],
  listStdevSample: ["numbers"],
  listVarianceSample: ["numbers"],
  listMode: ["numbers"],

  // Select items that make a row of each element; `unnestOrNull` one row with null where there is none.
  unnest: ["array"],
  unnestOrNull: ["array"],
  positions: ["array"],

  // Objects.
  jsonField: ["json", "literal path"],
  objectOf: ["key, json…"],
  mapFromArrays: ["texts", "array of json", "default key"],
  keysAndValues: ["text", "pattern between pairs", "pattern with a group for the key and one for the value"],
  withoutKeys: ["json", "literal patch"],
  withoutElements: ["json", "literal positions from 0, or from the end when negative…"],
  mapKeys: ["map"],
  filterMap: ["map", "texts"],

  // Dates: time stamps; differences in whole units.
  addToDate: ["time stamp", "count", "literal unit"],
  dateDifference: ["from", "to", "literal unit"],
  makeDate: ["year", "month", "day", "hour", "minute", "second"],
  datePart: ["time stamp", "literal part"],
  weekFromSunday: ["time stamp"],
  endOfMonth: ["time stamp"],
  nowIn: ["zone"],
  momentIn: ["ISO time", "zone"],
  convertZone: ["time stamp", "from zone", "to zone"],
  unixMilliseconds: ["time stamp"],
  fromUnixMilliseconds: ["number"],
  addWorkDays: ["time stamp", "count", "array of time stamps", "literal working days of a week…"],
  workDays: ["from", "to", "array of time stamps", "literal working days of a week…"],

  // Several values as one, which sorts by the first, then the second and so on.
  together: ["values…"],

  // Aggregates. The order of rows is that of the further arguments.
  firstByRow: ["value", "order…"],
  listByRow: ["value", "order…"],
  listAll: ["value"],
  listDistinct: ["value"],
  exactSum: ["number"],
  exactAverage: ["number"],
  mode: ["value"],
  quantile: ["number", "literal share"],
} as const satisfies Record<string, readonly string[]>;

/** The name of an operation. */
export type OperationName = keyof typeof OPERATIONS;
