import { resolveError } from '../errors.ts';
import { encodeEvents } from '../eventstream.ts';
import type { WireResponse } from '../http.ts';
import { json, parseJson } from '../json.ts';
import type { Operation, ServiceModel } from '../model.ts';
import type { Incoming, Output, Protocol } from '../protocol.ts';

/** `aws.protocols#awsJson1_0` and `#awsJson1_1`; `contentType` is all in which they differ for a server. */
export function awsJson(contentType: string): Protocol {
  return {
    decode: ({ operation, request }: Incoming) => json.reader(operation.input)(parseJson(request.body)),

    encode(_model: ServiceModel, operation: Operation, output: Output, requestId: string): WireResponse {
      const headers = { 'x-amzn-requestid': requestId, 'content-type': contentType };
      const { eventStream } = operation;
      if (!eventStream) return { status: 200, headers, body: JSON.stringify(json.writer(operation.output)(output)) };
      const { [eventStream.name]: events, ...initial } = output;
      headers['content-type'] = 'application/vnd.amazon.eventstream';
      const first = json.writer(operation.output)(initial);
      return { status: 200, headers, body: encodeEvents(eventStream.shape, events as AsyncIterable<unknown>, first) };
    },

    encodeError(model, error, requestId): WireResponse {
      const resolved = resolveError(model, error);
      const headers: Record<string, string> = { 'x-amzn-requestid': requestId, 'content-type': contentType };
      // Clients of services that once spoke the query protocol still know the old codes.
      if (model?.facts.queryCompatible) headers['x-amzn-query-error'] = `${resolved.queryCode};${resolved.fault}`;
      const members = resolved.shape ? json.writer(resolved.shape)(resolved.body) : resolved.body;
      return {
        status: resolved.status,
        headers,
        body: JSON.stringify({ __type: resolved.code, ...(members as object) }),
      };
    },
  };
}
