// Preloaded into a measured command: says at its end how much memory it took, in KiB.
const { writeFileSync } = require("node:fs");

process.on("exit", () =>
  writeFileSync(process.env.SLUICE_BENCH_MEMORY, String(process.resourceUsage().maxRSS)),
);
