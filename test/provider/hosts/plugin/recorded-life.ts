import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Where `test/engine/record-plugin-life.ts` writes: one file for each command of the engine, one step a line. */
export const RECORDED_FOLDER = join(__dirname, "recorded");

type Values = Record<string, unknown>;

/** What the engine asked and the plugin answered; endpoint and token of the platform stand as {@link ENDPOINT} and {@link TOKEN}. */
export interface RecordedCall {
  readonly method: string;
  readonly request: Values;
  readonly response?: Values;
  /** In place of a response: what the plugin refused it with. */
  readonly refusal?: string;
}

/** What somebody did at the platform before the engine was run. */
export interface HandMadeChange {
  readonly byHand: { readonly method: string; readonly path: string; readonly body: unknown };
}

export type RecordedStep = RecordedCall | HandMadeChange;

export const ENDPOINT = "{endpoint}";
export const TOKEN = "{token}";

/** Parts of requests that are of one machine and one moment, and that the answers do not hang on. */
const OF_THE_MOMENT: readonly string[] = [
  ...["engineAddress", "rootDirectory", "programDirectory", "mapperTarget", "loaderTarget", "resolverTarget"],
  ...["resourceStatusAddress", "resourceStatusToken", "randomSeed", "id:Configure"],
];

/** A line of the engine's log of its gRPC calls, when it is an answer of the plugin. */
export function toRecordedCall(line: string, platform: { endpoint: string; token: string }): RecordedCall[] {
  const safe = line.replaceAll(platform.endpoint, ENDPOINT).replaceAll(platform.token, TOKEN);
  const entry = JSON.parse(safe) as {
    method: string;
    progress?: string;
    request?: Values;
    response?: Values;
    errors?: string[];
    metadata?: { name?: string };
  };
  const method = /\/pulumirpc\.ResourceProvider\/(\w+)$/.exec(entry.method)?.[1];
  const isAnswer = entry.response !== undefined || entry.errors !== undefined;
  if (method === undefined || entry.metadata?.name !== "sluice" || !isAnswer) return [];
  const request = Object.entries(entry.request ?? {}).filter(
    ([name]) => !OF_THE_MOMENT.includes(name) && !OF_THE_MOMENT.includes(`${name}:${method}`),
  );
  return [
    {
      method,
      request: Object.fromEntries(request),
      ...(entry.response && { response: entry.response }),
      ...(entry.errors && { refusal: entry.errors.join("\n") }),
    },
  ];
}

/** The commands in their order, each with its steps. */
export function readRecordedLife(): { command: string; steps: RecordedStep[] }[] {
  return readdirSync(RECORDED_FOLDER)
    .sort()
    .map((file) => ({
      command: file.replace(/^\d+-|\.jsonl$/g, "").replaceAll("-", " "),
      steps: readFileSync(join(RECORDED_FOLDER, file), "utf8")
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line) as RecordedStep),
    }));
}
