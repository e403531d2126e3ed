/** The wire format of function URLs: payload format version 2.0 (Lambda developer guide, "Invoking function URLs"). */
import type { RawRequest, RawResponse } from '../../links.ts';

export interface UrlCall {
  readonly urlId: string;
  readonly requestId: string;
  readonly account: string;
  readonly nowMs: number;
}

const TEXT_TYPES = /^(text\/|application\/(json|javascript|xml|x-www-form-urlencoded)|[^;]*\+(json|xml))/i;
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** The event a function gets for a request. Cookies are taken out of the headers, repeated query values joined by commas. */
export function urlEvent(request: RawRequest, call: UrlCall): Record<string, unknown> {
  const { cookie, ...headers } = request.headers;
  const cookies = cookie === undefined ? [] : cookie.split(';').map((one) => one.trim());
  const query = queryParameters(request.query);
  const isText = TEXT_TYPES.test(headers['content-type'] ?? '');
  const body = Buffer.from(request.body);
  const host = headers.host ?? '';
  return {
    version: '2.0',
    routeKey: '$default',
    rawPath: request.path,
    rawQueryString: request.query,
    ...(cookies.length > 0 ? { cookies } : {}),
    headers,
    ...(Object.keys(query).length > 0 ? { queryStringParameters: query } : {}),
    requestContext: {
      accountId: 'anonymous',
      apiId: call.urlId,
      domainName: host,
      domainPrefix: call.urlId,
      http: {
        method: request.method,
        path: request.path,
        protocol: 'HTTP/1.1',
        sourceIp: request.sourceIp,
        userAgent: headers['user-agent'] ?? '',
      },
      requestId: call.requestId,
      routeKey: '$default',
      stage: '$default',
      time: commonLogTime(call.nowMs),
      timeEpoch: call.nowMs,
    },
    ...(body.length > 0 ? { body: isText ? body.toString('utf8') : body.toString('base64') } : {}),
    isBase64Encoded: body.length > 0 && !isText,
  };
}

function queryParameters(query: string): Record<string, string> {
  const values = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(query)) {
    const before = values.get(name);
    values.set(name, before === undefined ? value : `${before},${value}`);
  }
  return Object.fromEntries(values);
}

/** `12/Mar/2020:19:03:58 +0000` */
function commonLogTime(ms: number): string {
  const date = new Date(ms);
  const two = (value: number) => String(value).padStart(2, '0');
  const day = `${two(date.getUTCDate())}/${MONTHS[date.getUTCMonth()]}/${date.getUTCFullYear()}`;
  return `${day}:${two(date.getUTCHours())}:${two(date.getUTCMinutes())}:${two(date.getUTCSeconds())} +0000`;
}

/**
 * The HTTP response for a function's result: an object with `statusCode` is taken apart, any other JSON becomes the body
 * of a 200. `undefined` where it is neither (answered as 502).
 */
export function responseOf(payload: Uint8Array): RawResponse | undefined {
  const text = Buffer.from(payload).toString('utf8');
  let result: unknown;
  try {
    result = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isObject(result) || result.statusCode === undefined) {
    const body = typeof result === 'string' ? result : text;
    return { status: 200, headers: { 'content-type': 'application/json' }, body: Buffer.from(body) };
  }
  const status = Number(result.statusCode);
  if (!Number.isInteger(status) || status < 200 || status > 599) return undefined;
  const body =
    typeof result.body === 'string' ? result.body : result.body === undefined ? '' : JSON.stringify(result.body);
  return {
    status,
    headers: { 'content-type': 'application/json', ...headersOf(result.headers), ...cookiesOf(result.cookies) },
    body: Buffer.from(body, result.isBase64Encoded === true ? 'base64' : 'utf8'),
  };
}

function headersOf(headers: unknown): Record<string, string> {
  if (!isObject(headers)) return {};
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value)]));
}

function cookiesOf(cookies: unknown): Record<string, string[]> {
  return Array.isArray(cookies) && cookies.length > 0 ? { 'set-cookie': cookies.map(String) } : {};
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
