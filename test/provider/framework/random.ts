import { createRandom } from "../../flow/random-package.js";

/** Draws that look random and are the same in every run. */
export interface Random {
  /** A whole number from 0 to `limit` - 1. */
  below(limit: number): number;
  pick<T>(list: readonly T[]): T;
}

/** Draws of the sequence that `seed` decides. */
export function seededDraws(seed: number): Random {
  const random = createRandom(seed);
  const below = (limit: number): number => Math.floor(random() * limit);
  return {
    below,
    pick: (list) => {
      const item = list[below(list.length)];
      if (item === undefined) throw new Error("there is nothing to pick from");
      return item;
    },
  };
}
