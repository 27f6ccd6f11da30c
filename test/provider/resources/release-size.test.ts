import { describe, expect, it } from "vitest";
import { buildFromSource } from "../../../flow/source.js";
import { makeDeployment } from "../by-hand.js";
import { startProviderTest } from "../provider-test.js";

const LARGEST_STATE = 256 * 1024;

const numbers = (count: number) => Array.from({ length: count }, (_, index) => index);

/** A package with far more text than a state can hold. */
function largePackage(flows: number, recipes: number, steps: number) {
  const step = (index: number) =>
    `derive type: single value: IF(count == ${index}, 'few', page) as: 'size_${index}'`;
  const source = {
    uuid: "4b1d7f52-6f1c-11ef-a4b5-0242ac120002",
    exportedAt: "2024-09-10T08:00:00.000Z",
    flows: numbers(flows).map((flow) => ({
      name: `Flow ${flow} of a department with a long name`,
      primary: flow === 0,
      datasets: {
        "visits.csv": { file: `s3://acme-dev/visits-${flow}.csv`, columns: ["day", "page", "count"] },
      },
      recipes: Object.fromEntries(
        numbers(recipes).map((recipe) => [
          `Recipe ${recipe} of flow ${flow}`,
          {
            from: recipe === 0 ? "visits.csv" : `Recipe ${recipe - 1} of flow ${flow}`,
            steps: numbers(steps).map(step),
          },
        ]),
      ),
      outputs: numbers(recipes).map((recipe) => ({
        recipe: `Recipe ${recipe} of flow ${flow}`,
        file: `s3://acme-dev/out-${flow}-${recipe}.csv`,
        action: "overwrite",
      })),
    })),
  };
  return buildFromSource(source, "large package");
}

describe("the state of a release", () => {
  it.each<[string, number, number, number]>([
    ["many steps", 300, 5, 10],
    ["few long recipes", 2, 2, 4000],
    ["many recipes", 400, 12, 1],
  ])(
    "stays within 256 KiB for a package of %s, and says that it is shortened",
    async (_what, ...counts: [number, number, number]) => {
      const test = await startProviderTest();
      const release = test.resource("Release", "large");
      const given = {
        deploymentId: await makeDeployment(test),
        package: await test.packageFile("large.zip", largePackage(...counts)),
      };
      await release.up(given);
      expect(JSON.stringify({ inputs: release.inputs, outputs: release.state }).length).toBeLessThan(
        LARGEST_STATE,
      );
      expect(release.inputs.contents).toHaveProperty("shortened");
      expect(await release.up(given)).toBe("same");
    },
  );
});
