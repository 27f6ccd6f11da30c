import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import { JobFailure } from "./job-failure.js";

/** Where a database server is reached: the name that was allowed, and the address that it had when it was checked. */
export interface DatabaseHost {
  readonly name: string;
  readonly address: string;
  readonly port: number;
}

/**
 * Checks that jobs may talk to this server and resolves its name, once: the connection goes to the address found here.
 * `allowed` holds `host` or `host:port` as they are given to the platform; without any, no server is reached. Throws JobFailure.
 */
export async function findDatabaseHost(
  host: string,
  port: number,
  allowed: readonly string[],
): Promise<DatabaseHost> {
  const name = plainName(host);
  if (!allowed.some((entry) => isAllowed(entry, name, port))) {
    const shown = name.includes(":") ? `[${name}]:${port}` : `${name}:${port}`;
    throw new JobFailure(
      `jobs of this platform may not connect to ${shown}; whoever runs it allows that with ` +
        `"sluice platform start --allow-database ${shown}" (setting databases.allow)`,
    );
  }
  if (isIP(name) !== 0) return { name, address: name, port };
  try {
    return { name, address: (await lookup(name)).address, port };
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "";
    throw new JobFailure(`the host ${name} has no address (${code}); check the connection's host`, {
      cause: error,
    });
  }
}

function isAllowed(entry: string, name: string, port: number): boolean {
  const { host, port: only } = splitHost(entry);
  return plainName(host) === name && (only === null || only === port);
}

/** The parts of `host`, `host:port`, `[ipv6]` or `[ipv6]:port`; the port is null when it is not given. */
export function splitHost(text: string): { readonly host: string; readonly port: number | null } {
  const found = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d{1,5}))?$/.exec(text.trim());
  if (found === null) return { host: text.trim(), port: null };
  return { host: found[1] ?? found[2] ?? "", port: found[3] === undefined ? null : Number(found[3]) };
}

/** One spelling for each host: lower case, without the brackets of an IPv6 address and the dot at the end of a name. */
function plainName(host: string): string {
  return host
    .trim()
    .toLowerCase()
    .replace(/^\[(.*)\]$/, "$1")
    .replace(/\.$/, "");
}
