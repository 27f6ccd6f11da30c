import { parseUri } from "../location.js";
import type { Flow, Webhook } from "../model.js";
import { quote, toFinding, type Finding } from "./finding.js";

/** Names of headers, members and query parameters that usually carry a credential. */
const SECRET_NAME = /auth|token|secret|passw|cookie|api-?_?key|signature|credential/i;

/** Texts that are credentials by their form, whatever they are called. */
const SECRET_VALUE =
  /\b(?:Bearer|Basic)\s+[\w+/=.~-]{8,}|\bgh[pousr]_\w{20,}|\bAKIA[0-9A-Z]{16}\b|\beyJ[\w-]+\.[\w-]+\./;

/** Receivers whose address itself is the credential. */
const SECRET_RECEIVERS = /(^|\.)(hooks\.slack\.com|webhook\.office\.com|discord(app)?\.com)$/i;

/** Webhooks that carry a credential. Says where, never what. */
export function checkWebhooks(flow: Flow): Finding[] {
  return flow.webhooks.flatMap((webhook): Finding[] => {
    const places = findSecrets(webhook);
    if (places.length === 0) return [];
    const object = `${quote(flow.name)}, webhook ${quote(webhook.name)}`;
    const message =
      `${object} carries ${places.join(" and ")} inside the package, readable to whoever has the file. ` +
      `Replace the credential, and keep the package out of public places`;
    return [toFinding("webhook-secret", object, message)];
  });
}

function findSecrets({ headers, secretKey, url, body }: Webhook): string[] {
  const places = Object.entries(headers)
    .filter(([name, value]) => SECRET_NAME.test(name) || SECRET_VALUE.test(value))
    .map(([name]) => `header ${name}`);
  if (secretKey !== null && secretKey !== "") places.push("its secret key");
  if ((parseUri(url)?.userinfo ?? null) !== null) places.push("the user name or password in its URL");
  if (hasSecretAddress(url)) places.push("a credential in its URL");
  if (body !== null && hasSecretMember(body)) places.push("a credential in its body");
  return places;
}

function hasSecretAddress(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { hostname, pathname, searchParams } = new URL(url);
  const isSecretPath = SECRET_RECEIVERS.test(hostname) && pathname.length > 1;
  return isSecretPath || [...searchParams].some(([name, value]) => SECRET_NAME.test(name) && value !== "");
}

/** A member of a JSON body or a pair of a form, with a value that is not one of the product's own variables. */
function hasSecretMember(body: string): boolean {
  if (SECRET_VALUE.test(body)) return true;
  const pairs = body.matchAll(/"([^"]+)"\s*:\s*"([^"]+)"|([\w-]+)=([^&\s]+)/g);
  return [...pairs].some(([, member, text, parameter, value]) => {
    const name = member ?? parameter ?? "";
    const isVariable = (text ?? value ?? "").startsWith("$");
    return SECRET_NAME.test(name) && !isVariable;
  });
}
