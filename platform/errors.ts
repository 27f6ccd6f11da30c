import type { JsonValue } from "../flow/model.js";

/**
 * An error that the API answers as `{"exception":{"name","message","details"}}`. Names that clients were seen to
 * meet are the product's own; the others are choices of this platform, marked so in their doc comments.
 */
export class ApiException extends Error {
  constructor(
    readonly status: number,
    name: string,
    message: string,
    readonly details: JsonValue = null,
  ) {
    super(message);
    this.name = name;
  }
}

/** 400: a value that the schema allows is wrong; `details` says which. */
export class ValidationFailed extends ApiException {
  constructor(details: JsonValue, message = "Input validation failed") {
    super(400, "ValidationFailed", message, details);
  }
}

/** 400: the request does not match the route's schema; `details` lists the places. */
export class ApiValidationFailed extends ApiException {
  constructor(details: JsonValue, message = "The request does not match the API schema") {
    super(400, "ApiValidationFailed", message, details);
  }
}

/** 400, our choice of name: the uploaded file is no usable flow package. */
export class InvalidPackage extends ApiException {
  constructor(message: string, details: JsonValue = null) {
    super(400, "InvalidPackage", message, details);
  }
}

/** 400, our choice of name: the package comes from a product version that this platform does not import. */
export class PackageVersionNotSupported extends ApiException {
  constructor(message: string, details: JsonValue = null) {
    super(400, "PackageVersionNotSupported", message, details);
  }
}

/** 400, our choice of name: connections of a package have neither a rule nor a local twin. */
export class ConnectionMappingMissing extends ApiException {
  constructor(message: string, connections: JsonValue) {
    super(400, "ConnectionMappingMissing", message, connections);
  }
}

/** 400, our choice of name: a deployment was told to run and has no active release. */
export class NoActiveRelease extends ApiException {
  constructor(message: string) {
    super(400, "NoActiveRelease", message);
  }
}

/** 400, our choice of name: what was told to run has no output for manual runs. */
export class NoManualOutput extends ApiException {
  constructor(message: string) {
    super(400, "NoManualOutput", message);
  }
}

/** 400, our choice of name: what a schedule was to run has no output for scheduled runs. */
export class NoScheduledOutput extends ApiException {
  constructor(message: string) {
    super(400, "NoScheduledOutput", message);
  }
}

/** 401, our choice of name: credentials are missing, wrong or expired. */
export class UnauthorizedException extends ApiException {
  constructor(message: string) {
    super(401, "UnauthorizedException", message);
  }
}

/** 403: the caller may not do this, or not know whether the object exists. */
export class AccessControlException extends ApiException {
  constructor(message: string) {
    super(403, "AccessControlException", message);
  }
}

/** 404: no such object. */
export class DataNotFoundException extends ApiException {
  constructor(message: string) {
    super(404, "DataNotFoundException", message);
  }
}

/** 404: no such path, or not with this method. */
export class RouteNotFoundException extends ApiException {
  constructor(message: string) {
    super(404, "RouteNotFoundException", message);
  }
}

/** 409, our choice: another object holds a value that must be unique. */
export class ConflictException extends ApiException {
  constructor(message: string, details: JsonValue = null) {
    super(409, "ConflictException", message, details);
  }
}

/** 410, our choice of name: the object existed and was deleted. */
export class DataDeletedException extends ApiException {
  constructor(message: string) {
    super(410, "DataDeletedException", message);
  }
}

/** 421, our choice of name: the request is for another host, or from a page of one. */
export class MisdirectedRequest extends ApiException {
  constructor(message: string) {
    super(421, "MisdirectedRequest", message);
  }
}

/** 413, our choice of name: the request is larger than the platform takes. */
export class PayloadTooLargeException extends ApiException {
  constructor(message: string) {
    super(413, "PayloadTooLargeException", message);
  }
}

/** 415, our choice of name: the content type is not the one that the route takes. */
export class UnsupportedMediaTypeException extends ApiException {
  constructor(message: string) {
    super(415, "UnsupportedMediaTypeException", message);
  }
}

/** 429: over the quota; the answer's `x-retry-after` says for how many seconds. */
export class TooManyRequestsException extends ApiException {
  constructor(
    details: string,
    readonly retryAfter: number,
  ) {
    super(429, "TooManyRequestsException", "Too Many Requests", details);
  }
}

/** 500, our choice of name: a fault of the platform; what went wrong stands in its log under the request id. */
export class InternalServerException extends ApiException {
  constructor(requestId: string) {
    super(
      500,
      "InternalServerException",
      `The platform failed; its log says why under request id ${requestId}`,
    );
  }
}

/** 500, our choice of name: the data directory cannot be written, for another reason than its size. */
export class StorageNotWritableException extends ApiException {
  constructor(code: string, requestId: string) {
    super(
      500,
      "StorageNotWritableException",
      `The platform cannot write its data directory (${code}), and nothing was changed; make its disk writable again, ` +
        `no restart is needed. Its log says more under request id ${requestId}`,
    );
  }
}

/** 507, our choice of name: no space is left in the data directory. */
export class InsufficientStorageException extends ApiException {
  constructor() {
    super(
      507,
      "InsufficientStorageException",
      "The disk of the platform's data directory is full, and nothing was changed; make space there and repeat the request, " +
        "no restart is needed",
    );
  }
}
