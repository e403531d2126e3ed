/** The contract between the wire layer and the emulated services: handlers over plain objects, errors as values. */

/** What a handler knows of the call besides its input. */
export interface CallContext {
  readonly service: string;
  readonly operation: string;
  readonly region: string;
  readonly account: string;
  readonly requestId: string;
  readonly accessKeyId: string;
  readonly sourceIp: string;
  readonly userAgent: string;
  /** `http://127.0.0.1:PORT`, the address under which this local AWS is reached. */
  readonly endpoint: string;
  /** Aborts when the client has gone; long streams stop on it. */
  readonly signal: AbortSignal;
}

/**
 * One operation: takes the decoded input (the SDK's own input shape: Dates, Uint8Arrays, numbers) and answers the SDK's
 * output shape without `$metadata`. A streamed output member is an AsyncIterable (event streams) or a Uint8Array.
 * Throws {@link AwsError} for every error that AWS documents; anything else thrown is answered as a 500 and logged.
 */
export type Handler<Input = never, Output = unknown> = (input: Input, call: CallContext) => Output | Promise<Output>;

/** An emulated service: its SDK client's name without `client-`, and the operations that are emulated. */
export interface Service {
  readonly id: ServiceId;
  readonly operations: Readonly<Record<string, Handler>>;
}

export type ServiceId =
  | 'lambda'
  | 'cloudwatch'
  | 'cloudwatch-logs'
  | 'sts'
  | 'sns'
  | 's3'
  | 'codedeploy'
  | 'cloudtrail'
  | 'cloudformation'
  | 'route-53'
  | 'api-gateway';

/**
 * An error that AWS would answer. `code` is the error's shape name (`ResourceNotFoundException`); the wire layer takes the
 * status, the body's member names and the query code from that shape's schema, and falls back to `status` for codes that
 * no schema names (`ValidationException`, `AccessDeniedException`).
 */
export class AwsError extends Error {
  readonly code: string;
  readonly status: number;
  /** Further members of the error body, such as `Type`, `Reason` or `retryAfterSeconds`. */
  readonly members: Readonly<Record<string, unknown>>;

  constructor(code: string, message: string, members: Readonly<Record<string, unknown>> = {}, status = 400) {
    super(message);
    this.name = code;
    this.code = code;
    this.status = status;
    this.members = members;
  }
}

/** The honest answer for what is known to AWS and not emulated here: 501, naming it. */
export function notEmulated(what: string): AwsError {
  return new AwsError('NotImplemented', `${what} is not emulated by the local AWS`, {}, 501);
}
