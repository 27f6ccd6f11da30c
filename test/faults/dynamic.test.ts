import { dynamicHostForMany } from "./platform-slots.js";
import { describeFaultMatrix } from "./resources.js";

describeFaultMatrix({
  isPlugin: false,
  start: () => Promise.resolve(Array.from({ length: 8 }, () => dynamicHostForMany)),
  close: () => Promise.resolve(),
});
