import type { RecordedCall } from '../links.ts';
import type { ServiceId } from '../wire/service.ts';

/** Operations that CloudTrail keeps as data events, which `LookupEvents` does not list, or does not keep at all. */
const DATA_EVENTS: Readonly<Record<ServiceId, RegExp>> = {
  lambda: /^Invoke/,
  cloudwatch: /^(PutMetricData|GetMetricData|GetMetricStatistics|GetMetricWidgetImage|ListMetrics)$/,
  'cloudwatch-logs': /^(PutLogEvents|GetLogEvents|FilterLogEvents|StartLiveTail|GetLogObject)$/,
  sts: /^$/,
  sns: /^Publish/,
  s3: /^(Get|Put|Head|Delete|Copy|List)Objects?(V2)?$|Multipart|^UploadPart/,
  codedeploy: /^$/,
  cloudtrail: /^$/,
  cloudformation: /^$/,
  'route-53': /^$/,
  'api-gateway': /^$/,
};

/** Lambda's event names carry the date of the API they came with, and some a `v2` behind it. */
const LAMBDA_NAMES: Readonly<Record<string, string>> = Object.fromEntries(
  [
    'AddPermission20150331v2',
    'CreateAlias20150331',
    'CreateFunction20150331',
    'DeleteAlias20150331',
    'DeleteFunction20150331',
    'DeleteFunctionConcurrency20171031',
    'GetAccountSettings20160819',
    'GetAlias20150331',
    'GetFunction20150331v2',
    'GetFunctionConfiguration20150331v2',
    'GetPolicy20150331v2',
    'ListAliases20150331',
    'ListFunctions20150331',
    'ListTags20170331',
    'ListVersionsByFunction20150331',
    'PublishVersion20150331',
    'PutFunctionConcurrency20171031',
    'RemovePermission20150331v2',
    'TagResource20170331v2',
    'UntagResource20170331v2',
    'UpdateAlias20150331',
    'UpdateFunctionCode20150331v2',
    'UpdateFunctionConfiguration20150331v2',
  ].map((name) => [name.replace(/\d{8}(v2)?$/, ''), name]),
);

/** True for what CloudTrail's event history lists. */
export function isManagementEvent(call: RecordedCall): boolean {
  return !DATA_EVENTS[call.service as ServiceId]?.test(call.operation);
}

export function isReadOnly(operation: string): boolean {
  return /^(Get|List|Describe|Head|Lookup|BatchGet|Filter|Test)/.test(operation);
}

/** The name CloudTrail files a call under. */
export function eventNameOf(service: string, operation: string): string {
  return (service === 'lambda' ? LAMBDA_NAMES[operation] : undefined) ?? operation;
}

export interface TrailResource {
  readonly ResourceType: string;
  readonly ResourceName: string;
}

type ResourceMember = readonly [member: string, type: string];

/** The input members (and created ARNs in the output) that name what a call was about. */
const RESOURCE_MEMBERS: Readonly<Record<ServiceId, readonly ResourceMember[]>> = {
  lambda: [
    ['FunctionName', 'AWS::Lambda::Function'],
    ['FunctionArn', 'AWS::Lambda::Function'],
    ['Resource', 'AWS::Lambda::Function'],
    ['AliasArn', 'AWS::Lambda::Alias'],
    ['Role', 'AWS::IAM::Role'],
  ],
  cloudwatch: [
    ['AlarmName', 'AWS::CloudWatch::Alarm'],
    ['AlarmNames', 'AWS::CloudWatch::Alarm'],
    ['DashboardName', 'AWS::CloudWatch::Dashboard'],
  ],
  'cloudwatch-logs': [['logGroupName', 'AWS::Logs::LogGroup']],
  sts: [],
  sns: [
    ['Name', 'AWS::SNS::Topic'],
    ['TopicArn', 'AWS::SNS::Topic'],
    ['SubscriptionArn', 'AWS::SNS::Subscription'],
  ],
  s3: [['Bucket', 'AWS::S3::Bucket']],
  codedeploy: [['deploymentId', 'AWS::CodeDeploy::Deployment']],
  cloudtrail: [],
  cloudformation: [['StackName', 'AWS::CloudFormation::Stack']],
  'route-53': [['HostedZoneId', 'AWS::Route53::HostedZone']],
  'api-gateway': [['restApiId', 'AWS::ApiGateway::RestApi']],
};

/** What a call was about, as `LookupEvents` lists and searches it. Takes the scrubbed input and output. */
export function resourcesOf(service: string, input: unknown, output: unknown): TrailResource[] {
  const found = new Map<string, TrailResource>();
  for (const [member, type] of RESOURCE_MEMBERS[service as ServiceId] ?? []) {
    for (const source of [input, output]) {
      const value = (source as Readonly<Record<string, unknown>> | undefined)?.[member];
      for (const name of Array.isArray(value) ? value : [value]) {
        if (typeof name === 'string' && name !== '')
          found.set(`${type} ${name}`, { ResourceType: type, ResourceName: name });
      }
    }
  }
  return [...found.values()];
}

/** Text longer than this is cut: the record is for people, and must not keep whole bodies alive. */
const MAX_TEXT = 2_000;
const MAX_ITEMS = 100;
const MAX_DEPTH = 12;
const SECRET = /^(zipfile|payload|body|secret|password|token|environment|variables|kmskey)/i;

/** A copy fit to keep: camelCase names as CloudTrail writes them are made later; blobs, secrets and long texts go. */
export function scrub(value: unknown, depth = 0): unknown {
  if (value instanceof Uint8Array) return undefined;
  if (value instanceof Date) return value.toISOString();
  if (typeof value === 'string') return value.length > MAX_TEXT ? `${value.slice(0, MAX_TEXT)}...` : value;
  if (typeof value === 'bigint') return String(value);
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= MAX_DEPTH || Symbol.asyncIterator in value) return undefined;
  if (Array.isArray(value)) return value.slice(0, MAX_ITEMS).map((item) => scrub(item, depth + 1));
  const entries = Object.entries(value).filter(([name]) => !SECRET.test(name));
  return Object.fromEntries(entries.map(([name, item]) => [name, scrub(item, depth + 1)]));
}

/** CloudTrail writes members with a small first letter. */
export function lowerCamel(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(lowerCamel);
  if (typeof value !== 'object' || value === null) return value;
  const lower = ([name, item]: [string, unknown]) => [name.charAt(0).toLowerCase() + name.slice(1), lowerCamel(item)];
  return Object.fromEntries(Object.entries(value).map(lower));
}
