import { isDeepStrictEqual } from "node:util";
import type { Picture, PicturedDeployment } from "./picture.js";
import type { PlatformModel } from "./platform-model.js";

/**
 * Says where the platform holds something else than the model, and tells the model the ids of what is new. Objects of a kind
 * are in the order in which they were made, on both sides.
 */
export function findDifferences(model: PlatformModel, actual: Picture, wasDisturbed: boolean): string[] {
  if (wasDisturbed) forgiveUnpruned(model, actual);
  model.pruned = [];
  const isNew = (a: { id: string }, b: { id: string }) => Number(a.id || Infinity) - Number(b.id || Infinity);
  model.connections.sort(isNew);
  model.deployments.sort(isNew);
  const problems = [
    ...learn("connection", model.connections, actual.connections),
    ...learn("deployment", model.deployments, actual.deployments),
  ];
  for (const deployment of model.deployments) {
    const found = actual.deployments.find(({ id }) => id === deployment.id);
    deployment.schedules.sort(isNew);
    problems.push(
      ...learn(`release of ${deployment.name}`, deployment.releases, found?.releases ?? []),
      ...learn(`schedule of ${deployment.name}`, deployment.schedules, found?.schedules ?? []),
    );
  }
  problems.push(...actual.orphans.map((id) => `schedule #${id} is bound to a flow that is gone`));
  if (problems.length > 0) return problems;
  const expected = model.expected();
  return [
    ...unequal("connection", expected.connections, actual.connections),
    ...expected.deployments.flatMap((deployment, index) =>
      unequalDeployment(deployment, actual.deployments[index]),
    ),
  ];
}

/** What is there still has to be the same object; what is new gets its id. */
function learn(
  what: string,
  expected: { id: string }[],
  actual: readonly { readonly id: string }[],
): string[] {
  const names = (list: readonly { readonly id: string }[]) =>
    list.map(({ id, ...rest }) => `#${id === "" ? "new" : id} ${JSON.stringify(rest)}`).join(", ");
  const isSame =
    expected.length === actual.length &&
    expected.every(({ id }, index) => id === "" || id === actual[index]?.id);
  if (!isSame)
    return [
      `there should be ${expected.length} ${what}: ${names(expected)}; there are ${actual.length}: ${names(actual)}`,
    ];
  for (const [index, one] of expected.entries()) one.id = actual[index]?.id ?? "";
  return [];
}

/** An update that broke off before it removed old releases does not have to come back to them. */
function forgiveUnpruned(model: PlatformModel, actual: Picture): void {
  for (const { deployment: slot, release } of model.pruned) {
    const deployment = model.deployments.find((one) => one.slot === slot);
    const found = actual.deployments.find(({ id }) => id === deployment?.id);
    if (!found?.releases.some(({ id, isActive }) => id === release.id && !isActive)) continue;
    deployment?.releases.push(release);
    deployment?.releases.sort((a, b) => Number(a.id || Infinity) - Number(b.id || Infinity));
  }
}

function unequalDeployment(expected: PicturedDeployment, actual: PicturedDeployment | undefined): string[] {
  if (actual === undefined) return [];
  const name = `deployment ${expected.name}`;
  return [
    ...unequal(`${name}: release`, expected.releases, actual.releases),
    ...unequal(`${name}: schedule`, expected.schedules, actual.schedules),
    ...unequal(`${name}: rules`, [expected.rules], [actual.rules]),
    ...unequal(name, [expected.name], [actual.name]),
  ];
}

function unequal(what: string, expected: readonly unknown[], actual: readonly unknown[]): string[] {
  return expected.flatMap((one, index) =>
    isDeepStrictEqual(one, actual[index])
      ? []
      : [`${what} should be ${JSON.stringify(one)}, and is ${JSON.stringify(actual[index])}`],
  );
}
