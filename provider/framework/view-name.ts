import { createHash } from "node:crypto";

/** Characters of one part of a name; what is longer does not fit a line of a preview. */
const LONGEST_PART = 80;

/**
 * A view's name out of the names of what it is in and what it is, outermost first: `Orders/Clean orders`. Names come from
 * users: what would not fit a line or a URN is taken out, and a digest then keeps the names of different things apart.
 */
export function toViewName(...parts: readonly string[]): string {
  const name = parts.map(toPart).join("/");
  if (parts.every((part) => part === toPart(part))) return name;
  const digest = createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, 8);
  return `${name} #${digest}`;
}

function toPart(part: string): string {
  const plain = part
    .replace(/[\p{C}\p{Zl}\p{Zp}]+/gu, " ")
    .replace(/[/#]/g, "-")
    .replace(/:{2,}/g, ":")
    .trim();
  return plain === "" ? "-" : [...plain].slice(0, LONGEST_PART).join("").trim();
}
