import type { ServiceId } from './service.ts';

export type ProtocolName =
  | 'restJson1'
  | 'restXml'
  | 'awsJson1_0'
  | 'awsJson1_1'
  | 'awsQuery'
  | 'rpcv2Cbor'
  | 'rpcv2Json';

export interface ErrorFacts {
  readonly code: string;
  readonly message: string;
  readonly status: number;
  readonly members?: Readonly<Record<string, unknown>>;
}

/** What the schemas do not say about a service: how it is addressed, and its general errors. */
export interface ServiceFacts {
  readonly id: ServiceId;
  /** The service part of the SigV4 credential scope. */
  readonly signingName: string;
  /** `X-Amz-Target` prefix, also the service name in RPC v2 paths. */
  readonly target?: string;
  readonly protocol: ProtocolName;
  /** Present where the service speaks the query protocol. */
  readonly query?: { readonly version: string; readonly namespace: string };
  /** True where JSON and CBOR answers carry the query protocol's error code in `x-amzn-query-error`. */
  readonly queryCompatible: boolean;
  /** The service's own name in CloudTrail. */
  readonly eventSource: string;
  /** The code under which a missing required member is refused; a service without one names such members itself. */
  readonly validationCode?: string;
  /** REST XML other than S3's: the namespace of its documents; its errors stand in an `ErrorResponse`. */
  readonly xmlNamespace?: string;
  readonly throttle: ErrorFacts;
  readonly fault: ErrorFacts;
  /** The largest request body; above it the answer is 413. */
  readonly maxBodyBytes: number;
  readonly load: () => Promise<object>;
}

const MB = 1024 * 1024;
/** Above the largest request of the services that take no files (PutLogEvents and PutMetricData: 1 MB, compressed less). */
const GENERAL_BODY_BYTES = 10 * MB;
/** A zip of 50 MB in base64 with room for the rest; Lambda's own limit for CreateFunction is 69,905,067 bytes. */
const LAMBDA_BODY_BYTES = 70 * MB;
/** Larger than the largest code package Lambda takes from S3 (250 MB unzipped). */
const S3_BODY_BYTES = 256 * MB;

const throttling: ErrorFacts = { code: 'ThrottlingException', message: 'Rate exceeded', status: 400 };
const queryThrottling: ErrorFacts = { code: 'Throttling', message: 'Rate exceeded', status: 400 };
const internalFailure: ErrorFacts = { code: 'InternalFailure', message: 'An internal error occurred', status: 500 };

