/** Shorter texts are in every message. */
const SHORTEST = 3;
/** What is so short in base64 is in other words, too. */
const SHORTEST_ENCODED = 8;

/** Takes texts out of other texts, in whatever form they stand there: as they are, in JSON, in a URL, in base64. */
export function hidingTexts(texts: Iterable<string>): (text: string) => string {
  const hidden = [...new Set(texts)].filter((text) => text.length >= SHORTEST);
  // Longest first: one secret may be a part of another.
  const forms = hidden.flatMap(formsOf).sort((a, b) => b.length - a.length);
  return (text) => forms.reduce((safe, form) => safe.replaceAll(form, "[secret]"), text);
}

/**
 * What an Authorization header's value must not be quoted with: its credentials, and for Basic the password and the user
 * with it.
 */
export function secretsInAuthorization(authorization: string): string[] {
  const [scheme = "", credentials = ""] = authorization.split(/\s+/, 2);
  if (scheme.toLowerCase() !== "basic") return [credentials];
  const pair = Buffer.from(credentials, "base64").toString("utf8");
  return [credentials, pair, pair.slice(pair.indexOf(":") + 1)];
}

function formsOf(text: string): string[] {
  const quoted = JSON.stringify(text).slice(1, -1);
  // A message in JSON may quote a body that is JSON itself.
  const inJson = [quoted, JSON.stringify(quoted).slice(1, -1), quoted.replaceAll(/[^ -~]/g, toEscape)];
  const forms = [text, ...inJson, ...[text, quoted].flatMap(inUrl)];
  const bytes = Buffer.from(text);
  const base64 = [
    bytes.toString("base64"),
    bytes.toString("base64").replace(/=+$/, ""),
    bytes.toString("base64url"),
  ];
  return [...new Set([...forms, ...base64.filter((form) => form.length >= SHORTEST_ENCODED)])];
}

function inUrl(text: string): string[] {
  // Through a buffer, as half of a surrogate pair cannot be encoded.
  const encoded = encodeURIComponent(Buffer.from(text).toString());
  return [encoded, encoded.replaceAll("%20", "+")];
}

function toEscape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
