import { bindingsOf, readBound, readPayload, writeBoundHeaders } from '../bindings.ts';
import { resolveError } from '../errors.ts';
import type { WireResponse } from '../http.ts';
import type { Operation, ServiceModel } from '../model.ts';
import type { Incoming, Output, Protocol } from '../protocol.ts';
import type { Shape, Traits } from '../schema.ts';
import { escapeXml, parseXml } from '../xml.ts';
import { readXml, writeXmlElement } from '../xml-shape.ts';

const S3_NAMESPACE = 'http://s3.amazonaws.com/doc/2006-03-01/';
const PROLOGUE = '<?xml version="1.0" encoding="UTF-8"?>\n';
const EMPTY = new Uint8Array();

/**
 * `aws.protocols#restXml` as S3 speaks it (`x-amz-request-id`, errors without a wrapper, XML under S3's namespace) and as
 * Route 53 does (`x-amzn-RequestId`, errors inside an `ErrorResponse`).
 */
export const restXml: Protocol = {
  decode({ operation, request, labels }: Incoming): unknown {
    const bindings = bindingsOf(operation.input);
    const input = readBound(bindings, request, labels);
    const readBody = (shape: Shape) => readXml(shape, parseXml(Buffer.from(request.body).toString('utf8')));
    if (bindings.payload) {
      const value = readPayload(bindings.payload, request.body, readBody);
      return value === undefined ? input : { ...input, [bindings.payload.name]: value };
    }
    if (!bindings.hasBody || request.body.length === 0) return input;
    return { ...(readBody(operation.input) as object), ...input };
  },

  encode(model: ServiceModel, operation: Operation, output: Output, requestId: string): WireResponse {
    const bindings = bindingsOf(operation.output);
    const namespace = model.facts.xmlNamespace ?? S3_NAMESPACE;
    const headers: Record<string, string> = { ...ids(model, requestId), ...writeBoundHeaders(bindings, output) };
    const partial = headers['content-range'] !== undefined;
    const status = partial ? 206 : (operation.http?.status ?? 200);
    const { payload } = bindings;
    if (payload) {
      const value = output[payload.name];
      if (value instanceof Uint8Array) {
        headers['content-type'] ??= 'binary/octet-stream';
        return { status, headers, body: value };
      }
      if (value === undefined || value === null) return { status, headers, body: '' };
      if (typeof value === 'string') return { status, headers, body: value };
      const name = payload.traits.xmlName ?? elementName(payload.shape, payload.name);
      return xml(status, headers, writeXmlElement(name, payload.shape, value, namespace));
    }
    if (!bindings.hasBody || operation.output.kind !== 'structure') return { status, headers, body: '' };
    if (operation.name === 'GetBucketLocation') return bucketLocation(status, headers, output);
    const name = elementName(operation.output, `${operation.name}Result`);
    return xml(status, headers, writeXmlElement(name, operation.output, output, namespace));
  },

  encodeError(model, error, requestId): WireResponse {
    const resolved = resolveError(model, error);
    const { Code: _code, ...members } = error.members;
    const extra = Object.entries(members)
      .filter(([, value]) => typeof value === 'string' || typeof value === 'number')
      .map(([name, value]) => `<${name}>${escapeXml(String(value))}</${name}>`);
    if (model?.facts.xmlNamespace !== undefined) {
      const facts = `<Type>${resolved.fault}</Type><Code>${escapeXml(resolved.code)}</Code><Message>${escapeXml(resolved.message)}</Message>`;
      const wrapped = `<ErrorResponse xmlns="${model.facts.xmlNamespace}"><Error>${facts}</Error><RequestId>${requestId}</RequestId></ErrorResponse>`;
      return xml(resolved.status, ids(model, requestId), wrapped);
    }
    const body = `<Error><Code>${escapeXml(resolved.code)}</Code><Message>${escapeXml(resolved.message)}</Message>${extra.join('')}<RequestId>${requestId}</RequestId></Error>`;
    if (resolved.status === 304) return { status: 304, headers: ids(model, requestId), body: EMPTY };
    return xml(resolved.status, ids(model, requestId), body);
  },
};

function ids(model: ServiceModel | undefined, requestId: string): Record<string, string> {
  if (model?.facts.xmlNamespace !== undefined) return { 'x-amzn-requestid': requestId };
  const id = requestId.replaceAll('-', '').slice(0, 16).toUpperCase();
  return { 'x-amz-request-id': id, 'x-amz-id-2': Buffer.from(requestId).toString('base64') };
}

function xml(status: number, headers: Record<string, string>, element: string): WireResponse {
  return { status, headers: { ...headers, 'content-type': 'application/xml' }, body: PROLOGUE + element };
}

/** The one answer whose root element is itself the only member. */
function bucketLocation(status: number, headers: Record<string, string>, output: Output): WireResponse {
  const location = output.LocationConstraint === undefined ? '' : escapeXml(String(output.LocationConstraint));
  return xml(status, headers, `<LocationConstraint xmlns="${S3_NAMESPACE}">${location}</LocationConstraint>`);
}

function elementName(shape: Shape, fallback: string): string {
  if (shape.kind !== 'structure') return fallback;
  const { xmlName }: Traits = shape.traits;
  return xmlName ?? shape.name;
}
