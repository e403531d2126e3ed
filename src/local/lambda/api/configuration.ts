/** A function's configuration: from the calls that set it, and to the answers that show it. */
import { createHash } from 'node:crypto';
import type {
  CreateFunctionRequest,
  FunctionConfiguration,
  LastUpdateStatusReasonCode,
  LoggingConfig,
  Runtime,
  UpdateFunctionConfigurationRequest,
} from '@aws-sdk/client-lambda';
import { notEmulated } from '../../wire/service.ts';
import { invalidParameter } from './errors.ts';
import type { Configuration, Logging, VersionRecord } from './state.ts';
import { between, custom, matching, maxLength, oneOf, required, type Violations } from './validate.ts';

type Settings = CreateFunctionRequest | UpdateFunctionConfigurationRequest;

const ROLE = 'arn:(aws[a-zA-Z-]*)?:iam::\\d{12}:role/?[a-zA-Z_0-9+=,.@\\-_/]+';
const RUNTIMES = [
  ...['nodejs20.x', 'python3.14', 'provided.al2023', 'python3.12', 'python3.13', 'nodejs24.x', 'nodejs22.x', 'java25'],
  ...['python3.10', 'python3.11', 'java21', 'ruby3.3', 'ruby3.4', 'ruby3.2', 'python3.8', 'python3.9', 'java17'],
  ...['nodejs16.x', 'dotnet10', 'dotnet8', 'java11', 'dotnet6', 'nodejs18.x', 'provided.al2', 'java8.al2'],
];
const ARCHITECTURES = ['x86_64', 'arm64'] as const;
const MAX_ENVIRONMENT_BYTES = 4096;
const RESERVED_VARIABLES = new Set([
  ...['_HANDLER', '_X_AMZN_TRACE_ID', 'AWS_REGION', 'AWS_EXECUTION_ENV', 'AWS_LAMBDA_FUNCTION_NAME'],
  ...['AWS_LAMBDA_FUNCTION_MEMORY_SIZE', 'AWS_LAMBDA_FUNCTION_VERSION', 'AWS_LAMBDA_INITIALIZATION_TYPE'],
  ...['AWS_LAMBDA_LOG_GROUP_NAME', 'AWS_LAMBDA_LOG_STREAM_NAME', 'AWS_ACCESS_KEY', 'AWS_ACCESS_KEY_ID'],
  ...['AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN', 'AWS_LAMBDA_RUNTIME_API', 'LAMBDA_TASK_ROOT'],
  'LAMBDA_RUNTIME_DIR',
]);

/** The constraints Lambda's front door puts on the members that create and update share. */
export function settingsViolations(input: Settings, creating: boolean): Violations {
  return [
    ...(creating ? required('role', input.Role) : []),
    ...matching('role', input.Role, ROLE),
    ...maxLength('description', input.Description, 256),
    ...maxLength('handler', input.Handler, 128),
    ...between('memorySize', input.MemorySize, 128, 32_768),
    ...between('timeout', input.Timeout, 1, 900),
    ...between('ephemeralStorage.size', input.EphemeralStorage?.Size, 512, 10_240),
    ...oneOf('tracingConfig.mode', input.TracingConfig?.Mode, ['Active', 'PassThrough']),
    ...oneOf('loggingConfig.logFormat', input.LoggingConfig?.LogFormat, ['JSON', 'Text']),
    ...matching('loggingConfig.logGroup', input.LoggingConfig?.LogGroup, '[\\.\\-_/#A-Za-z0-9]+'),
  ];
}

export function architectureViolations(architectures: readonly string[] | undefined): Violations {
  if (architectures === undefined) return [];
  const shown = `'[${architectures.join(', ')}]'`;
  const unknown = architectures.some((one) => !ARCHITECTURES.some((known) => known === one));
  const wording = `Member must satisfy constraint: [Member must satisfy enum value set: [${ARCHITECTURES.join(', ')}], Member must not be null]`;
  const tooMany = 'Member must have length less than or equal to 1';
  return [
    ...custom('architectures', shown, wording, unknown),
    ...custom('architectures', shown, tooMany, architectures.length > 1),
  ];
}

