import { it } from "vitest";
import { expectToHold } from "../expect-to-hold.js";
import { DEPLOYMENT, release } from "./declarations.js";

it("a schedule whose flow went with its release is made anew", async () => {
  await expectToHold({
    on: { rules: "replace-list", schedules: "flows" },
    steps: [
      DEPLOYMENT,
      release(2),
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
