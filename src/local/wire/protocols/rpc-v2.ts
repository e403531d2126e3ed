import { cbor, decodeCbor, encodeCbor } from '../cbor.ts';
import { resolveError } from '../errors.ts';
import { encodeEvents } from '../eventstream.ts';
import type { WireResponse } from '../http.ts';
import { json, parseJson } from '../json.ts';
import type { Operation, ServiceModel } from '../model.ts';
import type { Incoming, Output, Protocol } from '../protocol.ts';
import type { Shape } from '../schema.ts';
import { notEmulated } from '../service.ts';

interface BodyFormat {
  readonly protocolId: string;
  readonly contentType: string;
  decode(shape: Shape, body: Uint8Array): unknown;
  encode(shape: Shape | undefined, value: unknown): string | Uint8Array;
}

const cborFormat: BodyFormat = {
  protocolId: 'rpc-v2-cbor',
  contentType: 'application/cbor',
  decode: (shape, body) => cbor.reader(shape)(decodeCbor(body)),
  encode: (shape, value) => encodeCbor(shape ? cbor.writer(shape)(value) : value),
};

const jsonFormat: BodyFormat = {
  protocolId: 'rpc-v2-json',
  contentType: 'application/json',
  decode: (shape, body) => json.reader(shape)(parseJson(body)),
  encode: (shape, value) => JSON.stringify(shape ? json.writer(shape)(value) : value),
};

/** `smithy.protocols#rpcv2Cbor` and its JSON sibling: `POST /service/NAME/operation/NAME`. */
function rpcV2(format: BodyFormat): Protocol {
  const headersFor = (requestId: string): Record<string, string> => ({
    'x-amzn-requestid': requestId,
    'smithy-protocol': format.protocolId,
    'content-type': format.contentType,
  });
  return {
    decode: ({ operation, request }: Incoming) => format.decode(operation.input, request.body),

    encode(_model: ServiceModel, operation: Operation, output: Output, requestId: string): WireResponse {
      const headers = headersFor(requestId);
      const { eventStream } = operation;
      if (!eventStream) return { status: 200, headers, body: format.encode(operation.output, output) };
      if (format.protocolId !== 'rpc-v2-json') throw notEmulated(`${operation.name} over CBOR`);
      const { [eventStream.name]: events, ...initial } = output;
      headers['content-type'] = 'application/vnd.amazon.eventstream';
      const first = json.writer(operation.output)(initial);
      return { status: 200, headers, body: encodeEvents(eventStream.shape, events as AsyncIterable<unknown>, first) };
    },

    encodeError(model, error, requestId): WireResponse {
      const resolved = resolveError(model, error);
      const headers = headersFor(requestId);
      if (model?.facts.queryCompatible) headers['x-amzn-query-error'] = `${resolved.queryCode};${resolved.fault}`;
      const namespace = model ? `com.amazonaws.${model.facts.id.replace('-', '')}` : 'com.amazonaws';
      const { shape } = resolved;
      const members = Object.fromEntries(
        Object.entries(resolved.body).filter(([name]) => !shape || shape.byName.has(name)),
      );
      const body = format.encode(undefined, { __type: `${namespace}#${resolved.code}`, ...members });
      return { status: resolved.status, headers, body };
    },
  };
}

export const rpcv2Cbor: Protocol = rpcV2(cborFormat);
export const rpcv2Json: Protocol = rpcV2(jsonFormat);
