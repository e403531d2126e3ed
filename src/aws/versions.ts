import { createHash } from 'node:crypto';
import type { FunctionConfiguration } from '@aws-sdk/client-lambda';
import type { Clock } from '../app/ports/clock.ts';
import { AwsProblem } from '../app/ports/problem.ts';
import type { VersionFacts, Versions } from '../app/ports/versions.ts';
import type { Clients } from './clients.ts';
import { call, callOrMissing } from './problem.ts';

/** Lambda answers at most 50 versions a page; a function has no more than some thousands. */
const PAGE_SIZE = 50;
const MAX_PAGES = 200;
/** An upload of 50 MB over a slow line. */
const UPLOAD_TIMEOUT_MS = 120_000;
/** Lambda's own limit for a zip that is sent directly. */
const MAX_ZIP_BYTES = 50 * 1024 * 1024;
/** Functions in a VPC or with a large image take minutes to become active; ten is a fault. */
const READY_TIMEOUT_MS = 10 * 60_000;
const READY_POLL_MS = 1_000;
/** The local AWS is ready within milliseconds. */
const READY_POLL_LOCAL_MS = 50;

/** Published versions and `$LATEST` at Lambda. */
export function createVersions(clients: Clients, clock: Clock): Versions {
  return {
    async get(functionName, version) {
      return callOrMissing('lambda:GetFunctionConfiguration', async () => {
        const lambda = await clients.lambda();
        return factsOf(await lambda.getFunctionConfiguration({ FunctionName: functionName, Qualifier: version }));
      });
    },
    list: (functionName, limit) => listPublished(clients, functionName, limit),
    async uploadCode(functionName, zip) {
      if (zip.byteLength > MAX_ZIP_BYTES)
        throw new AwsProblem(
          'invalid',
          'UpdateFunctionCode',
          'RequestEntityTooLarge',
          `the zip has ${zip.byteLength} bytes, Lambda takes at most ${MAX_ZIP_BYTES} directly: put it in S3 and publish a version from there`,
        );
      await waitUntilReady(clients, clock, functionName, '$LATEST');
      await call('lambda:UpdateFunctionCode', async () => {
        const lambda = await clients.lambda();
        await lambda.updateFunctionCode(
          { FunctionName: functionName, ZipFile: zip },
          { requestTimeout: UPLOAD_TIMEOUT_MS },
        );
      });
      return waitUntilReady(clients, clock, functionName, '$LATEST');
    },
    async publish(functionName, expectedCodeSha256, description) {
      const published = await call('lambda:PublishVersion', async () => {
        const lambda = await clients.lambda();
        return lambda.publishVersion({
          FunctionName: functionName,
          CodeSha256: expectedCodeSha256,
          Description: description,
        });
      });
      const facts = factsOf(published);
      return facts.state === 'Active' ? facts : waitUntilReady(clients, clock, functionName, facts.version);
    },
  };
}

/** Lambda lists oldest first, so the newest are known only at the end. */
async function listPublished(clients: Clients, functionName: string, limit: number): Promise<readonly VersionFacts[]> {
  return call('lambda:ListVersionsByFunction', async () => {
    const lambda = await clients.lambda();
    let newest: VersionFacts[] = [];
    let marker: string | undefined;
    for (let page = 0; page < MAX_PAGES; page++) {
      const answer = await lambda.listVersionsByFunction({
        FunctionName: functionName,
        MaxItems: PAGE_SIZE,
        ...(marker === undefined ? {} : { Marker: marker }),
      });
      const published = (answer.Versions ?? []).map(factsOf).filter(({ version }) => version !== '$LATEST');
      newest = [...newest, ...published].sort((a, b) => Number(b.version) - Number(a.version)).slice(0, limit);
      marker = answer.NextMarker;
      if (!marker) break;
    }
    return newest;
  });
}

