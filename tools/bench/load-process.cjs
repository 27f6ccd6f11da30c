// A platform in a process of its own that is asked how much memory it takes: started with --expose-gc and an IPC channel.
const { performance } = require("node:perf_hooks");
const { startPlatform } = require("sluice-platform");

/** More than any load puts there: what is measured shall not be cleared away meanwhile. */
const HISTORY = 1_000_000;

async function main() {
  const [data, token] = process.argv.slice(2);
  const started = performance.now();
  const settings = { jobs: { history: HISTORY, workers: 1 } };
  const platform = await startPlatform({ data, environments: ["prod"], token, settings });
  const milliseconds = performance.now() - started;
  process.on("message", (message) => {
    if (message === "stop") {
      void platform.close().then(() => process.disconnect());
      return;
    }
    global.gc();
    process.send({
      kind: "memory",
      resident: process.memoryUsage().rss,
      largest: process.resourceUsage().maxRSS * 1024,
    });
  });
  process.send({ kind: "started", endpoint: platform.endpoint("prod"), milliseconds });
}

void main();
