import { AwsError, type CallContext } from '../wire/service.ts';
import type { Group, LogGroups, Stream } from './groups.ts';
import { compilePattern, type Matcher, PatternError } from './pattern/pattern.ts';

/** Reads what several operations have in common, and answers AWS's own errors for what is wrong with it. */

const GROUP_NAME = /^[.\-_/#A-Za-z0-9]{1,512}$/;
const STREAM_NAME = /^[^:*]{1,512}$/;

export function invalid(message: string): AwsError {
  return new AwsError('InvalidParameterException', message);
}

export function needGroup(groups: LogGroups, region: string, name: string | undefined): Group {
  const group = groups.get(region, nameOf(name) ?? '');
  if (!group) throw new AwsError('ResourceNotFoundException', 'The specified log group does not exist.');
  return group;
}

export function needStream(group: Group, name: string | undefined): Stream {
  const stream = group.streams.get(name ?? '');
  if (!stream) throw new AwsError('ResourceNotFoundException', 'The specified log stream does not exist.');
  return stream;
}

/** A group is named by its name or by its ARN, with or without `:*`. */
export function nameOf(identifier: string | undefined): string | undefined {
  return identifier === undefined
    ? undefined
    : (/^arn:[^:]*:logs:[^:]*:[^:]*:log-group:([^:]+)/.exec(identifier)?.[1] ?? identifier);
}

export function checkGroupName(name: string | undefined): string {
  if (name !== undefined && GROUP_NAME.test(name)) return name;
  throw invalid(
    `1 validation error detected: Value '${name}' at 'logGroupName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\.\\-_/#A-Za-z0-9]+`,
  );
}

export function checkStreamName(name: string | undefined): string {
  if (name !== undefined && STREAM_NAME.test(name)) return name;
  throw invalid(
    `1 validation error detected: Value '${name}' at 'logStreamName' failed to satisfy constraint: Member must satisfy regular expression pattern: [^:*]*`,
  );
}

export function readPattern(pattern: string | undefined): Matcher {
  try {
    return compilePattern(pattern);
  } catch (error) {
    if (error instanceof PatternError) throw invalid(`Invalid filter pattern: ${error.message}`);
    throw error;
  }
}

/** A whole number within bounds, or the default. */
export function readLimit(limit: number | undefined, most: number, name = 'limit'): number {
  if (limit === undefined) return most;
  if (Number.isInteger(limit) && limit >= 1 && limit <= most) return limit;
  throw invalid(
    `1 validation error detected: Value '${limit}' at '${name}' failed to satisfy constraint: Member must have value between 1 and ${most}`,
  );
}

export function groupArn(call: Pick<CallContext, 'region' | 'account'>, name: string): string {
  return `arn:aws:logs:${call.region}:${call.account}:log-group:${name}`;
}

/** One page of a list, and the token for the next. Tokens are the place in the list, which is sorted and rarely changes. */
export function page<T>(
  items: readonly T[],
  token: string | undefined,
  limit: number,
): { items: T[]; nextToken?: string } {
  const from = token === undefined ? 0 : Number(/^p(\d{1,9})$/.exec(token)?.[1] ?? Number.NaN);
  if (Number.isNaN(from)) throw invalid('The specified nextToken is invalid.');
  const items_ = items.slice(from, from + limit);
  return from + limit < items.length ? { items: items_, nextToken: `p${from + limit}` } : { items: items_ };
}
