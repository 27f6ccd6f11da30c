import type { FuzzCase } from "./steps.js";

/** A test to paste into test/fuzz/regressions: runs the case, and is to be named by what it was about. */
export function printTest({ on, steps }: FuzzCase, seed: number, problems: readonly string[]): string {
  const lines = steps.map((step) => `      ${print(step)},`);
  return `import { it } from "vitest";
import { expectToHold } from "../expect-to-hold.js";

it("say what must hold", async () => {
  // Seed ${seed}: ${problems.join("; ").replaceAll(/\s+/g, " ").slice(0, 300)}
  await expectToHold({
${on ? `    on: ${print(on)},\n` : ""}    steps: [
${lines.join("\n")}
    ],
  });
});
`;
}

/** Names without quotes where they need none, as Prettier would have it. */
function print(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(print).join(", ")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const members = Object.entries(value).map(
    ([name, member]) => `${/^[a-z]\w*$/i.test(name) ? name : JSON.stringify(name)}: ${print(member)}`,
  );
  return members.length === 0 ? "{}" : `{ ${members.join(", ")} }`;
}