/** The configuration of a new function, with Lambda's defaults. */
export function newConfiguration(input: CreateFunctionRequest, name: string): Configuration {
  refuseUnemulated(input);
  if (input.Runtime === undefined || input.Handler === undefined) {
    throw invalidParameter(
      'Runtime and Handler are mandatory parameters for functions created with deployment packages.',
    );
  }
  const group = `/aws/lambda/${name}`;
  const base: Configuration = {
    role: input.Role ?? '',
    runtime: input.Runtime,
    handler: input.Handler,
    description: '',
    memoryMb: 128,
    timeoutSeconds: 3,
    architecture: architectureOf(input.Architectures),
    ephemeralStorageMb: 512,
    tracingMode: 'PassThrough',
    logging: { format: 'Text', group },
  };
  return changedConfiguration(base, input);
}

/** The configuration with the members that a call gave; the others stay. */
export function changedConfiguration(current: Configuration, input: Settings): Configuration {
  refuseUnemulated(input);
  refuseRuntime(input.Runtime);
  const environment = input.Environment === undefined ? current.environment : environmentOf(input);
  const { environment: _, ...rest } = current;
  return {
    ...rest,
    role: input.Role ?? current.role,
    runtime: input.Runtime ?? current.runtime,
    handler: input.Handler ?? current.handler,
    description: input.Description ?? current.description,
    memoryMb: input.MemorySize ?? current.memoryMb,
    timeoutSeconds: input.Timeout ?? current.timeoutSeconds,
    ephemeralStorageMb: input.EphemeralStorage?.Size ?? current.ephemeralStorageMb,
    tracingMode: input.TracingConfig?.Mode ?? current.tracingMode,
    logging: input.LoggingConfig ? loggingOf(input.LoggingConfig, current.logging) : current.logging,
    ...(environment === undefined ? {} : { environment }),
    ...(input.KMSKeyArn ? { kmsKeyArn: input.KMSKeyArn } : {}),
  };
}

export function architectureOf(architectures: readonly string[] | undefined): Configuration['architecture'] {
  return ARCHITECTURES.find((known) => known === architectures?.[0]) ?? 'x86_64';
}

function refuseUnemulated(input: Settings): void {
  if ('PackageType' in input && input.PackageType === 'Image') throw notEmulated('Lambda container images');
  if ((input.Layers?.length ?? 0) > 0) throw notEmulated('Lambda layers');
  if ((input.VpcConfig?.SubnetIds?.length ?? 0) > 0) throw notEmulated('Lambda in a VPC');
  if ((input.FileSystemConfigs?.length ?? 0) > 0) throw notEmulated('Lambda file systems');
  if (input.DeadLetterConfig?.TargetArn) throw notEmulated('Lambda dead-letter queues');
  if (input.SnapStart?.ApplyOn === 'PublishedVersions') throw notEmulated('Lambda SnapStart');
  if (input.ImageConfig !== undefined) throw notEmulated('Lambda container images');
  if (input.DurableConfig !== undefined) throw notEmulated('Lambda durable functions');
  if (input.CapacityProviderConfig !== undefined) throw notEmulated('Lambda managed instances');
  if ('TenancyConfig' in input && input.TenancyConfig !== undefined) throw notEmulated('Lambda tenant isolation');
  if ('CodeSigningConfigArn' in input && input.CodeSigningConfigArn) throw notEmulated('Lambda code signing');
}

function refuseRuntime(runtime: string | undefined): void {
  if (runtime === undefined) return;
  if (!RUNTIMES.includes(runtime)) {
    const set = RUNTIMES.join(', ');
    throw invalidParameter(
      `Value ${runtime} at 'runtime' failed to satisfy constraint: Member must satisfy enum value set: [${set}] or be a valid ARN`,
    );
  }
  if (!/^(nodejs|python|provided)/.test(runtime)) throw notEmulated(`The Lambda runtime ${runtime}`);
}

function environmentOf(input: Settings): Record<string, string> {
  const variables = input.Environment?.Variables ?? {};
  const names = Object.keys(variables);
  const reserved = names.filter((name) => RESERVED_VARIABLES.has(name));
  const unable =
    'Lambda was unable to configure your environment variables because the environment variables you have provided';
  if (reserved.length > 0) {
    throw invalidParameter(
      `${unable} contains reserved keys that are currently not supported for modification. Reserved keys used in this request: ${reserved.join(', ')}`,
    );
  }
  const text = JSON.stringify(variables);
  if (Buffer.byteLength(text) > MAX_ENVIRONMENT_BYTES) {
    throw invalidParameter(`${unable} exceeded the 4KB limit. String measured: ${text}`);
  }
  return variables;
}

