import { PluginHost } from "../provider/hosts/plugin/plugin-host.js";
import { describeFaultMatrix } from "./describe-matrix.js";

/** Each has one configuration at a time, so that every case that runs at the same time needs a process. */
const PROCESSES = 6;
let plugins: PluginHost[] = [];

describeFaultMatrix({
  name: "plugin",
  start: async () => {
    plugins = await Promise.all(Array.from({ length: PROCESSES }, () => PluginHost.start()));
    return plugins;
  },
  close: async () => {
    await Promise.all(plugins.map((plugin) => plugin.close()));
  },
});
