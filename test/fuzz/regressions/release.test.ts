import { it } from "vitest";
import { expectToHold } from "../expect-to-hold.js";
import type { Disturbance, FuzzCase, Step } from "../steps.js";
import { DEPLOYMENT, release } from "./declarations.js";

it("a first preview says that a release will not be activated", async () => {
  await expectToHold({
    steps: [DEPLOYMENT, release(3, { active: false })],
  });
});

it.each(["prune", "remove"])(
  "releases of a resource that got another name go as its own (%s)",
  async (way) => {
    const kept = way === "prune" ? { keepReleases: 2 } : {};
    const up: Step = { do: "up", refreshFirst: false };
    await expectToHold({
      steps: [
        DEPLOYMENT,
        ...[release(1, kept), up, release(2, kept), up],
        ...[{ do: "rename", slot: "d1/release" } as const, release(3, kept), up],
        ...(way === "remove" ? [{ do: "declare", slot: "d1/release", as: null } as const, up] : []),
      ],
    });
  },
);

/** One deployment runs its first release, and a second one is imported that shall not run. */
function staged(disturbance: Disturbance): FuzzCase {
  return {
    steps: [
      DEPLOYMENT,
      release(1),
      { do: "up", refreshFirst: false },
      release(2, { active: false }),
      { do: "up", refreshFirst: false, disturbances: [disturbance] },
    ],
  };
}

it.each<Disturbance>([
  { kind: "kill", write: 1, when: "after" },
  { kind: "kill", write: 2, when: "before" },
  { kind: "kill", write: 2, when: "after" },
  { kind: "fault", method: "PATCH", skip: 0, fault: { kind: "status", status: 403 } },
])("the release before runs again when the import of one that shall not run broke off: %j", async (one) => {
  await expectToHold(staged(one));
});

it("state tells that the release before runs again, though somebody had deactivated it", async () => {
  await expectToHold({
    steps: [
      DEPLOYMENT,
      { do: "declare", slot: "d1/rules", as: { kind: "ImportRules", warehouse: "c1", values: [] } },
      release(1),
      { do: "up", refreshFirst: false },
      release(1, { verify: { minRows: 4 } }),
      {
        do: "declare",
        slot: "c1",
        as: { kind: "Connection", name: "c1", params: {}, description: "", isGlobal: false },
      },
      { do: "by-hand", edit: "deactivate", deployment: "d1" },
    ],
  });
});

it("edits by hand are told of in a release that somebody has put into use again", async () => {
  await expectToHold({
    steps: [
      DEPLOYMENT,
      release(1),
      { do: "up", refreshFirst: false },
      { do: "by-hand", edit: "edit-recipe", deployment: "d1", text: "Scrub" },
      release(2),
      { do: "up", refreshFirst: false },
      release(3),
      { do: "by-hand", edit: "activate", deployment: "d1", pick: 2 },
    ],
  });
});

it("the description of a flow is told of when it was edited by hand", async () => {
  await expectToHold({
    steps: [
      DEPLOYMENT,
      release(1),
      { do: "up", refreshFirst: false },
      { do: "by-hand", edit: "edit-flow", deployment: "d1", text: "by hand" },
      release(2),
    ],
  });
});
