import type { APIGateway } from '@aws-sdk/client-api-gateway';
import type { CloudFormation } from '@aws-sdk/client-cloudformation';
import type { CloudTrail } from '@aws-sdk/client-cloudtrail';
import type { CloudWatch } from '@aws-sdk/client-cloudwatch';
import type { CloudWatchLogs } from '@aws-sdk/client-cloudwatch-logs';
import type { CodeDeploy } from '@aws-sdk/client-codedeploy';
import type { IAM } from '@aws-sdk/client-iam';
import type { Lambda } from '@aws-sdk/client-lambda';
import type { Route53 } from '@aws-sdk/client-route-53';
import type { S3 } from '@aws-sdk/client-s3';
import type { SecretsManager } from '@aws-sdk/client-secrets-manager';
import type { SNS } from '@aws-sdk/client-sns';
import type { SSM } from '@aws-sdk/client-ssm';
import type { STS } from '@aws-sdk/client-sts';
import type { Clock } from '../app/ports/clock.ts';
import { systemClock } from './clock.ts';
import { type CredentialSource, freshCredentials } from './credentials.ts';
import { type Governed, govern } from './governor.ts';
import { AWS_QUOTAS, createBudgets, NO_QUOTAS, type Quotas } from './quotas.ts';

export interface AwsOptions {
  readonly region?: string;
  /** Every service is called here; without it the SDK's own `AWS_ENDPOINT_URL*` variables count. */
  readonly endpointUrl?: string;
  readonly profile?: string;
  /** Only the local AWS is meant: credentials of the environment are not looked at. */
  readonly localOnly?: boolean;
  /** What this process may ask a second; AWS's own quotas where it is not given, and none for an AWS on this machine. */
  readonly quotas?: Quotas;
}

/** Each client is imported and made at its first use: importing one costs about 60 ms, and most commands need one. */
export interface Clients {
  lambda(): Promise<Lambda>;
  /** For invocations: as long as a Lambda may run, and never sent twice. */
  invoker(): Promise<Lambda>;
  /** The same for many invocations at a time. */
  loader(): Promise<Lambda>;
  iam(): Promise<IAM>;
  logs(): Promise<CloudWatchLogs>;
  /** For live tail: the answer has no end, so only silence is a time-out. */
  tail(): Promise<CloudWatchLogs>;
  cloudwatch(): Promise<CloudWatch>;
  codedeploy(): Promise<CodeDeploy>;
  cloudtrail(): Promise<CloudTrail>;
  cloudformation(): Promise<CloudFormation>;
  sts(): Promise<STS>;
  s3(): Promise<S3>;
  /** In the region of the topic, which may be another one. */
  sns(region: string): Promise<SNS>;
  /** Route 53 is one for all regions; it is called in us-east-1. */
  route53(): Promise<Route53>;
  apiGateway(): Promise<APIGateway>;
  /** In this region; empty for the usual one. */
  secretsManager(region: string): Promise<SecretsManager>;
  ssm(region: string): Promise<SSM>;
  /** The AWS has no quotas, as it is on this machine: it may be asked more often than a real one. */
  readonly local: boolean;
  readonly quotas: Quotas;
  readonly profile: string | undefined;
  /** Closes idle connections and ends live ones. */
  close(): void;
}

type Environment = Readonly<Record<string, string | undefined>>;

const CONNECT_TIMEOUT_MS = 1_000;
const REQUEST_TIMEOUT_MS = 5_000;
/** Lambda's own limit is 15 minutes; the rest is for the answer to travel. */
const INVOKE_TIMEOUT_MS = 15 * 60_000 + 30_000;
/** As many as a load may have under way. */
const MAX_LOAD_SOCKETS = 500;
/** Live tail sends an update every second, empty ones too; this much silence is a dead line. */
const TAIL_SILENCE_MS = 15_000;
/** The SDK bridges one lost packet or one throttled call, for callers that do not try again by themselves. */
const MAX_ATTEMPTS = 3;
/** What a user may set with `AWS_MAX_ATTEMPTS`: more would outlast the callers' patience. */
const MOST_ATTEMPTS = 10;

