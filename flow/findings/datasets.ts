import type { Dataset, Flow } from "../model.js";
import { parameterNames } from "../parameters.js";
import { quote, toFinding, type Finding } from "./finding.js";

/** What import rules cannot do for a flow's datasets and scripts, and which parameters it has. */
export function checkDatasets(flow: Flow, hasValueRules: boolean): Finding[] {
  return [
    ...flow.datasets.flatMap((dataset) => checkDataset(dataset, flow, hasValueRules)),
    ...flow.outputs.flatMap((output) =>
      output.sqlScripts.map(() => sqlText(`${quote(flow.name)}, SQL script of output ${output.id}`)),
    ),
  ];
}

function checkDataset(dataset: Dataset, flow: Flow, hasValueRules: boolean): Finding[] {
  const object = `${quote(flow.name)}, dataset ${quote(dataset.name)}`;
  const findings: Finding[] = [];
  if (dataset.kind === "table" && dataset.query !== null) findings.push(sqlText(object));
  else if (dataset.isParameterised) {
    const message =
      `${object} has parameters in its path, and import rules do not reach it. ` +
      `Put what differs between environments into a parameter, and set it there`;
    findings.push(toFinding("parameterised-dataset", object, message, hasValueRules ? "warning" : "info"));
  }
  if (dataset.conversion !== null) {
    const message =
      `${object} was converted from a spreadsheet or PDF when it was imported; import rules cannot reconnect it. ` +
      `Check in the target that it reads what it should`;
    findings.push(toFinding("converted-dataset", object, message));
  }
  return findings;
}

function sqlText(object: string): Finding {
  const message =
    `${object} holds SQL text, and import rules do not reach it. ` +
    `Use a parameter for database and table names that differ between environments`;
  return toFinding("sql-text", object, message);
}

/** Tells which parameters a run can set. */
export function checkParameters(flow: Flow): Finding[] {
  const names = parameterNames(flow);
  if (names.length === 0) return [];
  const object = `flow ${quote(flow.name)}`;
  const message = `${object} has parameters (${names.join(", ")}): a run or schedule can set them`;
  return [toFinding("run-parameters", object, message)];
}