export const CATALOG: readonly ServiceFacts[] = [
  {
    id: 'lambda',
    signingName: 'lambda',
    protocol: 'restJson1',
    queryCompatible: false,
    eventSource: 'lambda.amazonaws.com',
    validationCode: 'ValidationException',
    throttle: {
      code: 'TooManyRequestsException',
      message: 'Rate exceeded',
      status: 429,
      members: { Reason: 'CallerRateLimitExceeded' },
    },
    fault: {
      code: 'ServiceException',
      message: 'An internal error occurred',
      status: 500,
      members: { Type: 'Service' },
    },
    maxBodyBytes: LAMBDA_BODY_BYTES,
    load: () => import('@aws-sdk/client-lambda'),
  },
  {
    id: 'cloudwatch',
    signingName: 'monitoring',
    target: 'GraniteServiceVersion20100801',
    protocol: 'awsJson1_0',
    query: { version: '2010-08-01', namespace: 'http://monitoring.amazonaws.com/doc/2010-08-01/' },
    queryCompatible: true,
    eventSource: 'monitoring.amazonaws.com',
    validationCode: 'ValidationError',
    throttle: queryThrottling,
    fault: { code: 'InternalServiceFault', message: 'An internal error occurred', status: 500 },
    maxBodyBytes: GENERAL_BODY_BYTES,
    load: () => import('@aws-sdk/client-cloudwatch'),
  },
  {
    id: 'cloudwatch-logs',
    signingName: 'logs',
    target: 'Logs_20140328',
    protocol: 'awsJson1_1',
    queryCompatible: false,
    eventSource: 'logs.amazonaws.com',
    validationCode: 'InvalidParameterException',
    throttle: throttling,
    fault: { code: 'ServiceUnavailableException', message: 'The service cannot complete the request', status: 500 },
    maxBodyBytes: GENERAL_BODY_BYTES,
    load: () => import('@aws-sdk/client-cloudwatch-logs'),
  },
  {
    id: 'sts',
    signingName: 'sts',
    protocol: 'awsQuery',
    query: { version: '2011-06-15', namespace: 'https://sts.amazonaws.com/doc/2011-06-15/' },
    queryCompatible: false,
    eventSource: 'sts.amazonaws.com',
    validationCode: 'ValidationError',
    throttle: queryThrottling,
    fault: internalFailure,
    maxBodyBytes: GENERAL_BODY_BYTES,
    load: () => import('@aws-sdk/client-sts'),
  },
  {
    id: 'sns',
    signingName: 'sns',
    protocol: 'awsQuery',
    query: { version: '2010-03-31', namespace: 'http://sns.amazonaws.com/doc/2010-03-31/' },
    queryCompatible: false,
    eventSource: 'sns.amazonaws.com',
    validationCode: 'ValidationError',
    throttle: { code: 'ThrottledException', message: 'Rate exceeded', status: 429 },
    fault: { code: 'InternalErrorException', message: 'An internal error occurred', status: 500 },
    maxBodyBytes: GENERAL_BODY_BYTES,
    load: () => import('@aws-sdk/client-sns'),
  },
  {
    id: 's3',
    signingName: 's3',
    protocol: 'restXml',
    queryCompatible: false,
    eventSource: 's3.amazonaws.com',
    validationCode: 'InvalidRequest',
    throttle: { code: 'SlowDown', message: 'Please reduce your request rate.', status: 503 },
    fault: { code: 'InternalError', message: 'We encountered an internal error. Please try again.', status: 500 },
    maxBodyBytes: S3_BODY_BYTES,
    load: () => import('@aws-sdk/client-s3'),
  },
  {
    id: 'codedeploy',
    signingName: 'codedeploy',
    target: 'CodeDeploy_20141006',
    protocol: 'awsJson1_1',
    queryCompatible: false,
    eventSource: 'codedeploy.amazonaws.com',
    throttle: throttling,
    fault: internalFailure,
    maxBodyBytes: GENERAL_BODY_BYTES,
    load: () => import('@aws-sdk/client-codedeploy'),
  },
  {
    id: 'cloudtrail',
    signingName: 'cloudtrail',
    target: 'CloudTrail_20131101',
    protocol: 'awsJson1_1',
    queryCompatible: false,
    eventSource: 'cloudtrail.amazonaws.com',
    validationCode: 'ValidationException',
    throttle: throttling,
    fault: internalFailure,
    maxBodyBytes: GENERAL_BODY_BYTES,
    load: () => import('@aws-sdk/client-cloudtrail'),
  },
  {
    id: 'cloudformation',
    signingName: 'cloudformation',
    protocol: 'awsQuery',
    query: { version: '2010-05-15', namespace: 'http://cloudformation.amazonaws.com/doc/2010-05-15/' },
    queryCompatible: false,
    eventSource: 'cloudformation.amazonaws.com',
    validationCode: 'ValidationError',
    throttle: queryThrottling,
    fault: internalFailure,
    maxBodyBytes: GENERAL_BODY_BYTES,
    load: () => import('@aws-sdk/client-cloudformation'),
  },
  {
    id: 'route-53',
    signingName: 'route53',
    protocol: 'restXml',
    queryCompatible: false,
    eventSource: 'route53.amazonaws.com',
    validationCode: 'InvalidInput',
    xmlNamespace: 'https://route53.amazonaws.com/doc/2013-04-01/',
    throttle: queryThrottling,
    fault: internalFailure,
    maxBodyBytes: GENERAL_BODY_BYTES,
    load: () => import('@aws-sdk/client-route-53'),
  },
  {
    id: 'api-gateway',
    signingName: 'apigateway',
    protocol: 'restJson1',
    queryCompatible: false,
    eventSource: 'apigateway.amazonaws.com',
    validationCode: 'BadRequestException',
    throttle: { code: 'TooManyRequestsException', message: 'Too Many Requests', status: 429 },
    fault: internalFailure,
    maxBodyBytes: GENERAL_BODY_BYTES,
    load: () => import('@aws-sdk/client-api-gateway'),
  },
];

/** For services that are not emulated at all: enough to refuse them in their own protocol. */
export const UNKNOWN_SERVICE_BODY_BYTES = GENERAL_BODY_BYTES;

const byId = new Map(CATALOG.map((facts) => [facts.id, facts]));

export function factsOf(id: ServiceId): ServiceFacts {
  const facts = byId.get(id);
  if (!facts) throw new Error(`no such service: ${id}`);
  return facts;
}
