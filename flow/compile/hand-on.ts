import type { HiddenColumn, Relation } from "./relation.js";
import type { Table } from "./table.js";

/** A table's hidden columns as a relation that lists its columns hands them on, when they are asked for. */
export function hiddenHandedOn(
  table: Table,
  relation: Relation,
  qualifier = "",
): Pick<Table, "order" | "rowNumber" | "filePath"> {
  const handedOn = new Map<HiddenColumn, HiddenColumn>();
  const handOn = (column: HiddenColumn): HiddenColumn => {
    const field = `${qualifier}${String(handedOn.size)}`;
    const made = handedOn.get(column) ?? {
      kind: column.kind,
      origin: { relation, field, handedOn: { qualifier, from: column.origin } },
    };
    handedOn.set(column, made);
    return made;
  };
  return {
    order: table.order?.map(handOn),
    rowNumber: table.rowNumber === undefined ? undefined : handOn(table.rowNumber),
    filePath: table.filePath === undefined ? undefined : handOn(table.filePath),
  };
}
