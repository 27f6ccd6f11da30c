import { dynamicHostForMany } from "./platform-slots.js";
import { describeFaultMatrix } from "./describe-matrix.js";

describeFaultMatrix({
  name: "dynamic",
  start: () => Promise.resolve(Array.from({ length: 8 }, () => dynamicHostForMany)),
  close: () => Promise.resolve(),
});
