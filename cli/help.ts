import type { Option } from "commander";

/**
 * What help says of an option: its description, that it must be given, its choices and its default. A default that only
 * means "not given", as an empty list or a switch that is off, is left out.
 */
export function describeOption({ description, mandatory, argChoices, defaultValue }: Option): string {
  const hasDefault = typeof defaultValue === "string" || typeof defaultValue === "number";
  const remarks = [
    ...(mandatory ? ["required"] : []),
    ...(argChoices === undefined ? [] : [`one of ${argChoices.join(", ")}`]),
    ...(hasDefault ? [`default: ${defaultValue}`] : []),
  ];
  return remarks.length === 0 ? description : `${description} (${remarks.join("; ")})`;
}
