import { it } from "vitest";
import { expectToHold } from "../expect-to-hold.js";

it("a schedule whose flow went with its release is made anew", async () => {
  await expectToHold({
    on: { rules: "replace-list", schedules: "flows" },
    steps: [
      { do: "declare", slot: "d1", as: { kind: "Deployment", name: "d1", forceDelete: false } },
      {
        do: "declare",
        slot: "d1/release",
        as: {
          kind: "Release",
          package: { factor: 2, output: "clean", usesWarehouse: false, exported: 0 },
          notes: "",
          active: true,
        },
      },
      {
        do: "declare",
        slot: "d1/nightly",
        as: {
          kind: "Schedule",
          name: "nightly",
          triggers: [{ hourly: { minuteOfHour: 5 } }],
          parameters: {},
        },
      },
      { do: "up", refreshFirst: false },
      { do: "by-hand", edit: "delete-release", deployment: "d1", pick: 0 },
    ],
  });
});
