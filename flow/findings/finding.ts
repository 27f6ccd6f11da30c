import { FINDING_CODES, type FindingCode, type Severity } from "../finding-codes.js";

/** One finding. Messages never hold the value of a header or a key. */
export interface Finding {
  readonly code: FindingCode;
  readonly severity: Severity;
  /** What the finding is about, for example `connection "warehouse"` or `values[2]`. */
  readonly object: string;
  readonly message: string;
  /** Only for `connection-not-mapped`: drop the finding when the target has a connection with this uuid. */
  readonly connectionUuid?: string;
  /** Set when a previous package was given: whether that one did not have this finding. */
  readonly isNew?: boolean;
}

/** A finding with its code's usual severity. */
export function toFinding(
  code: FindingCode,
  object: string,
  message: string,
  severity: Severity = FINDING_CODES[code].severity,
): Finding {
  return { code, severity, object, message };
}

/** A name as findings write it. */
export function quote(name: string): string {
  return JSON.stringify(name);
}
