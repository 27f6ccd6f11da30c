/** The cells of a CSV text: comma, LF, quotes only where needed, as the expected results are written. */
export function readExpected(text: string): string[][] {
  const rows: string[][] = [[]];
  let before: string | undefined;
  const cells = text.replace(/\n$/, "").matchAll(/(?:"((?:[^"]|"")*)"|([^",\n]*))(,|\n|$)/g);
  for (const [all, quoted, plain = "", end] of cells) {
    // At the end of the text nothing is a cell only behind a comma.
    if (all === "" && before !== "," && rows.at(-1)?.length !== 0) break;
    before = end;
    rows.at(-1)?.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'));
    if (end === "\n") rows.push([]);
    if (end === "") break;
  }
  return rows;
}
