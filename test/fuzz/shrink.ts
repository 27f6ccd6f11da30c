import type { FuzzCase, Step } from "./steps.js";

/** True: the case still fails. */
export type Fails = (fuzzCase: FuzzCase) => Promise<boolean>;

/**
 * A smaller case that still fails: steps are left out, first many at a time, then what is left is made simpler, until
 * nothing more can go or `attempts` are used up.
 */
export async function shrink(failing: FuzzCase, fails: Fails, attempts: number): Promise<FuzzCase> {
  let smallest = failing;
  let left = attempts;
  const isSmaller = async (candidate: FuzzCase): Promise<boolean> => {
    if (left === 0) return false;
    left -= 1;
    if (!(await fails(candidate))) return false;
    smallest = candidate;
    return true;
  };
  const withoutSteps = async (): Promise<boolean> => {
    let isShorter = false;
    for (let size = Math.max(1, smallest.steps.length >> 1); size >= 1; size >>= 1)
      for (let from = smallest.steps.length - size; from >= 0; from -= size) {
        const steps = smallest.steps.filter((_, index) => index < from || index >= from + size);
        if (await isSmaller({ ...smallest, steps })) isShorter = true;
      }
    return isShorter;
  };
  const withSimplerSteps = async (): Promise<boolean> => {
    let isSimpler = false;
    for (const index of smallest.steps.keys())
      for (const simpler of simplerSteps(smallest.steps[index])) {
        if (await isSmaller({ ...smallest, steps: smallest.steps.with(index, simpler) })) isSimpler = true;
      }
    return isSimpler;
  };
  do await withoutSteps();
  while ((await withSimplerSteps()) && left > 0);
  return smallest;
}

/** The step with one thing left out or set to something plainer. */
function simplerSteps(step: Step | undefined): Step[] {
  if (step === undefined) return [];
  const variants: Step[] = [];
  if (step.do === "up" && step.refreshFirst) variants.push({ ...step, refreshFirst: false });
  if ((step.do === "up" || step.do === "destroy") && step.disturbances) {
    const { disturbances, ...calm } = step;
    variants.push(calm);
    if (disturbances.length > 1)
      variants.push(...disturbances.map((one) => ({ ...step, disturbances: [one] })));
  }
  if (step.do === "declare" && step.as !== null)
    variants.push(...simplerValues(step.as).map((as): Step => ({ ...step, as })));
  return variants;
}

const OPTIONAL = new Set(["host", "port", "password", "warehouse", "keepReleases", "enabled", "verify"]);

/** A declaration with a member left out, emptied or turned off. */
function simplerValues<T extends object>(value: T): T[] {
  return Object.entries(value).flatMap(([name, member]: [string, unknown]): T[] => {
    if (OPTIONAL.has(name))
      return [Object.fromEntries(Object.entries(value).filter(([other]) => other !== name)) as T];
    if (name === "package")
      return simplerValues(member as object).map((simpler) => ({ ...value, package: simpler }));
    if (name === "values" && (member as unknown[]).length > 0) return [{ ...value, values: [] }];
    if (name === "triggers" && (member as unknown[]).length > 1)
      return [{ ...value, triggers: (member as unknown[]).slice(0, 1) }];
    if ((name === "parameters" || name === "params") && Object.keys(member as object).length > 0)
      return [{ ...value, [name]: {} }];
    if ((name === "notes" || name === "description") && member !== "") return [{ ...value, [name]: "" }];
    if ((name === "isGlobal" || name === "forceDelete" || name === "usesWarehouse") && member === true)
      return [{ ...value, [name]: false }];
    if (name === "active" && member === false) return [{ ...value, active: true }];
    if (name === "exported" && member !== 0) return [{ ...value, exported: 0 }];
    return [];
  });
}
