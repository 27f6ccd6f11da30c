import { it } from "vitest";
import { expectToHold } from "../expect-to-hold.js";

it("a first preview says that a release will not be activated", async () => {
  await expectToHold({
    steps: [
      { do: "declare", slot: "d1", as: { kind: "Deployment", name: "d1", forceDelete: false } },
      {
        do: "declare",
        slot: "d1/release",
        as: {
          kind: "Release",
          package: { factor: 3, output: "clean", usesWarehouse: false, exported: 0 },
          notes: "",
          active: false,
        },
      },
    ],
  });
});
