import { vi } from "vitest";
import { dynamicHostForMany } from "./platform-slots.js";
import { describeFaultMatrix } from "./describe-matrix.js";

describeFaultMatrix({
  name: "dynamic",
  start: () => {
    // There the host warns of a platform that does not answer, for the engine to show; here hundreds do not.
    vi.spyOn(process.stderr, "write").mockReturnValue(true);
    return Promise.resolve(Array.from({ length: 8 }, () => dynamicHostForMany));
  },
  close: () => {
    vi.restoreAllMocks();
    return Promise.resolve();
  },
});
