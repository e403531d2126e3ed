/** Function names in all the forms Lambda takes them: a name, a partial ARN, a full ARN, each with or without a qualifier. */
import { AwsError, type CallContext } from '../../wire/service.ts';
import { invalidParameter, resourceNotFound } from './errors.ts';
import { check, custom, matching, maxLength, required, type Violations } from './validate.ts';

const REGION = '(eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\\d{1}';
const PREFIX = `(arn:(aws[a-zA-Z-]*)?:lambda:)?(${REGION}:)?(\\d{12}:)?(function:)?`;
const NEW_NAME = `${PREFIX}([a-zA-Z0-9-_]+)(:(\\$LATEST|[a-zA-Z0-9-_]+))?`;
const ANY_NAME = `${PREFIX}([a-zA-Z0-9-_\\.]+)(:(\\$LATEST(\\.PUBLISHED)?|[a-zA-Z0-9-_]+))?`;
const QUALIFIER = '\\$(LATEST(\\.PUBLISHED)?)|[a-zA-Z0-9-_$]+';
const URL_QUALIFIER = '((?!^\\d+$)^[0-9a-zA-Z-_]+$)';
export const ALIAS_NAME = '(?!^[0-9]+$)([a-zA-Z0-9-_]+)';
const MAX_QUALIFIER = 128;
const MAX_NEW_NAME_OR_ARN = 140;
const MAX_NEW_NAME = 64;

const PARTS = new RegExp(
  `^(?:arn:aws[a-zA-Z-]*:lambda:|arn::lambda:)?(?:(?<region>${REGION}):)?(?:(?<account>\\d{12}):)?(?:function:)?` +
    '(?<name>[a-zA-Z0-9-_.]+)(?::(?<qualifier>\\$LATEST(?:\\.PUBLISHED)?|[a-zA-Z0-9-_]+))?$',
);

export const LATEST = '$LATEST';

/** A function as a call named it. `arn` never has a qualifier. */
export interface FunctionRef {
  readonly region: string;
  readonly name: string;
  readonly arn: string;
  readonly qualifier?: string;
}

type NamedBy = 'any' | 'url' | 'new';

/**
 * Reads `FunctionName` and `Qualifier` of a call. Throws as Lambda does for a malformed name (400), another region (404),
 * another account (403) and a qualifier that contradicts the one in the name (400). `more` are the violations of the
 * call's other members, which Lambda reports together with those of the name.
 */
export function parseRef(
  functionName: string | undefined,
  qualifier: string | undefined,
  call: CallContext,
  namedBy: NamedBy = 'any',
  more: Violations = [],
): FunctionRef {
  check(more, qualifierViolations(qualifier, namedBy), nameViolations(functionName, namedBy));
  return refOf(functionName ?? '', qualifier, call);
}

function qualifierViolations(qualifier: string | undefined, namedBy: NamedBy): Violations {
  const pattern = namedBy === 'url' ? URL_QUALIFIER : QUALIFIER;
  return [
    ...maxLength('qualifier', qualifier, MAX_QUALIFIER),
    ...matching('qualifier', qualifier === '' ? undefined : qualifier, pattern),
  ];
}

function nameViolations(functionName: string | undefined, namedBy: NamedBy): Violations {
  const missing = required('functionName', functionName);
  if (missing.length > 0) return missing;
  if (namedBy !== 'new') return matching('functionName', functionName, ANY_NAME);
  return [
    ...maxLength('functionName', functionName, MAX_NEW_NAME_OR_ARN),
    ...matching('functionName', functionName, NEW_NAME),
  ];
}

function refOf(functionName: string, qualifier: string | undefined, call: CallContext): FunctionRef {
  const parts = PARTS.exec(functionName)?.groups ?? {};
  if (parts.region !== undefined && parts.region !== call.region) {
    throw resourceNotFound(`Functions from '${parts.region}' are not reachable in this region ('${call.region}')`);
  }
  const name = parts.name ?? functionName;
  const arn = functionArn(call.region, call.account, name);
  if (parts.account !== undefined && parts.account !== call.account) {
    const named = functionArn(call.region, parts.account, name);
    throw new AwsError(
      'AccessDeniedException',
      `User: ${call.accessKeyId} is not authorized to perform: lambda:${call.operation} on resource: ${named}`,
      {},
      403,
    );
  }
  const given = qualifier === '' ? undefined : qualifier;
  if (parts.qualifier !== undefined && given !== undefined && parts.qualifier !== given) {
    throw invalidParameter('The derived qualifier from the function name does not match the specified qualifier.');
  }
  const effective = parts.qualifier ?? given;
  return { region: call.region, name, arn, ...(effective === undefined ? {} : { qualifier: effective }) };
}

/** The name of a function to be created: a ref without a qualifier and at most 64 characters. */
export function parseNewRef(functionName: string | undefined, call: CallContext, more: Violations): FunctionRef {
  const ref = parseRef(functionName, undefined, call, 'new', more);
  const [sentence] = custom(
    'functionName',
    `'${ref.name}'`,
    `Member must have length less than or equal to ${MAX_NEW_NAME}`,
    ref.name.length > MAX_NEW_NAME,
  );
  if (sentence) throw invalidParameter(`1 validation error detected: ${sentence}`);
  return ref;
}

export function functionArn(region: string, account: string, name: string): string {
  return `arn:aws:lambda:${region}:${account}:function:${name}`;
}

/** The ARN with the qualifier, where the ref has one. */
export function qualifiedArn(ref: FunctionRef): string {
  return ref.qualifier === undefined ? ref.arn : `${ref.arn}:${ref.qualifier}`;
}

const ARN = /^arn:aws[a-zA-Z-]*:lambda:([a-z0-9-]+):(\d{12}):function:([a-zA-Z0-9-_]+)(?::(\$LATEST|[a-zA-Z0-9-_]+))?$/;

/** Reads a full function ARN; `undefined` where it is not one. */
export function parseArn(arn: string): (FunctionRef & { readonly account: string }) | undefined {
  const [, region, account, name, qualifier] = ARN.exec(arn) ?? [];
  if (region === undefined || account === undefined || name === undefined) return undefined;
  const unqualified = functionArn(region, account, name);
  return { region, account, name, arn: unqualified, ...(qualifier === undefined ? {} : { qualifier }) };
}

/** Whether a qualifier names a version by number. */
function isVersionNumber(qualifier: string): boolean {
  return /^\d+$/.test(qualifier);
}

/** Whether a qualifier could be the name of an alias. */
export function isAliasName(qualifier: string): boolean {
  return !isVersionNumber(qualifier) && /^[a-zA-Z0-9-_]+$/.test(qualifier);
}
