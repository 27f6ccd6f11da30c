import { createGraph } from "./graph.js";
import { parseUri } from "./location.js";
import type { Dataset, Flow, FlowPackage, Webhook } from "./model.js";
import type { RuledPackage, RuleUse } from "./rules.js";

/** What a reviewer should know before a package is released. */
export type FindingCode =
  | "connection-not-mapped"
  | "rule-matches-nothing"
  | "rule-shadowed"
  | "parameterised-dataset"
  | "converted-dataset"
  | "sql-text"
  | "webhook-secret"
  | "run-parameters";

/** One finding. Messages never hold the value of a header or a key. */
export interface Finding {
  readonly code: FindingCode;
  readonly severity: "error" | "warning" | "info";
  /** What the finding is about, for example `connection "warehouse"` or `values[2]`. */
  readonly object: string;
  readonly message: string;
  /** Only for `connection-not-mapped`: drop the finding when the target has a connection with this uuid. */
  readonly connectionUuid?: string;
}

/** Checks a package together with the rules that were applied to it; without a target, so without knowing its connections. */
export function checkPackage(ruled: RuledPackage): Finding[] {
  const rewrites = ruled.uses.some((use) => use.kind === "value");
  return [
    ...checkConnections(ruled),
    ...checkRules(ruled),
    ...ruled.package.flows.flatMap((flow) => [
      ...flow.datasets.flatMap((dataset) => checkDataset(dataset, flow, rewrites)),
      ...flow.outputs.flatMap((output) =>
        output.sqlScripts.map((): Finding =>
          sqlText(`${quote(flow.name)}, SQL script of output ${output.id}`),
        ),
      ),
      ...flow.webhooks.flatMap((webhook) => checkWebhook(webhook, flow)),
      ...checkParameters(flow),
    ]),
  ];
}

function checkConnections(ruled: RuledPackage): Finding[] {
  const users = findUsers(ruled.package);
  return ruled.package.connections.flatMap((stub): Finding[] => {
    const usedBy = users.get(stub.id);
    if (ruled.connectionTargets.has(stub.id) || usedBy === undefined) return [];
    return [
      {
        code: "connection-not-mapped",
        severity: "error",
        object: `connection ${quote(stub.name)}`,
        message:
          `connection ${quote(stub.name)} (uuid ${stub.uuid}), used by ${usedBy}, is not mapped; ` +
          `add it to the import rules: connections: [{on: {uuid: ${quote(stub.uuid)}}, with: <connection id of the target>}]`,
        connectionUuid: stub.uuid,
      },
    ];
  });
}

/** The first user of each connection, as text. */
function findUsers(pkg: FlowPackage): Map<number, string> {
  const graph = createGraph(pkg);
  const users = new Map<number, string>();
  const note = (id: number | null, user: string) => {
    if (id !== null && !users.has(id)) users.set(id, user);
  };
  for (const flow of pkg.flows) {
    for (const dataset of flow.datasets) note(dataset.connectionId, `dataset ${quote(dataset.name)}`);
    for (const output of flow.outputs) {
      const recipe = graph.nodes.get(output.nodeId)?.name ?? `node ${output.nodeId}`;
      for (const target of [...output.files, ...output.tables, ...output.sqlScripts]) {
        note(target.connectionId, `an output of ${quote(recipe)}`);
      }
    }
  }
  return users;
}

function checkRules(ruled: RuledPackage): Finding[] {
  return ruled.uses.flatMap((use): Finding[] => {
    if (use.matches.length > 0) return [];
    const object = `${listOf(use)}[${use.index}]`;
    if (use.shadowedBy !== undefined) {
      return [
        {
          code: "rule-shadowed",
          severity: "warning",
          object,
          message:
            `rule ${object} never applies: rule ${listOf(use)}[${use.shadowedBy}] comes first and changes ` +
            `what it would match. Remove one of them, or change their order`,
        },
      ];
    }
    return [
      {
        code: "rule-matches-nothing",
        severity: "warning",
        object,
        message: `rule ${object} matches nothing in this package. Remove it, or check what it should match`,
      },
    ];
  });
}

function listOf(use: RuleUse): "connections" | "values" {
  return use.kind === "connection" ? "connections" : "values";
}

function checkDataset(dataset: Dataset, flow: Flow, hasValueRules: boolean): Finding[] {
  const object = `${quote(flow.name)}, dataset ${quote(dataset.name)}`;
  const findings: Finding[] = [];
  if (dataset.kind === "table" && dataset.query !== null) findings.push(sqlText(object));
  else if (dataset.isParameterised) {
    findings.push({
      code: "parameterised-dataset",
      severity: hasValueRules ? "warning" : "info",
      object,
      message:
        `${object} has parameters in its path, and import rules do not reach it. ` +
        `Put what differs between environments into a parameter, and set it there`,
    });
  }
  if (dataset.conversion !== null) {
    findings.push({
      code: "converted-dataset",
      severity: "warning",
      object,
      message:
        `${object} was converted from a spreadsheet or PDF when it was imported; import rules cannot reconnect it. ` +
        `Check in the target that it reads what it should`,
    });
  }
  return findings;
}

function sqlText(object: string): Finding {
  return {
    code: "sql-text",
    severity: "warning",
    object,
    message:
      `${object} holds SQL text, and import rules do not reach it. ` +
      `Use a parameter for database and table names that differ between environments`,
  };
}

/** Header names that usually carry a credential. */
const SECRET_HEADER = /auth|token|secret|password|cookie|api-?key|signature/i;

function checkWebhook(webhook: Webhook, flow: Flow): Finding[] {
  const object = `${quote(flow.name)}, webhook ${quote(webhook.name)}`;
  const places = Object.keys(webhook.headers)
    .filter((name) => SECRET_HEADER.test(name))
    .map((name) => `header ${name}`);
  if (webhook.secretKey !== null && webhook.secretKey !== "") places.push("its secret key");
  const userinfo = parseUri(webhook.url)?.userinfo ?? null;
  if (userinfo !== null) places.push("the user name or password in its URL");
  if (places.length === 0) return [];
  return [
    {
      code: "webhook-secret",
      severity: "warning",
      object,
      message:
        `${object} carries ${places.join(" and ")} inside the package, readable to whoever has the file. ` +
        `Replace the credential, and keep the package out of public places`,
    },
  ];
}

function checkParameters(flow: Flow): Finding[] {
  const names = new Set([...flow.parameters, ...flow.overrides].map((parameter) => parameter.name));
  const inPaths = [
    ...flow.datasets,
    ...flow.outputs.flatMap((output) => [...output.files, ...output.tables]),
  ];
  for (const { name } of inPaths.flatMap((holder) => holder.parameters)) names.add(name);
  if (names.size === 0) return [];
  const object = `flow ${quote(flow.name)}`;
  return [
    {
      code: "run-parameters",
      severity: "info",
      object,
      message: `${object} has parameters (${[...names].sort().join(", ")}): a run or schedule can set them`,
    },
  ];
}

function quote(name: string): string {
  return JSON.stringify(name);
}
