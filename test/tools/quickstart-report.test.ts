import { describe, expect, it } from "vitest";
import { compareReports, readReport, showReport } from "../../tools/quickstart-report.js";

const BEFORE = "day,country,orders\n2024-05-03,FR,2\n2024-05-02,DE,2\n2024-05-02,GB,1\n2024-05-04,FR,1\n";
const AFTER =
  "day,country,orders,average\n2024-05-02,GB,1,18.5\n2024-05-02,DE,1,79.8\n2024-05-03,FR,2,115.7\n";

describe("the reports that the quickstart shows", () => {
  it("are shown by their first rows, in an order that does not depend on the job", () => {
    expect(showReport(readReport(BEFORE))).toEqual([
      "day,country,orders",
      "2024-05-02,DE,2",
      "2024-05-02,GB,1",
      "2024-05-03,FR,2",
      "… and 1 more rows",
    ]);
  });

  it("are compared by the columns that both have, old above new", () => {
    expect(compareReports(readReport(BEFORE), readReport(AFTER))).toEqual([
      "- day,country,orders",
      "+ day,country,orders,average",
      "- 2024-05-02,DE,2",
      "+ 2024-05-02,DE,1,79.8",
      "- 2024-05-04,FR,1",
    ]);
  });

  it("are the same whatever the order of their rows", () => {
    const turned = `day,country,orders\n${BEFORE.trimEnd().split("\n").slice(1).reverse().join("\n")}\n`;
    expect(compareReports(readReport(BEFORE), readReport(turned))).toEqual([]);
  });
});
