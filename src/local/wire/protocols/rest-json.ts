import { bindingsOf, readBound, readPayload, writeBoundHeaders } from '../bindings.ts';
import { resolveError } from '../errors.ts';
import { encodeEvents } from '../eventstream.ts';
import type { WireResponse } from '../http.ts';
import { json, parseJson } from '../json.ts';
import type { Operation, ServiceModel } from '../model.ts';
import type { Incoming, Output, Protocol } from '../protocol.ts';

const JSON_TYPE = 'application/json';

/** `aws.protocols#restJson1`, the protocol of Lambda. */
export const restJson1: Protocol = {
  decode({ operation, request, labels }: Incoming): unknown {
    const bindings = bindingsOf(operation.input);
    const input = readBound(bindings, request, labels);
    if (bindings.payload) {
      const read = json.reader(bindings.payload.shape);
      const value = readPayload(bindings.payload, request.body, () => read(parseJson(request.body)));
      return value === undefined ? input : { ...input, [bindings.payload.name]: value };
    }
    if (!bindings.hasBody) return input;
    return Object.assign(json.reader(operation.input)(parseJson(request.body)) as object, input);
  },

  encode(_model: ServiceModel, operation: Operation, output: Output, requestId: string): WireResponse {
    const bindings = bindingsOf(operation.output);
    const headers = {
      'x-amzn-requestid': requestId,
      'content-type': JSON_TYPE,
      ...writeBoundHeaders(bindings, output),
    };
    const status = statusOf(output, bindings.status?.name, operation);
    const { eventStream } = operation;
    if (eventStream) {
      const events = output[eventStream.name];
      headers['content-type'] = 'application/vnd.amazon.eventstream';
      return { status, headers, body: encodeEvents(eventStream.shape, events as AsyncIterable<unknown>) };
    }
    if (bindings.payload) {
      const value = output[bindings.payload.name];
      if (value === undefined || value === null) return { status, headers, body: '' };
      if (value instanceof Uint8Array || typeof value === 'string') return { status, headers, body: value };
      return { status, headers, body: JSON.stringify(json.writer(bindings.payload.shape)(value)) };
    }
    if (status === 204 || (!bindings.hasBody && status !== 200)) return { status, headers, body: '' };
    return { status, headers, body: JSON.stringify(json.writer(operation.output)(output)) };
  },

  encodeError(model, error, requestId): WireResponse {
    const resolved = resolveError(model, error);
    const { shape } = resolved;
    const headers: Record<string, string> = {
      'x-amzn-requestid': requestId,
      'x-amzn-errortype': resolved.code,
      'content-type': JSON_TYPE,
      ...(shape ? writeBoundHeaders(bindingsOf(shape), resolved.body) : {}),
    };
    const body = shape ? json.writer(shape)(resolved.body) : resolved.body;
    return { status: resolved.status, headers, body: JSON.stringify(body) };
  },
};

function statusOf(output: Output, name: string | undefined, operation: Operation): number {
  const value = name === undefined ? undefined : output[name];
  return typeof value === 'number' ? value : (operation.http?.status ?? 200);
}
