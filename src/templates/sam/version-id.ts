import { createHash } from 'node:crypto';
import type { Scope } from '../scope.ts';
import { call, type Entry, field, isFalsy, type Mapping, mapping, refOf, scalar, type Tree, textOf } from '../tree.ts';
import { samRefs } from './resolve.ts';

/** The logical id of the version that SAM publishes: a new one makes CloudFormation publish, the same one does not. */
export type VersionId =
  | { readonly known: true; readonly id: string }
  /** What the id begins with, and why the rest is not known. */
  | { readonly known: false; readonly id: string; readonly reason: string };

/** SAM takes this many characters of the hash, and of `AutoPublishCodeSha256`. */
const HASH_CHARS = 10;

/**
 * The id that the SAM translator (1.110) gives a function's version: `<Function>Version` and the first ten hex digits of
 * SHA-1 over compact JSON with sorted keys, of the code (parameters resolved), Environment and MemorySize (as written) and
 * SnapStart (where it is on). `AutoPublishAliasAllProperties` hashes every property instead; `AutoPublishCodeSha256` takes
 * the place of any hash.
 */
export function versionIdOf(id: string, properties: Mapping, scope: Scope): VersionId {
  const prefix = `${id}Version`;
  const sha = field(properties, 'AutoPublishCodeSha256');
  if (sha !== undefined && !isFalsy(sha)) {
    const text = textOf(samRefs(sha, scope));
    if (text !== undefined) return { known: true, id: prefix + text.slice(0, HASH_CHARS) };
    return { known: false, id: prefix, reason: 'the value of AutoPublishCodeSha256 is not known here' };
  }
  const code = codeOf(properties);
  if (!code.ok) return { known: false, id: prefix, reason: code.reason };
  if (!isFalsy(field(properties, 'AutoPublishAliasAllProperties')))
    return { known: true, id: prefix + hashOf(lambdaProperties(properties, code.tree)) };
  const resolved = samRefs(code.tree, scope);
  const missing = unknownParameter(resolved, scope);
  if (missing !== undefined) return { known: false, id: prefix, reason: `the value of ${missing} is not known here` };
  const hashed = new Map<string, Entry>((resolved as Mapping).entries);
  const environment = field(properties, 'Environment');
  if (environment?.kind === 'map') for (const [key, entry] of environment.entries) hashed.set(key, entry);
  const memory = field(properties, 'MemorySize');
  if (memory !== undefined && !isFalsy(memory)) hashed.set('MemorySize', { value: memory, at: memory.at });
  const snapStart = field(properties, 'SnapStart');
  if (
    snapStart !== undefined &&
    !isFalsy(snapStart) &&
    (textOf(field(snapStart, 'ApplyOn')) ?? applyOn(snapStart)) !== 'None'
  )
    hashed.set('SnapStart', { value: snapStart, at: snapStart.at });
  return { known: true, id: prefix + hashOf({ kind: 'map', entries: hashed, at: properties.at }) };
}

/** An intrinsic function under ApplyOn is something else than "None" to SAM; a missing key is "None". */
function applyOn(snapStart: Tree): string {
  return field(snapStart, 'ApplyOn') === undefined ? 'None' : 'resolved later';
}

type Code = { readonly ok: true; readonly tree: Tree } | { readonly ok: false; readonly reason: string };

/** `Code` as the function gets it, from InlineCode, CodeUri or ImageUri. */
export function codeOf(properties: Mapping): Code {
  const inline = field(properties, 'InlineCode');
  if (inline !== undefined) return { ok: true, tree: mapping({ ZipFile: inline }, inline.at) };
  const uri = field(properties, 'CodeUri');
  const image = field(properties, 'ImageUri');
  if (uri === undefined && image !== undefined) return { ok: true, tree: mapping({ ImageUri: image }, image.at) };
  if (uri === undefined) return { ok: false, reason: 'the code is packed first' };
  if (uri.kind === 'map' && !call(uri)) {
    const [bucket, key, version] = ['Bucket', 'Key', 'Version'].map((name) => field(uri, name));
    if (bucket === undefined || key === undefined)
      return { ok: false, reason: "'CodeUri' requires Bucket and Key properties to be specified" };
    return { ok: true, tree: mapping({ S3Bucket: bucket, S3Key: key, S3ObjectVersion: version }, uri.at) };
  }
  const s3 = /^s3:\/\/([^/]+)\/([^?]+)(?:\?versionId=(.+))?$/.exec(textOf(uri) ?? '');
  if (!s3) return { ok: false, reason: 'the code is packed first' };
  const [, bucket, key, version] = s3;
  const place = (text: string | undefined) => (text === undefined ? undefined : scalar(text, uri.at));
  return {
    ok: true,
    tree: mapping({ S3Bucket: place(bucket), S3Key: place(key), S3ObjectVersion: place(version) }, uri.at),
  };
}

