import type { IncomingHttpHeaders } from 'node:http';

/** A request with its body in full, as the protocols read it. */
export interface WireRequest {
  readonly method: string;
  /** As sent, still percent-encoded, without the query. */
  readonly path: string;
  /** Without the question mark. */
  readonly query: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Uint8Array;
}

export interface WireResponse {
  readonly status: number;
  readonly headers: Record<string, string>;
  /** An AsyncIterable is an event stream, sent chunk by chunk. */
  readonly body: string | Uint8Array | AsyncIterable<Uint8Array>;
}

/** One value of a header that may come several times. */
export function header(request: { headers: IncomingHttpHeaders }, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value.join(', ') : value;
}
