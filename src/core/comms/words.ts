/** A term that customers need not know, and what to say instead. */
export interface Jargon {
  /** Lower case; matched as whole words, with an optional plural. */
  readonly terms: readonly string[];
  /** A sentence or word to use instead. */
  readonly instead: string;
}

const SLOWER = 'Some users may be experiencing slower response times.';
const ERRORS = 'Some users may be seeing errors.';
const AGAIN = 'Some requests may need a second try.';

/** Longer terms stand before the shorter ones that they contain. */
export const JARGON: readonly Jargon[] = [
  { terms: ['lambda cold start', 'cold start', 'coldstart', 'init duration'], instead: SLOWER },
  { terms: ['latency', 'p50', 'p90', 'p95', 'p99', 'percentile'], instead: SLOWER },
  { terms: ['error rate', '5xx', '500s', 'stack trace', 'exception', 'unhandled'], instead: ERRORS },
  { terms: ['http 500', 'http 502', 'http 503', 'http 504', 'status code'], instead: ERRORS },
  { terms: ['throttling', 'throttled', 'throttle', 'rate limited', 'rate limit', 'concurrency limit'], instead: AGAIN },
  { terms: ['timed out', 'timeout', 'time-out', '429'], instead: AGAIN },
  { terms: ['aws lambda', 'lambda function', 'lambda', 'serverless', 'function'], instead: 'the service' },
  { terms: ['api gateway', 'endpoint', 'backend', 'microservice', 'upstream', 'downstream'], instead: 'the service' },
  { terms: ['dynamodb', 's3 bucket', 'sqs', 'sns', 'cloudwatch', 'database', 'aws', 'ec2'], instead: 'our systems' },
  {
    terms: ['alias', 'canary', 'rollback', 'rolled back', 'roll back', 'deployment', 'deploy', 'release'],
    instead: 'a change that we made',
  },
  {
    terms: ['traffic shift', 'traffic weight', 'blue/green', 'reserved concurrency'],
    instead: 'a change that we made',
  },
  { terms: ['invocation', 'payload', 'event source'], instead: 'a request' },
  { terms: ['failover', 'availability zone', 'region', 'us-east-1', 'eu-west-1'], instead: 'one of our locations' },
  { terms: ['mitigated', 'mitigation', 'remediated', 'remediation'], instead: 'It has stopped.' },
  { terms: ['root cause', 'postmortem', 'sev-1', 'sev-2', 'sev-3', 'sev1', 'sev2', 'sev3'], instead: 'what happened' },
];

/** Words that say whose fault it was, or make more of it than it is. */
export const BLAME: readonly string[] = [
  'human error',
  'operator error',
  'careless',
  'carelessly',
  'negligent',
  'negligence',
  'our engineer',
  'an engineer',
  'a developer',
  'vendor fault',
  "amazon's fault",
  'fault of',
];

/** Words that only fit where nothing works at all. */
export const OUTAGE: readonly string[] = ['outage', 'completely down', 'total failure', 'all users'];

/** Promises of a time by which it is fixed. When the next update comes may be said, and should. */
export const PROMISES: readonly RegExp[] = [
  /\beta\b/i,
  /\b(?:fixed|resolved|restored|back(?: up| online| to normal)?|recover(?:ed)?|available)\b[^.!?\n]{0,40}\b(?:by|within|in)\s+(?:the next\s+)?(?:about\s+|approximately\s+)?(?:\d|an?\s+(?:hour|minute|few))/i,
  /\b(?:will|should|expect(?:ed)?(?: to)?)\b[^.!?\n]{0,40}\b(?:fix|resolve|restore|recover)(?:e?d)?\b[^.!?\n]{0,40}\b(?:shortly|soon|tomorrow|today|by|within)\b/i,
];

/** What names our insides: addresses, hosts, versions. */
export const INTERNAL_NAMES: readonly { readonly pattern: RegExp; readonly what: string }[] = [
  { pattern: /\barn:aws[\w-]*:\S+/i, what: 'an ARN' },
  { pattern: /\b(?:\d{1,3}\.){3}\d{1,3}\b/, what: 'an IP address' },
  { pattern: /\b[\w-]+(?:\.[\w-]+)*\.(?:internal|local|amazonaws\.com|corp|lan)\b/i, what: 'a host name' },
  { pattern: /\b(?:version|v)\s?\d+(?:\.\d+)*\b/i, what: 'a version number' },
  {
    pattern: /\b(?:us|eu|ap|sa|ca|me|af|il|mx)-(?:gov-)?(?:north|south|east|west|central)[a-z]*-\d\b/i,
    what: 'a region',
  },
];

/** What must never leave. The same patterns guard notes, messages and postmortems. */
export const SECRETS: readonly { readonly pattern: RegExp; readonly what: string }[] = [
  { pattern: /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/, what: 'an AWS access key id' },
  { pattern: /\baws_?secret_?access_?key\b\s*[=:]\s*\S{20,}/i, what: 'an AWS secret access key' },
  { pattern: /-----BEGIN (?:[A-Z]+ ){0,3}PRIVATE KEY-----/, what: 'a private key' },
  { pattern: /\beyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]{8,}/, what: 'a JSON web token' },
  { pattern: /\bxox[abeprs]-[\w-]{10,}/, what: 'a Slack token' },
  { pattern: /\bhooks\.slack\.com\/services\/\S+/i, what: 'a Slack webhook address' },
  { pattern: /\bgh[opsur]_[A-Za-z0-9]{30,}/, what: 'a GitHub token' },
  { pattern: /\bwhsec_[A-Za-z0-9+/=]{16,}/, what: 'a webhook secret' },
  { pattern: /\b(?:password|passwd|secret|api[_-]?key|token)\s*[=:]\s*[^\s,;]{6,}/i, what: 'a password or key' },
  { pattern: /\b[a-z][a-z0-9+.-]{1,20}:\/\/[^\s/:@]{1,80}:[^\s/@]{1,80}@/i, what: 'a password in an address' },
];

/** Personal data of customers, which no message and no note needs. */
export const PERSONAL: readonly { readonly pattern: RegExp; readonly what: string }[] = [
  { pattern: /\b[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}\b/, what: 'an email address' },
  { pattern: /\b\d{4}[ -]?\d{4}[ -]?\d{4}[ -]?\d{4}\b/, what: 'a card number' },
];
