import { CATALOG, type ProtocolName, type ServiceFacts } from './catalog.ts';
import { header, type WireRequest } from './http.ts';
import { show } from './scalars.ts';
import { AwsError } from './service.ts';

export const DEFAULT_REGION = 'us-east-1';

/** What the head of a request tells: whom it is for and how it speaks. */
export interface Addressed {
  /** Missing where the service is none that is emulated. */
  readonly facts: ServiceFacts | undefined;
  /** The service as the request names it, for the refusal. */
  readonly serviceName: string;
  readonly protocol: ProtocolName;
  /** Known from the head in the RPC protocols; in the query protocol it stands in the body, in REST in the route. */
  readonly operationName: string | undefined;
  readonly region: string;
  readonly accessKeyId: string;
  /** Why the request cannot be served however its body reads. */
  readonly refusal?: AwsError;
}

type Head = Omit<WireRequest, 'body'>;

const bySigningName = new Map(CATALOG.map((facts) => [facts.signingName, facts]));
const byTarget = new Map(CATALOG.flatMap((facts) => (facts.target === undefined ? [] : [[facts.target, facts]])));
const byApiVersion = new Map(CATALOG.flatMap((facts) => (facts.query ? [[facts.query.version, facts]] : [])));

/** Finds the service and the protocol from SigV4 scope, `X-Amz-Target`, path and content type, in this order of trust. */
export function identify(head: Head): Addressed {
  const scope = credentialScope(head);
  const base = { region: scope?.region ?? DEFAULT_REGION, accessKeyId: scope?.accessKeyId ?? '' };
  const rpc = /^\/service\/([^/]+)\/operation\/([^/]+)$/.exec(head.path);
  if (rpc?.[1] !== undefined) return { ...base, ...rpcV2(head, rpc[1], rpc[2] ?? '') };
  const target = header(head, 'x-amz-target');
  if (target !== undefined) return { ...base, ...awsJson(head, target) };
  const bySignature = scope ? bySigningName.get(scope.service) : undefined;
  if (isQuery(head, bySignature, scope !== undefined)) return { ...base, ...query(head, bySignature, scope?.service) };
  const facts = scope ? bySignature : byPath(head.path);
  return {
    ...base,
    facts,
    serviceName: scope?.service ?? facts?.id ?? 'unknown',
    protocol: facts?.protocol ?? 'restJson1',
    operationName: undefined,
  };
}

type Named = Omit<Addressed, 'region' | 'accessKeyId'>;

function rpcV2(head: Head, service: string, operationName: string): Named {
  const json = header(head, 'smithy-protocol') === 'rpc-v2-json' || contentType(head) === 'application/json';
  const serviceName = lastPart(decodeURIComponentSafe(service));
  return {
    facts: byTarget.get(serviceName),
    serviceName,
    protocol: json ? 'rpcv2Json' : 'rpcv2Cbor',
    operationName: decodeURIComponentSafe(operationName),
  };
}

function awsJson(head: Head, target: string): Named {
  const type = contentType(head);
  const parts = target.split('.');
  const operationName = parts.pop() ?? '';
  // The CLI writes CloudTrail's target in full: `com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.LookupEvents`.
  const serviceName = parts.pop() ?? '';
  const facts = byTarget.get(serviceName);
  const protocol = type === 'application/x-amz-json-1.0' ? 'awsJson1_0' : 'awsJson1_1';
  if (type !== 'application/json' && type !== 'application/x-amz-json-1.0' && type !== 'application/x-amz-json-1.1') {
    const why = `X-Amz-Target needs the content type application/x-amz-json-1.0 or -1.1, not ${show(type)}`;
    const refusal = new AwsError('UnknownOperationException', why, {}, 404);
    return { facts, serviceName, protocol, operationName, refusal };
  }
  return { facts, serviceName, protocol, operationName };
}

function query(head: Head, bySignature: ServiceFacts | undefined, signingName: string | undefined): Named {
  const version = new URLSearchParams(head.query).get('Version');
  const facts = bySignature ?? (version === null ? undefined : byApiVersion.get(version));
  return { facts, serviceName: signingName ?? facts?.id ?? 'unknown', protocol: 'awsQuery', operationName: undefined };
}

function isQuery(head: Head, facts: ServiceFacts | undefined, signed: boolean): boolean {
  if (head.path !== '/' && head.path !== '') return false;
  if (facts && !facts.query) return false;
  if (signed && !facts && contentType(head) !== 'application/x-www-form-urlencoded') return false;
  return contentType(head) === 'application/x-www-form-urlencoded' || /(^|&)Action=/.test(head.query) || !!facts?.query;
}

/** Requests without a signature: Lambda's and Route 53's paths begin with an API date, everything else is S3 (public objects). */
function byPath(path: string): ServiceFacts | undefined {
  if (path.startsWith('/2013-04-01/')) return bySigningName.get('route53');
  return bySigningName.get(/^\/20\d\d-\d\d-\d\d\//.test(path) ? 'lambda' : 's3');
}

/** The query API's service where only the body can tell (an unsigned form). */
export function factsOfApiVersion(version: string | undefined): ServiceFacts | undefined {
  return version === undefined ? undefined : byApiVersion.get(version);
}

interface Scope {
  readonly accessKeyId: string;
  readonly region: string;
  readonly service: string;
}

const SCOPE = /(?:^|[ ,])Credential=([^/,\s]+)\/\d{8}\/([^/,\s]+)\/([^/,\s]+)\/aws4_request/;

function credentialScope(head: Head): Scope | undefined {
  const authorization = header(head, 'authorization');
  const text =
    authorization === undefined && head.query.includes('X-Amz-Credential')
      ? ` Credential=${new URLSearchParams(head.query).get('X-Amz-Credential') ?? ''}`
      : authorization;
  const match = text === undefined ? null : SCOPE.exec(text);
  const [, accessKeyId, region, service] = match ?? [];
  return accessKeyId && region && service ? { accessKeyId, region, service } : undefined;
}

function contentType(head: Head): string {
  return (header(head, 'content-type') ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
}

function lastPart(name: string): string {
  return name.slice(name.lastIndexOf('.') + 1);
}

function decodeURIComponentSafe(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new AwsError('InvalidURI', "Couldn't parse the specified URI.");
  }
}