/** Makes the clients of one run. `env` is the process's environment; tests hand in their own. */
export function createClients(
  options: AwsOptions,
  env: Environment = process.env,
  clock: Clock = systemClock,
): Clients {
  const local = isLoopback(endpointOf(options, env, 'LAMBDA'));
  const quotas = options.quotas ?? (local ? NO_QUOTAS : AWS_QUOTAS);
  const budgets = createBudgets(clock, quotas);
  const profile = options.profile ?? env.AWS_PROFILE;
  const credentials = freshCredentials(clock, profile === undefined ? {} : { profile });
  const made: { destroy(): void }[] = [];
  const keep = <T extends Governed & { destroy(): void }>(client: T): T => {
    made.push(client);
    return govern(client, { budgets, onRefusedCredentials: credentials.forget });
  };
  const settings = (service: string): ReturnType<typeof settingsOf> => settingsOf(options, env, service, credentials);
  const ordinary = { maxAttempts: attemptsOf(env.AWS_MAX_ATTEMPTS), requestHandler: handler(REQUEST_TIMEOUT_MS) };
  return {
    lambda: once(async () => {
      const { Lambda } = await import('@aws-sdk/client-lambda');
      // Rollbacks are spared 0.1 ms of putting it together anew. All calls of an operation then share one context, so this
      // is for clients whose middleware keeps nothing there (CloudWatch's does).
      return keep(new Lambda({ ...settings('LAMBDA'), ...ordinary, cacheMiddleware: true }));
    }),
    invoker: once(async () => {
      const { Lambda } = await import('@aws-sdk/client-lambda');
      const requestHandler = handler(INVOKE_TIMEOUT_MS);
      return keep(new Lambda({ ...settings('LAMBDA'), maxAttempts: 1, requestHandler }));
    }),
    loader: once(async () => {
      const { Lambda } = await import('@aws-sdk/client-lambda');
      const agent = { keepAlive: true, maxSockets: MAX_LOAD_SOCKETS };
      const requestHandler = { ...handler(INVOKE_TIMEOUT_MS), httpAgent: agent, httpsAgent: agent };
      return keep(new Lambda({ ...settings('LAMBDA'), maxAttempts: 1, requestHandler }));
    }),
    iam: once(async () => {
      const { IAM } = await import('@aws-sdk/client-iam');
      return keep(new IAM({ ...settings('IAM'), ...ordinary }));
    }),
    logs: once(async () => {
      const { CloudWatchLogs } = await import('@aws-sdk/client-cloudwatch-logs');
      return keep(new CloudWatchLogs({ ...settings('CLOUDWATCH_LOGS'), ...ordinary }));
    }),
    tail: once(async () => {
      const { CloudWatchLogs } = await import('@aws-sdk/client-cloudwatch-logs');
      const requestHandler = { ...handler(REQUEST_TIMEOUT_MS), socketTimeout: TAIL_SILENCE_MS };
      return keep(new CloudWatchLogs({ ...settings('CLOUDWATCH_LOGS'), maxAttempts: 1, requestHandler }));
    }),
    cloudwatch: once(async () => {
      const [{ CloudWatch }, { writingQueriesPlainly }] = await Promise.all([
        import('@aws-sdk/client-cloudwatch'),
        import('./plain-queries.ts'),
      ]);
      return keep(writingQueriesPlainly(new CloudWatch({ ...settings('CLOUDWATCH'), ...ordinary })));
    }),
    codedeploy: once(async () => {
      const { CodeDeploy } = await import('@aws-sdk/client-codedeploy');
      return keep(new CodeDeploy({ ...settings('CODEDEPLOY'), ...ordinary }));
    }),
    cloudtrail: once(async () => {
      const { CloudTrail } = await import('@aws-sdk/client-cloudtrail');
      return keep(new CloudTrail({ ...settings('CLOUDTRAIL'), ...ordinary }));
    }),
    cloudformation: once(async () => {
      const { CloudFormation } = await import('@aws-sdk/client-cloudformation');
      return keep(new CloudFormation({ ...settings('CLOUDFORMATION'), ...ordinary }));
    }),
    sts: once(async () => {
      const { STS } = await import('@aws-sdk/client-sts');
      return keep(new STS({ ...settings('STS'), ...ordinary }));
    }),
    s3: once(async () => {
      const { S3 } = await import('@aws-sdk/client-s3');
      // An endpoint of one's own has no host name for each bucket; at AWS the bucket may lie in another region.
      const forcePathStyle = endpointOf(options, env, 'S3') !== undefined;
      return keep(new S3({ ...settings('S3'), ...ordinary, forcePathStyle, followRegionRedirects: true }));
    }),
    route53: once(async () => {
      const { Route53 } = await import('@aws-sdk/client-route-53');
      return keep(new Route53({ ...settings('ROUTE_53'), ...ordinary, region: 'us-east-1' }));
    }),
    apiGateway: once(async () => {
      const { APIGateway } = await import('@aws-sdk/client-api-gateway');
      return keep(new APIGateway({ ...settings('API_GATEWAY'), ...ordinary }));
    }),
    sns: onceFor(async (region) => {
      const { SNS } = await import('@aws-sdk/client-sns');
      return keep(new SNS({ ...settings('SNS'), ...ordinary, region }));
    }),
    secretsManager: onceFor(async (region) => {
      const { SecretsManager } = await import('@aws-sdk/client-secrets-manager');
      return keep(new SecretsManager({ ...settings('SECRETS_MANAGER'), ...ordinary, ...inRegion(region) }));
    }),
    ssm: onceFor(async (region) => {
      const { SSM } = await import('@aws-sdk/client-ssm');
      return keep(new SSM({ ...settings('SSM'), ...ordinary, ...inRegion(region) }));
    }),
    local: quotas === NO_QUOTAS,
    quotas,
    profile,
    close() {
      for (const client of made.splice(0)) client.destroy();
    },
  };
}

