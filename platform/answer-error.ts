import type { Socket } from "node:net";
import type { FastifyError, FastifyReply, FastifyRequest } from "fastify";
import { toDiskException } from "./disk-error.js";
import {
  ApiException,
  ApiValidationFailed,
  InternalServerException,
  PayloadTooLargeException,
  TooManyRequestsException,
  UnsupportedMediaTypeException,
} from "./errors.js";

const SHOWN_PROBLEMS = 20;

/** Answers any error in the API's envelope. Faults of the platform are logged and answered without their cause. */
export function answerError(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const exception = toException(error, request);
  if (exception instanceof TooManyRequestsException) reply.header("x-retry-after", exception.retryAfter);
  if (exception.status >= 500) request.log.error({ err: error }, "request failed");
  void reply.header("x-trifacta-request-id", request.id).status(exception.status).send(toEnvelope(exception));
}

/** Status and words by Node.js' code, for requests that never became one. */
const CLIENT_ERRORS: Readonly<Record<string, readonly [string, string]>> = {
  ERR_HTTP_REQUEST_TIMEOUT: ["408 Request Timeout", "took too long to arrive"],
  HPE_HEADER_OVERFLOW: ["431 Request Header Fields Too Large", "has too large headers"],
};

/** Answers bytes that are no HTTP request. */
export function answerClientError(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === "ECONNRESET" || socket.destroyed) return;
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  const [status, reason] = CLIENT_ERRORS[error.code ?? ""] ?? ["400 Bad Request", "is not valid HTTP"];
  const body = JSON.stringify(toEnvelope(new ApiValidationFailed(null, `The request ${reason}`)));
  socket.end(
    `HTTP/1.1 ${status}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}

function toEnvelope(exception: ApiException) {
  return { exception: { name: exception.name, message: exception.message, details: exception.details } };
}

function toException(error: unknown, request: FastifyRequest): ApiException {
  if (error instanceof ApiException) return error;
  const { validation, validationContext, code, statusCode, message } = error as Partial<FastifyError>;
  if (validation) return new ApiValidationFailed([...toProblems(validation, validationContext ?? "request")]);
  switch (code) {
    case "FST_ERR_CTP_INVALID_MEDIA_TYPE":
    case "FST_INVALID_MULTIPART_CONTENT_TYPE":
      return new UnsupportedMediaTypeException(
        `The content type "${request.headers["content-type"] ?? ""}" is not one that ${request.method} ${pathOf(request)} takes`,
      );
    case "FST_ERR_CTP_BODY_TOO_LARGE":
    case "FST_REQ_FILE_TOO_LARGE":
    case "FST_FILES_LIMIT":
    case "FST_FIELDS_LIMIT":
    case "FST_PARTS_LIMIT":
      return new PayloadTooLargeException(`The request is larger than this platform takes: ${message ?? ""}`);
    default:
      return statusCode !== undefined && statusCode >= 400 && statusCode < 500
        ? new ApiValidationFailed(message ?? null, "The request cannot be read")
        : (toDiskException(error, request.id) ?? new InternalServerException(request.id));
  }
}

/** What a validator found, a line for each place. */
export function toProblems(
  validation: NonNullable<FastifyError["validation"]>,
  context: string,
): readonly string[] {
  const problems = validation.map((problem) => {
    const place = `${context}${problem.instancePath}`;
    const extra = problem.params["additionalProperty"] ?? problem.params["allowedValues"];
    return `${place} ${problem.message ?? "is not valid"}${extra === undefined ? "" : `: ${JSON.stringify(extra)}`}`;
  });
  const hidden = problems.length - SHOWN_PROBLEMS;
  return hidden > 0 ? [...problems.slice(0, SHOWN_PROBLEMS), `and ${hidden} more`] : problems;
}

function pathOf(request: FastifyRequest): string {
  return request.url.split("?", 1)[0] ?? "";
}
