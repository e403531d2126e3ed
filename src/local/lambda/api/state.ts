/** What the local Lambda remembers, table by table. Records are plain data; a change writes a new record. */
import type { Store, Table } from '../../store.ts';
import { functionNotFound, resourceNotFound } from './errors.ts';
import { type FunctionRef, isAliasName, LATEST, qualifiedArn } from './names.ts';

export interface FunctionRecord {
  readonly region: string;
  readonly name: string;
  /** The number the next published version gets; numbers are never reused while the function exists. */
  readonly nextVersion: number;
  readonly lastPublished?: { readonly version: string; readonly fingerprint: string };
  readonly reservedConcurrency?: number;
  readonly tags: Readonly<Record<string, string>>;
}

export interface Configuration {
  readonly role: string;
  readonly runtime: string;
  readonly handler: string;
  readonly description: string;
  readonly memoryMb: number;
  readonly timeoutSeconds: number;
  readonly environment?: Readonly<Record<string, string>>;
  readonly architecture: 'x86_64' | 'arm64';
  readonly ephemeralStorageMb: number;
  readonly tracingMode: 'Active' | 'PassThrough';
  readonly kmsKeyArn?: string;
  readonly logging: Logging;
}

export type Logging =
  | { readonly format: 'Text'; readonly group: string }
  | {
      readonly format: 'JSON';
      readonly group: string;
      readonly applicationLevel: LogLevel;
      readonly systemLevel: 'DEBUG' | 'INFO' | 'WARN';
    };
export type LogLevel = 'TRACE' | 'DEBUG' | 'INFO' | 'WARN' | 'ERROR' | 'FATAL';

export interface Code {
  /** Hex SHA-256 of the zip: the name of its folder and of its download. */
  readonly id: string;
  readonly sha256Base64: string;
  readonly sizeBytes: number;
}

/** A published version, or `$LATEST`. */
export interface VersionRecord {
  readonly region: string;
  readonly name: string;
  readonly version: string;
  readonly configuration: Configuration;
  readonly code: Code;
  readonly revisionId: string;
  readonly lastModifiedMs: number;
  readonly progress: 'creating' | 'updating' | 'settled';
}

export interface AliasRecord {
  readonly region: string;
  readonly name: string;
  readonly alias: string;
  readonly functionVersion: string;
  readonly description: string;
  /** Weight (0 to 1) by version, as set by a caller; at most one. */
  readonly weights: Readonly<Record<string, number>>;
  readonly revisionId: string;
}

export interface PolicyRecord {
  readonly statements: readonly Readonly<Record<string, unknown>>[];
  readonly revisionId: string;
}

export interface ProvisionedRecord {
  readonly region: string;
  readonly name: string;
  readonly qualifier: string;
  readonly requested: number;
  readonly status: 'IN_PROGRESS' | 'READY' | 'FAILED';
  readonly statusReason?: string;
  /** The version whose sandboxes are ready now; differs from the alias's version while Lambda moves them. */
  readonly warmVersion?: string;
  readonly lastModifiedMs: number;
}

export interface InvokeConfigRecord {
  readonly region: string;
  readonly name: string;
  readonly qualifier: string;
  readonly maxRetries?: number;
  readonly maxEventAgeSeconds?: number;
  readonly onSuccess?: string;
  readonly onFailure?: string;
  readonly lastModifiedMs: number;
}

export interface UrlRecord {
  readonly region: string;
  readonly name: string;
  readonly qualifier?: string;
  readonly urlId: string;
  readonly authType: 'NONE' | 'AWS_IAM';
  readonly invokeMode?: 'BUFFERED';
  readonly createdAtMs: number;
  readonly lastModifiedMs: number;
}

export interface MappingRecord {
  readonly uuid: string;
  readonly region: string;
  readonly name: string;
  readonly qualifier?: string;
  readonly eventSourceArn?: string;
  readonly enabled: boolean;
  readonly lastModifiedMs: number;
  /** The members that are only stored and given back (batch size, filters, …). */
  readonly settings: Readonly<Record<string, unknown>>;
}

export interface Tables {
  readonly functions: Table<FunctionRecord>;
  readonly versions: Table<VersionRecord>;
  readonly aliases: Table<AliasRecord>;
  readonly policies: Table<PolicyRecord>;
  readonly provisioned: Table<ProvisionedRecord>;
  readonly invokeConfigs: Table<InvokeConfigRecord>;
  readonly urls: Table<UrlRecord>;
  readonly mappings: Table<MappingRecord>;
}

export function openTables(store: Store): Tables {
  return {
    functions: store.table('lambda.function'),
    versions: store.table('lambda.version'),
    aliases: store.table('lambda.alias'),
    policies: store.table('lambda.policy'),
    provisioned: store.table('lambda.provisioned'),
    invokeConfigs: store.table('lambda.invoke-config'),
    urls: store.table('lambda.url'),
    mappings: store.table('lambda.mapping'),
  };
}

type Owner = { readonly region: string; readonly name: string };

export function functionKey(owner: Owner): string {
  return `${owner.region}/${owner.name}`;
}

/** The key of anything that belongs to a function under a qualifier (version, alias, policy, …). */
export function qualifiedKey(owner: Owner, qualifier: string): string {
  return `${owner.region}/${owner.name}/${qualifier}`;
}

/** The prefix of all keys of {@link qualifiedKey} of one function. */
export function ownedPrefix(owner: Owner): string {
  return `${owner.region}/${owner.name}/`;
}

/** Throws `Function not found: ARN` (without the qualifier) where there is none. */
export function requireFunction(tables: Tables, ref: FunctionRef): FunctionRecord {
  const record = tables.functions.get(functionKey(ref));
  if (!record) throw functionNotFound(ref.arn);
  return record;
}

/** The version a qualifier leads to, an alias's main version included; `$LATEST` without one. */
export function findVersion(tables: Tables, ref: FunctionRef): VersionRecord | undefined {
  const qualifier = ref.qualifier ?? LATEST;
  const alias = tables.aliases.get(qualifiedKey(ref, qualifier));
  return tables.versions.get(qualifiedKey(ref, alias?.functionVersion ?? qualifier));
}

/** As {@link findVersion}; throws `Function not found`, naming the ARN as it was asked for. */
export function requireVersion(tables: Tables, ref: FunctionRef): VersionRecord {
  const version = findVersion(tables, ref);
  if (!version) throw functionNotFound(qualifiedArn(ref));
  return version;
}

/** As {@link requireVersion}, for the operations that tell a missing alias from a missing version. */
export function requireTarget(tables: Tables, ref: FunctionRef): VersionRecord {
  const version = findVersion(tables, ref);
  if (version) return version;
  if (ref.qualifier !== undefined && isAliasName(ref.qualifier)) throw aliasNotFound(ref);
  throw functionNotFound(qualifiedArn(ref));
}

export function aliasNotFound(ref: FunctionRef): Error {
  return resourceNotFound(`Cannot find alias arn: ${qualifiedArn(ref)}`);
}