function loggingOf(input: LoggingConfig, current: Logging): Logging {
  const group = input.LogGroup ?? current.group;
  const before = current.format === 'JSON' ? current : ({ applicationLevel: 'INFO', systemLevel: 'INFO' } as const);
  if ((input.LogFormat ?? current.format) === 'Text') {
    if (input.ApplicationLogLevel !== undefined || input.SystemLogLevel !== undefined) {
      throw invalidParameter('Log Levels are not supported for Text log format.');
    }
    return { format: 'Text', group };
  }
  const applicationLevel = input.ApplicationLogLevel ?? before.applicationLevel;
  return { format: 'JSON', group, applicationLevel, systemLevel: input.SystemLogLevel ?? before.systemLevel };
}

/** Equal for two versions exactly when code and configuration are equal: what makes PublishVersion idempotent. */
export function fingerprint(version: VersionRecord): string {
  const { environment, ...rest } = version.configuration;
  const sortedEnvironment = Object.entries(environment ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  const sorted = Object.entries(rest).sort(([a], [b]) => (a < b ? -1 : 1));
  const text = JSON.stringify([version.code.id, environment !== undefined, sortedEnvironment, sorted]);
  return createHash('sha256').update(text).digest('base64');
}

/** `2025-11-25T02:27:00.000+0000`, the form of a function's LastModified. */
export function lambdaTime(ms: number): string {
  return new Date(ms).toISOString().replace('Z', '+0000');
}

/** A version as the list operations show it: without state and runtime version. `arn` as the call named it. */
export function listedConfiguration(version: VersionRecord, arn: string): FunctionConfiguration {
  const { configuration, code } = version;
  const { environment, logging } = configuration;
  return {
    FunctionName: version.name,
    FunctionArn: arn,
    Runtime: configuration.runtime as Runtime,
    Role: configuration.role,
    Handler: configuration.handler,
    CodeSize: code.sizeBytes,
    Description: configuration.description,
    Timeout: configuration.timeoutSeconds,
    MemorySize: configuration.memoryMb,
    LastModified: lambdaTime(version.lastModifiedMs),
    CodeSha256: code.sha256Base64,
    Version: version.version,
    ...(environment === undefined ? {} : { Environment: { Variables: { ...environment } } }),
    ...(configuration.kmsKeyArn === undefined ? {} : { KMSKeyArn: configuration.kmsKeyArn }),
    TracingConfig: { Mode: configuration.tracingMode },
    RevisionId: version.revisionId,
    PackageType: 'Zip',
    Architectures: [configuration.architecture],
    EphemeralStorage: { Size: configuration.ephemeralStorageMb },
    SnapStart: { ApplyOn: 'None', OptimizationStatus: 'Off' },
    LoggingConfig: {
      LogFormat: logging.format,
      LogGroup: logging.group,
      ...(logging.format === 'JSON'
        ? { ApplicationLogLevel: logging.applicationLevel, SystemLogLevel: logging.systemLevel }
        : {}),
    },
  };
}

/** A version as the other operations show it. */
export function shownConfiguration(version: VersionRecord, arn: string): FunctionConfiguration {
  const runtimeId = createHash('sha256').update(version.configuration.runtime).digest('hex');
  return {
    ...listedConfiguration(version, arn),
    ...progressMembers(version),
    RuntimeVersionConfig: { RuntimeVersionArn: `arn:aws:lambda:${version.region}::runtime:${runtimeId}` },
  };
}

function progressMembers(version: VersionRecord): Partial<FunctionConfiguration> {
  const reason = 'The function is being created.';
  if (version.progress === 'creating') return { State: 'Pending', StateReason: reason, StateReasonCode: 'Creating' };
  if (version.progress === 'settled') return { State: 'Active', LastUpdateStatus: 'Successful' };
  return {
    State: 'Active',
    LastUpdateStatus: 'InProgress',
    LastUpdateStatusReason: reason,
    // Recorded from the service, though the SDK's type does not list this code for updates.
    LastUpdateStatusReasonCode: 'Creating' as LastUpdateStatusReasonCode,
  };
}

/** The suffix-free ARN for an unqualified call, else the ARN with the qualifier. */
export function shownArn(arn: string, qualifier: string | undefined): string {
  return qualifier === undefined ? arn : `${arn}:${qualifier}`;
}