/** SAM's properties that the function gets under their own name. */
const SAME_NAME = [
  ...['FunctionName', 'Handler', 'Runtime', 'Description', 'MemorySize', 'Timeout', 'VpcConfig', 'Role', 'Environment'],
  ...['KmsKeyArn', 'ReservedConcurrentExecutions', 'Layers', 'FileSystemConfigs', 'ImageConfig', 'PackageType'],
  ...['Architectures', 'SnapStart', 'EphemeralStorage', 'CodeSigningConfigArn', 'RuntimeManagementConfig'],
  ...['LoggingConfig', 'RecursiveLoop', 'TenancyConfig', 'DurableConfig'],
];

/** The properties of the Lambda function that SAM makes, as far as they are known before its role is made. */
export function lambdaProperties(properties: Mapping, code: Tree | undefined): Mapping {
  const at = properties.at;
  const tracing = field(properties, 'Tracing');
  const tags = field(properties, 'Tags');
  const tag = (key: string, value: Tree) => mapping({ Key: scalar(key, at), Value: value }, at);
  const own = tags?.kind === 'map' && !call(tags) ? [...tags.entries] : [];
  const queue = field(properties, 'DeadLetterQueue', 'TargetArn');
  return mapping(
    {
      ...Object.fromEntries(SAME_NAME.map((name) => [name, field(properties, name)])),
      Code: code,
      TracingConfig: tracing === undefined || isFalsy(tracing) ? undefined : mapping({ Mode: tracing }, tracing.at),
      DeadLetterConfig: queue && mapping({ TargetArn: queue }, queue.at),
      Tags: {
        kind: 'list',
        items: [tag('lambda:createdBy', scalar('SAM', at)), ...own.map(([key, { value }]) => tag(key, value))],
        at,
      },
    },
    at,
  );
}

/** A parameter whose value the hash needs and that nobody told. */
function unknownParameter(tree: Tree, scope: Scope): string | undefined {
  if (tree.kind === 'scalar') return undefined;
  const untold = (name: string): boolean => scope.parameter(name) === 'unknown' && !LATER.has(name);
  const name = refOf(tree);
  if (name !== undefined) return untold(name) ? name : undefined;
  const found = call(tree);
  const text = found?.name === 'Fn::Sub' ? textOf(found.argument) : undefined;
  if (text !== undefined) return [...text.matchAll(/\$\{([^${}!]+)\}/g)].map(([, each]) => each!).find(untold);
  const children = tree.kind === 'list' ? tree.items : [...tree.entries.values()].map(({ value }) => value);
  return children.map((child) => unknownParameter(child, scope)).find((each) => each !== undefined);
}

/** Pseudo parameters that SAM itself leaves to CloudFormation, so that they are hashed as they are written. */
const LATER: ReadonlySet<string> = new Set([
  'AWS::AccountId',
  'AWS::NotificationARNs',
  'AWS::NoValue',
  'AWS::StackId',
  'AWS::StackName',
  'AWS::URLSuffix',
]);

function hashOf(tree: Tree): string {
  return createHash('sha1').update(canonical(tree)).digest('hex').slice(0, HASH_CHARS);
}

/** JSON as Python writes it: sorted keys, no blanks, ASCII only, `1.0` for a float. */
export function canonical(tree: Tree): string {
  if (tree.kind === 'list') return `[${tree.items.map(canonical).join(',')}]`;
  if (tree.kind === 'map') {
    const entries = [...tree.entries].sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    return `{${entries.map(([key, { value }]) => `${quoted(key)}:${canonical(value)}`).join(',')}}`;
  }
  if (typeof tree.value === 'number') return numberText(tree.value, tree.source);
  return typeof tree.value === 'string' ? quoted(tree.value) : String(tree.value);
}

function quoted(text: string): string {
  return JSON.stringify(text).replace(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** Python keeps integers exact and writes floats with a point or an exponent. */
function numberText(value: number, source: string): string {
  if (/^[-+]?(0|[1-9]\d*)$/.test(source)) return source.replace(/^\+/, '');
  const isFloat = /[.eE]/.test(source) && !/^[-+]?0x/i.test(source);
  if (!isFloat || !Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e16)) return value.toExponential().replace(/e([+-])(\d)$/, 'e$10$2');
  return Number.isInteger(value) ? `${value}.0` : String(value);
}
