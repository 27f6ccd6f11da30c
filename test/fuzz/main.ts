// Takes stacks through random lives and holds each against a model of the platform, until something is wrong or the time is over.
import { parseArgs } from "node:util";
import { FuzzPlatform } from "./fuzz-platform.js";
import { fuzz } from "./fuzz.js";
import { printTest } from "./print-case.js";

const USAGE = `Usage: npm run fuzz -- [--seed N] [--minutes M] [--cases N] [--engine] [--host dynamic|plugin]
  --seed     seed of the first case, and the others count up from it; a random one when not given
  --minutes  how long to go on (10)
  --cases    how many cases at most; 1 runs only the case of the seed
  --engine   with the real pulumi command: the same lives, hundreds of times slower
  --host     what the provider is reached by (dynamic)`;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      seed: { type: "string", default: String(Math.floor(Math.random() * 1e6)) },
      minutes: { type: "string", default: "10" },
      cases: { type: "string", default: "Infinity" },
      engine: { type: "boolean", default: false },
      host: { type: "string", default: "dynamic" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    say(USAGE);
    return;
  }
  const [seed, minutes, limit] = [values.seed, values.minutes, values.cases].map(Number) as [
    number,
    number,
    number,
  ];
  const { host } = values;
  if (host !== "dynamic" && host !== "plugin") throw new Error(USAGE);
  if (![seed, minutes, limit].every((number) => number >= 0)) throw new Error(USAGE);
  const platform = await FuzzPlatform.start();
  try {
    say(`seed ${seed}, ${minutes} minutes`);
    const until = Date.now() + minutes * 60_000;
    const { cases, steps, finding } = await fuzz(platform, {
      seed,
      // An attempt with the real command takes minutes.
      shrinkAttempts: values.engine ? 0 : 200,
      mode: { engine: values.engine ? "pulumi" : "model", host },
      isOver: (done, stepsDone) => {
        if (done > 0 && (values.engine || done % 20 === 0)) say(`${done} cases, ${stepsDone} steps`);
        return done >= limit || Date.now() > until;
      },
    });
    if (finding === null) {
      say(`nothing found: ${cases} cases, ${steps} steps, next seed ${seed + cases}`);
      return;
    }
    say(`seed ${finding.seed} fails after ${cases} cases:\n${finding.problems.join("\n")}\n`);
    say(printTest(finding.fuzzCase, finding.seed, finding.problems));
    process.exitCode = 1;
  } finally {
    await platform.close();
  }
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

void main();
