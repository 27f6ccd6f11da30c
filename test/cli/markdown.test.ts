import { describe, expect, it } from "vitest";
import { code, codeLines, fenced, plain, table } from "../../cli/markdown.js";

describe("text in Markdown", () => {
  it("is taken for nothing but text", () => {
    expect(plain("a|b *c* <d> `e` [f]\n& #1")).toBe("a|b \\*c\\* &lt;d&gt; \\`e\\` \\[f\\]<br>&amp; \\#1");
  });

  it("stands as code in a table's cell, whatever signs it holds", () => {
    expect(code("a | b")).toBe("`a | b`");
    expect(code("`{digit}+`")).toBe("`` `{digit}+` ``");
    expect(code("``")).toBe("``` `` ```");
    expect(code("a\n  b")).toBe("`a b`");
    expect(codeLines("a\nb")).toBe("`a`<br>`b`");
    expect(table(["x"], [[code("a|b")]])).toEqual(["| x |", "| --- |", "| `a\\|b` |"]);
  });

  it("cannot close the fence that it stands in", () => {
    expect(fenced("diff", ["+ ```", "+ ````"])).toEqual(["`````diff", "+ ```", "+ ````", "`````"]);
  });
});
