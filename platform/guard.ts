import type { FastifyRequest } from "fastify";
import { AccessControlException, MisdirectedRequest, PayloadTooLargeException } from "./errors.js";
import type { AuthenticatedCaller } from "./platform.js";
import type { PlatformSettings } from "./settings.js";

/** Names by which a program on this machine calls it. */
const OWN_HOSTS: readonly string[] = ["127.0.0.1", "localhost", "[::1]"];
/** What a read-only person may still write: their own tokens. */
const OWN_TOKENS = "/v4/apiAccessTokens";
const DEPLOYING = /^\/v4\/(deployments|releases|deploymentSchedules)(\/|$)/;

/**
 * Refuses requests that name another host than this one, or that a web page of another host sends: the name of a stranger's
 * page can be made to lead to this machine, and a browser would let that page read the answers. It throws `MisdirectedRequest`.
 */
export function createHostGuard({ hosts }: PlatformSettings): (request: FastifyRequest) => void {
  const allowed = new Set([...OWN_HOSTS, ...hosts].map((name) => name.toLowerCase()));
  return ({ headers: { host = "", origin } }) => {
    if (!allowed.has(withoutPort(host)))
      throw new MisdirectedRequest(
        `The request is for the host "${host}", and this platform answers for ${[...allowed].join(", ")}; the setting hosts (--host-name) adds others`,
      );
    if (origin !== undefined && !allowed.has(hostOf(origin)))
      throw new MisdirectedRequest(`Web pages of ${origin} may not call this platform`);
  };
}

/** Refuses a package that says itself to be too large, before any of it is read. Throws `PayloadTooLargeException`. */
export function refuseTooLarge(request: FastifyRequest, settings: PlatformSettings): void {
  if (!request.routeOptions.config.isUpload) return;
  const limit = settings.maxPackageBytes + settings.maxBodyBytes;
  if (Number(request.headers["content-length"] ?? 0) > limit)
    throw new PayloadTooLargeException(
      `The request is larger than this platform takes: a package may have ${settings.maxPackageBytes} bytes`,
    );
}

/** Refuses what the caller's role does not allow, whatever object it is about. Throws `AccessControlException`. */
export function refuseByRole(request: FastifyRequest, caller: AuthenticatedCaller): void {
  const path = request.routeOptions.url ?? "";
  if (caller.isReadOnly && request.method !== "GET" && !path.startsWith(OWN_TOKENS))
    throw new AccessControlException("This person may read only");
  if (!caller.isDeployer && DEPLOYING.test(path))
    throw new AccessControlException("This person has not the deployment role, which deployments need");
}

function withoutPort(host: string): string {
  return host.toLowerCase().replace(/:\d*$/, "");
}

/** Empty for an origin that has none, such as that of a page out of a file. */
function hostOf(origin: string): string {
  return URL.canParse(origin) ? new URL(origin).hostname : "";
}
