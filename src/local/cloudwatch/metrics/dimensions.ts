import type { Dimension } from '@aws-sdk/client-cloudwatch';
import { invalidValue } from '../errors.ts';

/** CloudWatch's own limit on the dimensions of one metric. */
const MAX_DIMENSIONS = 30;

/** A list of dimensions as a record. `path` names the parameter in errors. */
export function dimensionsOf(dimensions: readonly Dimension[] | undefined, path: string): Record<string, string> {
  if (dimensions && dimensions.length > MAX_DIMENSIONS) {
    throw invalidValue(`The collection ${path} must not have a size greater than ${MAX_DIMENSIONS}.`);
  }
  const record: Record<string, string> = {};
  for (const [index, { Name, Value }] of (dimensions ?? []).entries()) {
    if (!Name) throw invalidValue(`The parameter ${path}.member.${index + 1}.Name must not be empty.`);
    if (!Value) throw invalidValue(`The parameter ${path}.member.${index + 1}.Value must not be empty.`);
    record[Name] = Value;
  }
  return record;
}

export function listOf(dimensions: Readonly<Record<string, string>>): Dimension[] {
  return Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value }));
}
