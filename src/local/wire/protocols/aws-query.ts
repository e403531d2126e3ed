import { resolveError } from '../errors.ts';
import type { WireResponse } from '../http.ts';
import type { Operation, ServiceModel } from '../model.ts';
import type { Incoming, Output, Protocol } from '../protocol.ts';
import { parseForm, readQuery } from '../query.ts';
import { escapeXml } from '../xml.ts';
import { writeXmlContent } from '../xml-shape.ts';

/** `aws.protocols#awsQuery`: form-encoded requests (in the body, or in the query of a GET), XML answers. */
export const awsQuery: Protocol = {
  decode({ operation, request }: Incoming): unknown {
    const text = request.body.length > 0 ? Buffer.from(request.body).toString('utf8') : request.query;
    return readQuery(operation.input, parseForm(text));
  },

  encode(model: ServiceModel, { name, output: shape }: Operation, output: Output, requestId: string): WireResponse {
    const namespace = escapeXml(model.facts.query?.namespace ?? '');
    const result = shape.kind === 'unit' ? '' : `<${name}Result>${writeXmlContent(shape, output)}</${name}Result>`;
    const metadata = `<ResponseMetadata><RequestId>${requestId}</RequestId></ResponseMetadata>`;
    return xml(200, requestId, `<${name}Response xmlns="${namespace}">${result}${metadata}</${name}Response>`);
  },

  encodeError(model, error, requestId): WireResponse {
    const resolved = resolveError(model, error);
    const namespace = model?.facts.query ? ` xmlns="${escapeXml(model.facts.query.namespace)}"` : '';
    const code = escapeXml(resolved.queryCode);
    const members = resolved.shape ? writeXmlContent(resolved.shape, withoutMessage(resolved.body)) : '';
    const body =
      `<ErrorResponse${namespace}><Error><Type>${resolved.fault}</Type><Code>${code}</Code>` +
      `<Message>${escapeXml(resolved.message)}</Message>${members}</Error><RequestId>${requestId}</RequestId></ErrorResponse>`;
    return xml(resolved.status, requestId, body);
  },
};

function withoutMessage(body: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const { message: _lower, Message: _upper, ...rest } = body;
  return rest;
}

function xml(status: number, requestId: string, body: string): WireResponse {
  return { status, headers: { 'x-amzn-requestid': requestId, 'content-type': 'text/xml' }, body };
}
