import { describe, expect, it } from "vitest";
import type { ReleaseRecord } from "../../../provider/resources/release-history.js";
import type { ReleaseMarker } from "../../../provider/resources/release-marker.js";
import { readMarker, withMarker, withoutMarker } from "../../../provider/resources/release-marker.js";
import { planRelease } from "../../../provider/resources/release-plan.js";
import { seededDraws } from "../framework/random.js";

const ME = "shop/prod/orders";
const A = "aaaaaaaaaaaaaaaa";
const B = "bbbbbbbbbbbbbbbb";
const RULES = "1111111111111111";
const OTHER_RULES = "2222222222222222";
const wanted = { content: A, rules: RULES, packageUuid: "uuid-a", owners: [ME] };

function release(
  id: number,
  content: string | null,
  more: Partial<ReleaseRecord> = {},
  rules = RULES,
): ReleaseRecord {
  return {
    id,
    notes: "",
    marker: content === null ? undefined : { content, rules, flow: id * 10, owner: ME },
    packageUuid: `uuid-${content?.[0] ?? "a"}`,
    isActive: false,
    createdAt: `2026-01-0${id}T08:30:00.000Z`,
    ...more,
  };
}

function foreign(id: number, content: string): ReleaseRecord {
  const record = release(id, content);
  return { ...record, marker: { content, rules: RULES, flow: undefined, owner: "shop/prod/other" } };
}

const active = { isActive: true };

describe("what has to happen", () => {
  it.each<[string, ReleaseRecord[], string, number | undefined, string | undefined]>([
    ["no release: deploy", [], "import", undefined, "deploy: the first release from this program"],
    [
      "another package: deploy",
      [release(1, B, active)],
      "import",
      undefined,
      "deploy: a package that was not imported here before",
    ],
    ["the active one: keep", [release(1, B), release(2, A, active)], "keep", 2, undefined],
    [
      "an earlier one: roll back",
      [release(1, A), release(2, B, active)],
      "activate",
      1,
      "rollback to release #1 of 2026-01-01 08:30",
    ],
    [
      "a later one: roll forward",
      [release(1, B, active), release(2, A)],
      "activate",
      2,
      "roll-forward to release #2 of 2026-01-02 08:30",
    ],
    [
      "none active: the newest of the same content",
      [release(1, A), release(2, A), release(3, B)],
      "activate",
      2,
      "rollback to release #2 of 2026-01-02 08:30",
    ],
    [
      "two of the same content, the older active: keep",
      [release(1, A, active), release(2, A)],
      "keep",
      1,
      undefined,
    ],
    [
      "the same content under other rules: re-import",
      [release(1, A, active, OTHER_RULES)],
      "import",
      undefined,
      "re-import: the rules changed, and the platform applies rules only to later imports",
    ],
    [
      "the same content under both rules: the one under these",
      [release(1, A), release(2, A, active, OTHER_RULES)],
      "activate",
      1,
      "rollback to release #1 of 2026-01-01 08:30",
    ],
    [
      "the same content from another program: deploy",
      [foreign(1, A)],
      "import",
      undefined,
      "deploy: the first release from this program",
    ],
  ])("%s", (_name, history, kind, id, action) => {
    const plan = planRelease(history, wanted);
    expect(plan.kind).toBe(kind);
    expect(plan.kind === "import" ? undefined : plan.release.id).toBe(id);
    expect(plan.kind === "keep" ? undefined : plan.action).toBe(action);
  });

  it("a release under the resource's former name is its own", () => {
    const history = [
      release(1, A, { marker: { content: A, rules: RULES, flow: 1, owner: "shop/prod/old" } }),
    ];
    expect(planRelease(history, { ...wanted, owners: [ME, "shop/prod/old"] }).kind).toBe("activate");
    expect(planRelease(history, wanted).kind).toBe("import");
  });

  it("only releases of the same export without a marker may be a lost import", () => {
    const history = [
      release(1, null, { packageUuid: "uuid-a" }),
      release(2, null, { packageUuid: "uuid-b" }),
      release(3, B),
      release(4, null, { packageUuid: undefined }),
      release(5, null, { packageUuid: "uuid-a" }),
    ];
    const plan = planRelease(history, wanted);
    expect(plan.kind === "import" ? plan.candidates.map(({ id }) => id) : []).toEqual([1, 5]);
  });

  it("never imports what is there under these rules, and never activates what is not, 2000 random histories", () => {
    const random = seededDraws(7);
    for (let round = 0; round < 2000; round += 1) {
      const count = random.below(6);
      const activeAt = random.below(count + 1);
      const history = Array.from({ length: count }, (_, at) => {
        const content = random.pick([A, B, null]);
        const record = release(
          at + 1,
          content,
          { isActive: at === activeAt },
          random.pick([RULES, OTHER_RULES]),
        );
        return random.below(4) === 0 && content !== null
          ? { ...foreign(at + 1, content), isActive: at === activeAt }
          : record;
      });
      const matching = history.filter(
        ({ marker }) => marker?.owner === ME && marker.content === A && marker.rules === RULES,
      );
      const plan = planRelease(history, wanted);
      expect(plan.kind === "import", JSON.stringify(history)).toBe(matching.length === 0);
      if (plan.kind === "import") continue;
      expect(matching).toContain(plan.release);
      expect(plan.kind).toBe(matching.some(({ isActive }) => isActive) ? "keep" : "activate");
    }
  });
});

describe("the marker in a release's notes", () => {
  const marker: ReleaseMarker = { content: A, rules: RULES, flow: 12, owner: ME };

  it.each([
    "",
    "orders 1.1.0",
    "two\nlines",
    "ends in a bracket]",
    "[sluice is a tool]",
    "trailing  \n",
    "日本語 🙂",
  ])("comes back out of %j, and the notes too", (notes) => {
    const text = withMarker(notes, marker);
    expect(readMarker(text)).toEqual(marker);
    expect(withoutMarker(text)).toBe(notes);
  });

  it("holds that there is no flow", () => {
    expect(readMarker(withMarker("", { ...marker, flow: undefined }))).toEqual({
      ...marker,
      flow: undefined,
    });
  });

  it("an owner with brackets does not end it early", () => {
    const read = readMarker(withMarker("", { ...marker, owner: "shop/prod/a[0]" }));
    expect(read?.owner).toBe("shop/prod/a_0_");
  });

  it("is read at the end only: quoted in the middle it is text", () => {
    const quoted = `${withMarker("", marker)} was the old one`;
    expect(readMarker(quoted)).toBeUndefined();
    const other = { ...marker, content: B };
    expect(readMarker(withMarker(quoted, other))).toEqual(other);
  });

  it.each(["", "orders 1.0.0", "[sluice v1]", "[sluice v2 content=aaaaaaaaaaaaaaaa]"])(
    "is not seen in %j",
    (notes) => {
      expect(readMarker(notes)).toBeUndefined();
      expect(withoutMarker(notes)).toBe(notes);
    },
  );
});