/** Waits until the version can be invoked and its last update is done. Throws an {@link AwsProblem} where it never will. */
async function waitUntilReady(
  clients: Clients,
  clock: Clock,
  functionName: string,
  version: string,
): Promise<VersionFacts> {
  const operation = 'GetFunctionConfiguration';
  const deadline = clock.now() + READY_TIMEOUT_MS;
  for (;;) {
    const facts = await call('lambda:GetFunctionConfiguration', async () => {
      const lambda = await clients.lambda();
      return factsOf(await lambda.getFunctionConfiguration({ FunctionName: functionName, Qualifier: version }));
    });
    const name = `${functionName}:${version}`;
    const why = facts.stateReason ?? 'Lambda gave no reason';
    if (facts.state === 'Failed')
      throw new AwsProblem('invalid', operation, 'StateFailed', `${name} is in state Failed: ${why}`);
    if (facts.lastUpdateStatus === 'Failed')
      throw new AwsProblem('invalid', operation, 'LastUpdateFailed', `the last update of ${name} failed: ${why}`);
    const updated = facts.lastUpdateStatus === undefined || facts.lastUpdateStatus === 'Successful';
    // Inactive: Lambda took the resources of an idle function back; the next invocation starts it again.
    if ((facts.state === 'Active' || facts.state === 'Inactive') && updated) return facts;
    if (clock.now() >= deadline)
      throw new AwsProblem(
        'unavailable',
        operation,
        'NotReadyInTime',
        `${name} is still ${facts.state} (last update ${facts.lastUpdateStatus ?? 'unknown'}) after ${READY_TIMEOUT_MS / 60_000} minutes: ${why}`,
      );
    await clock.sleep(clients.local ? READY_POLL_LOCAL_MS : READY_POLL_MS);
  }
}

/** Lambda's configuration as far as a release needs it. */
export function factsOf(configuration: FunctionConfiguration): VersionFacts {
  const { LoggingConfig: logging, FunctionName: name = '' } = configuration;
  const stateReason = configuration.StateReason ?? configuration.LastUpdateStatusReason;
  return {
    version: configuration.Version ?? '$LATEST',
    codeSha256: configuration.CodeSha256 ?? '',
    configHash: configHashOf(configuration),
    runtime: configuration.Runtime ?? (configuration.PackageType === 'Image' ? 'image' : ''),
    // Older functions and versions are answered without a state: they have been active for years.
    state: configuration.State ?? 'Active',
    ...(stateReason === undefined ? {} : { stateReason }),
    ...(configuration.LastUpdateStatus === undefined ? {} : { lastUpdateStatus: configuration.LastUpdateStatus }),
    timeoutMs: (configuration.Timeout ?? DEFAULT_TIMEOUT_S) * 1_000,
    memoryMb: configuration.MemorySize ?? DEFAULT_MEMORY_MB,
    role: configuration.Role ?? '',
    logGroup: logging?.LogGroup ?? `/aws/lambda/${name}`,
    logFormat: logging?.LogFormat === 'JSON' ? 'JSON' : 'Text',
    description: configuration.Description ?? '',
    ...(configuration.LastModified === undefined ? {} : { publishedAt: configuration.LastModified }),
  };
}

/** What Lambda uses where nothing was set. */
const DEFAULT_TIMEOUT_S = 3;
const DEFAULT_MEMORY_MB = 128;

/**
 * What a published version freezes besides code, runtime, timeout, memory and role. Not the description, which publishing
 * sets, nor the runtime's patch level, which AWS moves by itself.
 */
function configHashOf(configuration: FunctionConfiguration): string {
  const frozen = [
    configuration.Handler,
    configuration.Environment?.Variables,
    configuration.Layers?.map(({ Arn }) => Arn),
    configuration.VpcConfig?.SubnetIds?.toSorted(),
    configuration.VpcConfig?.SecurityGroupIds?.toSorted(),
    configuration.DeadLetterConfig?.TargetArn,
    configuration.KMSKeyArn,
    configuration.TracingConfig?.Mode,
    configuration.FileSystemConfigs,
    configuration.ImageConfigResponse?.ImageConfig,
    configuration.PackageType,
    configuration.Architectures,
    configuration.EphemeralStorage?.Size,
    configuration.SnapStart?.ApplyOn,
    configuration.LoggingConfig,
  ];
  return createHash('sha256').update(canonical(frozen)).digest('hex');
}

/** JSON with sorted names; what is empty and what is absent read the same. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? 'null' : `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return entries.length === 0
    ? 'null'
    : `{${entries.map(([k, v]) => `${JSON.stringify(k)}:${canonical(v)}`).join(',')}}`;
}
