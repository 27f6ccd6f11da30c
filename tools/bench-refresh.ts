import { KINDS } from "./bench-programs.js";
import { printTable, say, verdict } from "./bench-report.js";
import { benchStack, startBench } from "./bench-stacks.js";

const RESOURCES = 1000;
const ROWS_PER_PAGE = 100;
const BESIDE_PAGES = 10;

/** Refreshes a stack with as many resources of every kind and counts what the platform was asked. `folder` is a new one. */
export async function measureRefresh(folder: string): Promise<boolean> {
  const bench = await startBench(folder, RESOURCES, true);
  try {
    const stack = await benchStack(bench, "plugin-every-kind");
    const cycle = stack.newCycle();
    await stack.run("up", cycle);
    await stack.run("refresh", cycle);
    await stack.run("preview", cycle);
    const pages = KINDS * Math.ceil(RESOURCES / KINDS / ROWS_PER_PAGE);
    const most = pages + BESIDE_PAGES;
    const isReached = Number(/^(\d+) GET$/.exec(cycle.requests.refresh)?.[1]) <= most;
    say("");
    say(
      `${RESOURCES} resources on the plugin host, ${RESOURCES / KINDS} of each kind: ${pages} pages of ${ROWS_PER_PAGE}.`,
    );
    printTable([
      ["", "time", "requests", "aim"],
      [
        "refresh",
        `${cycle.seconds.refresh.toFixed(1)} s`,
        cycle.requests.refresh,
        `≤ ${most} ${verdict(isReached)}`,
      ],
      ["preview, no change", `${cycle.seconds.preview.toFixed(1)} s`, cycle.requests.preview, ""],
    ]);
    return isReached;
  } finally {
    await bench.stop();
  }
}
