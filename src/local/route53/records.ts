import type { Change, ResourceRecordSet } from '@aws-sdk/client-route-53';
import { AwsError } from '../wire/service.ts';

/** Route 53's own limits: changes in one batch, and what a weight may be. */
export const MAX_CHANGES = 1_000;
const MAX_WEIGHT = 255;
const TYPES = /^(A|AAAA|CAA|CNAME|DS|HTTPS|MX|NAPTR|NS|PTR|SOA|SPF|SRV|SSHFP|SVCB|TLSA|TXT)$/;

/** In lower case and with a dot at the end, as Route 53 keeps names. */
export function canonicalName(name: string): string {
  const lower = name.toLowerCase();
  return lower.endsWith('.') ? lower : `${lower}.`;
}

/** The order of `ListResourceRecordSets`: by the labels of the name from the last to the first, then type, then identifier. */
export function compareRecords(a: ResourceRecordSet, b: ResourceRecordSet): number {
  return comparePlaces(placeOf(a), placeOf(b));
}

export type Place = readonly [name: string, type: string, identifier: string];

export function placeOf({ Name = '', Type, SetIdentifier = '' }: Partial<ResourceRecordSet>): Place {
  return [canonicalName(Name).split('.').reverse().join('.'), Type ?? '', SetIdentifier];
}

export function comparePlaces(a: Place, b: Place): number {
  for (const [index, part] of a.entries()) {
    const other = b[index] ?? '';
    if (part !== other) return part < other ? -1 : 1;
  }
  return 0;
}

/** A zone's records after a batch, all of it or, as an `InvalidChangeBatch` that says everything that is wrong, nothing. */
export function applied(
  zone: string,
  records: readonly ResourceRecordSet[],
  changes: readonly Change[],
): readonly ResourceRecordSet[] {
  if (changes.length === 0) throw invalidBatch(['Change batch must contain at least one change']);
  if (changes.length > MAX_CHANGES)
    throw invalidBatch([`Number of records limit of ${MAX_CHANGES} exceeded: ${changes.length}`]);
  const now = [...records];
  const problems: string[] = [];
  for (const { Action: action, ResourceRecordSet: given } of changes) {
    if (!given) continue;
    const record = canonical(given);
    const at = now.findIndex((other) => compareRecords(other, record) === 0);
    const problem = action === 'DELETE' ? deletionProblem(record, now[at]) : problemOf(zone, record, now, at, action);
    if (problem !== undefined) {
      problems.push(problem);
      continue;
    }
    if (at >= 0) now.splice(at, 1);
    if (action !== 'DELETE') now.push(record);
  }
  if (problems.length > 0) throw invalidBatch(problems);
  return now.sort(compareRecords);
}

function canonical(given: ResourceRecordSet): ResourceRecordSet {
  return { ...given, Name: canonicalName(given.Name ?? '') };
}

function deletionProblem(record: ResourceRecordSet, found: ResourceRecordSet | undefined): string | undefined {
  const tried = `Tried to delete resource record set ${shown(record)}`;
  if (!found) return `${tried} but it was not found`;
  return sameRecord(record, found) ? undefined : `${tried} but the values provided do not match the current values`;
}

function problemOf(
  zone: string,
  record: ResourceRecordSet,
  now: readonly ResourceRecordSet[],
  at: number,
  action: Change['Action'],
): string | undefined {
  const { Name: name = '', Type: type = '', SetIdentifier: set, Weight: weight } = record;
  const what = `RRSet with DNS name ${name}, type ${type}${set === undefined ? '' : `, SetIdentifier ${set}`}`;
  if (!TYPES.test(type)) return `Invalid resource type: ${type}`;
  if (name !== zone && !name.endsWith(`.${zone}`))
    return `RRSet with DNS name ${name} is not permitted in zone ${zone}`;
  if (action === 'CREATE' && at >= 0)
    return `Tried to create resource record set ${shown(record)} but it already exists`;
  if ((weight === undefined) !== (set === undefined))
    return `${what} needs both a Weight and a SetIdentifier, or neither`;
  if (weight !== undefined && !(Number.isInteger(weight) && weight >= 0 && weight <= MAX_WEIGHT))
    return `Invalid weight ${weight} in ${what}: it must be between 0 and ${MAX_WEIGHT}`;
  const values = valueProblem(record, what);
  if (values !== undefined) return values;
  const beside = now.filter((other) => other.Name === name && other !== now[at]);
  if (beside.some((other) => (other.Type === 'CNAME') !== (type === 'CNAME')))
    return `RRSet of type ${type} with DNS name ${name} is not permitted as it conflicts with other records with the same DNS name in zone ${zone}`;
  if (beside.some((other) => other.Type === type && (other.SetIdentifier === undefined || set === undefined)))
    return `${what} cannot be created as a non-${set === undefined ? 'simple' : 'weighted'} set exists with the same name and type.`;
  return undefined;
}

function valueProblem({ ResourceRecords: values, AliasTarget: target, TTL: ttl }: ResourceRecordSet, what: string) {
  if ((values === undefined || values.length === 0) === (target === undefined))
    return `Invalid request: expected exactly one of [AliasTarget, ResourceRecords] in ${what}`;
  if (values !== undefined && ttl === undefined) return `Invalid request: missing field 'TTL' in ${what}`;
  return undefined;
}

/** The same to the last value; the order of values does not count. */
function sameRecord(a: ResourceRecordSet, b: ResourceRecordSet): boolean {
  return text(a) === text(b);
}

function text({ ResourceRecords: values = [], ...rest }: ResourceRecordSet): string {
  const plain = Object.entries(rest).filter(([, value]) => value !== undefined);
  const sorted = plain.sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, value]) => [name, flat(value)]);
  return JSON.stringify([sorted, values.map(({ Value: value }) => value).sort()]);
}

/** An alias target's members in one order. */
function flat(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  return Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
}

function shown({ Name: name, Type: type, SetIdentifier: set }: ResourceRecordSet): string {
  return `[name='${name}', type='${type}'${set === undefined ? '' : `, set identifier='${set}'`}]`;
}

function invalidBatch(problems: readonly string[]): AwsError {
  return new AwsError('InvalidChangeBatch', `[${problems.join(', ')}]`);
}
