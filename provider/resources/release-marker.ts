/**
 * What a release's notes say beside the program's own text, so that a lost answer, another machine or a
 * lost state never imports the same thing twice. A plain platform has no other place for it.
 */
export interface ReleaseMarker {
  /** First 16 hex digits of the package's content digest. */
  content: string;
  /** First 16 hex digits of the fingerprint of the rules that it was imported under. */
  rules: string;
  /** Local id of the primary flow, which schedules of plain platforms need. */
  flow: number | undefined;
  /** `project/stack/name` of the resource that imported it. */
  owner: string;
}

const MARKER = / ?\[sluice v1 content=([0-9a-f]{16}) rules=([0-9a-f]{16}) flow=(\d+|-) by=([^\]]*)\]\s*$/;

/** Shortens a SHA-256 in hex for a marker: 64 bits tell the releases of one deployment apart. */
export function shortDigest(digest: string): string {
  return digest.slice(0, 16);
}

/** The notes with the marker behind them. */
export function withMarker(notes: string, marker: ReleaseMarker): string {
  // Brackets would end the marker early.
  const owner = marker.owner.replaceAll(/[[\]]/g, "_");
  const text = `[sluice v1 content=${marker.content} rules=${marker.rules} flow=${marker.flow ?? "-"} by=${owner}]`;
  return notes === "" ? text : `${notes} ${text}`;
}

/** The marker in a release's notes, or undefined when Sluice did not import it. */
export function readMarker(notes: string): ReleaseMarker | undefined {
  const match = MARKER.exec(notes);
  if (!match) return undefined;
  const [, content = "", rules = "", flow = "", owner = ""] = match;
  return { content, rules, flow: flow === "-" ? undefined : Number(flow), owner };
}

/** The notes without the marker. */
export function withoutMarker(notes: string): string {
  return notes.replace(MARKER, "");
}