/** Where a service is called, where that is not AWS itself. `service` as in `AWS_ENDPOINT_URL_CLOUDWATCH_LOGS`. */
function endpointOf(options: AwsOptions, env: Environment, service: string): string | undefined {
  if (options.endpointUrl !== undefined) return options.endpointUrl;
  if (env.AWS_IGNORE_CONFIGURED_ENDPOINT_URLS === 'true') return undefined;
  return env[`AWS_ENDPOINT_URL_${service}`] ?? env.AWS_ENDPOINT_URL;
}

function settingsOf(options: AwsOptions, env: Environment, service: string, credentials: CredentialSource) {
  const endpoint = endpointOf(options, env, service);
  const local = isLoopback(endpoint);
  // The SDK reads AWS_REGION only; the AWS CLI's users set the other one.
  const region = options.region ?? env.AWS_REGION ?? env.AWS_DEFAULT_REGION ?? (local ? LOCAL_REGION : undefined);
  const named = options.localOnly ? undefined : (options.profile ?? env.AWS_PROFILE ?? env.AWS_ACCESS_KEY_ID);
  return {
    ...(region === undefined ? {} : { region }),
    ...(options.profile === undefined ? {} : { profile: options.profile }),
    // Live tail and others put a label before the host name, which an address of one's own does not have.
    ...(endpoint === undefined ? {} : { endpoint, disableHostPrefix: true }),
    // A machine without an AWS account has no credentials, and looking for some takes seconds.
    credentials: local && named === undefined ? LOCAL_CREDENTIALS : credentials.provide,
  };
}

const LOCAL_REGION = 'us-east-1';
const LOCAL_CREDENTIALS = { accessKeyId: 'local', secretAccessKey: 'local' };

function attemptsOf(text: string | undefined): number {
  const attempts = Number(text);
  return Number.isInteger(attempts) && attempts >= 1 ? Math.min(attempts, MOST_ATTEMPTS) : MAX_ATTEMPTS;
}

function handler(requestTimeout: number) {
  return { connectionTimeout: CONNECT_TIMEOUT_MS, requestTimeout, throwOnRequestTimeout: true };
}

function isLoopback(endpoint: string | undefined): boolean {
  if (endpoint === undefined || !URL.canParse(endpoint)) return false;
  const { hostname } = new URL(endpoint);
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname);
}

/** Runs `make` at the first call and hands the same promise to all; a failed attempt is tried again. */
function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make().catch((error: unknown) => {
      made = undefined;
      throw error;
    });
    return made;
  };
}

/** The same for each value apart. */
function onceFor<T>(make: (key: string) => Promise<T>): (key: string) => Promise<T> {
  const made = new Map<string, () => Promise<T>>();
  return (key) => {
    const mine = made.get(key) ?? once(() => make(key));
    made.set(key, mine);
    return mine();
  };
}

/** Empty: the usual one. */
function inRegion(region: string): { readonly region?: string } {
  return region === '' ? {} : { region };
}
