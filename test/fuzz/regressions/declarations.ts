import type { ReleaseDeclaration } from "../program.js";
import type { Step } from "../steps.js";

/** States the deployment of the cases. */
export const DEPLOYMENT: Step = {
  do: "declare",
  slot: "d1",
  as: { kind: "Deployment", name: "d1", forceDelete: false },
};

/** States its release, active unless `more` says otherwise; packages with different factors have different contents. */
export function release(factor: number, more: Partial<ReleaseDeclaration> = {}): Step {
  const spec = { factor, output: "clean", usesWarehouse: false, exported: 0 } as const;
  const as = { kind: "Release", package: spec, notes: "", active: true, ...more } as const;
  return { do: "declare", slot: "d1/release", as };
}
