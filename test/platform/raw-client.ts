import { connect } from "node:net";

const BOUND_MILLISECONDS = 10_000;

/** What was on the wire, and how it ended. */
export interface RawAnswer {
  /** 0 when there was no answer. */
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** The body's bytes as they came, at most what `content-length` says. */
  readonly body: string;
  /** The server left the connection open after a whole answer, closed it in order, or reset it. */
  readonly ending: "open" | "closed" | "reset";
  /** Milliseconds from the request to the end of the answer. */
  readonly milliseconds: number;
  /** Pieces in which the bytes came. */
  readonly pieces: number;
}

/** A request as it goes over the wire. */
export interface RawRequest {
  readonly method: string;
  /** With the environment in front. */
  readonly path: string;
  readonly token?: string;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Waits for what follows a whole answer, for at most this time; 50 when not given. */
  readonly lingerMilliseconds?: number;
}

/** Sends one request over a connection of its own, without an HTTP library that mends or hides anything. */
export function sendRaw(port: number, request: RawRequest): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const started = performance.now();
    const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
    let received = Buffer.alloc(0);
    let pieces = 0;
    let linger: NodeJS.Timeout | undefined;
    const bound = setTimeout(() => finish(new Error("no end in time")), BOUND_MILLISECONDS);
    const finish = (ending: RawAnswer["ending"] | Error) => {
      clearTimeout(bound);
      clearTimeout(linger);
      socket.destroy();
      if (ending instanceof Error) reject(ending);
      else resolve({ ...parse(received), ending, pieces, milliseconds: performance.now() - started });
    };
    socket.on("data", (bytes) => {
      received = Buffer.concat([received, bytes]);
      pieces += 1;
      if (isWhole(received)) linger ??= setTimeout(() => finish("open"), request.lingerMilliseconds ?? 50);
    });
    // Data and reset together are an end to Node; only after a reset does the system refuse a write.
    socket.on("end", () => socket.write("?", (error) => finish(error ? "reset" : "closed")));
    socket.on("error", ({ code, message }: NodeJS.ErrnoException) =>
      finish(code === "ECONNRESET" || code === "EPIPE" ? "reset" : new Error(message)),
    );
    socket.write(toBytes(port, request));
  });
}

function toBytes(port: number, { method, path, token, body }: RawRequest): string {
  const text = body === undefined ? "" : JSON.stringify(body);
  const lines = [
    `${method} ${path} HTTP/1.1`,
    `Host: 127.0.0.1:${port}`,
    `Content-Length: ${Buffer.byteLength(text)}`,
  ];
  if (token !== undefined) lines.push(`Authorization: Bearer ${token}`);
  if (body !== undefined) lines.push("Content-Type: application/json");
  return `${lines.join("\r\n")}\r\n\r\n${text}`;
}

function parse(received: Buffer): Pick<RawAnswer, "status" | "headers" | "body"> {
  const end = received.indexOf("\r\n\r\n");
  if (end < 0) return { status: 0, headers: {}, body: "" };
  const [first = "", ...lines] = received.subarray(0, end).toString().split("\r\n");
  const headers = lines.map((line) => {
    const colon = line.indexOf(":");
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const;
  });
  return {
    status: Number(first.split(" ")[1]),
    headers: Object.fromEntries(headers),
    body: received.subarray(end + 4).toString(),
  };
}

function isWhole(received: Buffer): boolean {
  const { status, headers, body } = parse(received);
  return status !== 0 && Buffer.byteLength(body) >= Number(headers["content-length"] ?? 0);
}
