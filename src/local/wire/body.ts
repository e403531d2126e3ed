import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { header, type WireRequest } from './http.ts';
import { malformed } from './scalars.ts';
import { AwsError } from './service.ts';

const gunzipAsync = promisify(gunzip);

export function tooLarge(limitBytes: number, operation = 'this'): AwsError {
  const message = `Request must be smaller than ${limitBytes} bytes for ${operation} operation`;
  return new AwsError('RequestEntityTooLargeException', message, {}, 413);
}

/** Undoes `Content-Encoding: gzip` (the SDKs compress large PutMetricData calls). `limitBytes` bounds what comes out. */
export async function decompress(request: WireRequest, limitBytes: number): Promise<WireRequest> {
  const encoding = header(request, 'content-encoding')?.trim().toLowerCase();
  if (encoding === undefined || encoding === '' || encoding === 'identity') return request;
  if (encoding !== 'gzip')
    throw new AwsError('UnsupportedMediaTypeException', 'Content-Encoding must be gzip', {}, 415);
  try {
    return { ...request, body: await gunzipAsync(request.body, { maxOutputLength: limitBytes }) };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    throw code === 'ERR_BUFFER_TOO_LARGE' ? tooLarge(limitBytes) : malformed('the body is not valid gzip');
  }
}

/**
 * Undoes S3's `aws-chunked` encoding: `hex-size;chunk-signature=…\r\n data \r\n`, a chunk of size 0, then trailers, which
 * are handed on as headers. Signatures are not verified; the declared length is.
 */
export function unchunk(request: WireRequest): WireRequest {
  const encodings = (header(request, 'content-encoding') ?? '').split(',').map((part) => part.trim());
  const streaming = header(request, 'x-amz-content-sha256')?.startsWith('STREAMING-') ?? false;
  if (!streaming && !encodings.includes('aws-chunked')) return request;
  const { chunks, trailers } = readChunks(
    Buffer.from(request.body.buffer, request.body.byteOffset, request.body.length),
  );
  const body = Buffer.concat(chunks);
  const declared = header(request, 'x-amz-decoded-content-length');
  if (declared !== undefined && Number(declared) !== body.length) {
    throw new AwsError(
      'IncompleteBody',
      'You did not provide the number of bytes specified by the Content-Length HTTP header',
    );
  }
  const kept = encodings.filter((part) => part !== 'aws-chunked' && part !== '').join(',');
  const headers = { ...request.headers, ...trailers, 'content-length': String(body.length) };
  if (kept === '') delete headers['content-encoding'];
  else headers['content-encoding'] = kept;
  return { ...request, headers, body };
}

function readChunks(source: Buffer): { chunks: Buffer[]; trailers: Record<string, string> } {
  const chunks: Buffer[] = [];
  let at = 0;
  for (;;) {
    const lineEnd = source.indexOf('\r\n', at);
    const size = /^([0-9a-fA-F]{1,8})(;|$)/.exec(lineEnd < 0 ? '' : source.toString('latin1', at, lineEnd));
    if (!size?.[1]) throw badChunk('a chunk has no size');
    const length = Number.parseInt(size[1], 16);
    at = lineEnd + 2;
    if (length === 0) return { chunks, trailers: readTrailers(source.toString('latin1', at)) };
    if (at + length + 2 > source.length) throw badChunk('a chunk ends early');
    chunks.push(source.subarray(at, at + length));
    at += length + 2;
  }
}

function readTrailers(text: string): Record<string, string> {
  const pairs = text.split('\r\n').flatMap((line) => {
    const colon = line.indexOf(':');
    // Only checksums may come behind the body; nothing else may be set or overruled from there.
    const name = line.slice(0, Math.max(colon, 0)).trim().toLowerCase();
    return name.startsWith('x-amz-checksum-') ? [[name, line.slice(colon + 1).trim()] as const] : [];
  });
  return Object.fromEntries(pairs);
}

function badChunk(why: string): AwsError {
  return new AwsError('InvalidChunkSizeError', `The aws-chunked body is malformed: ${why}`);
}
