import type { Shape } from './schema.ts';
import { AwsError } from './service.ts';

/** More violations than this are not listed; AWS cuts its list too. */
const MAX_LISTED = 10;

/**
 * Refuses an input whose required members are missing, in the words AWS uses. The schemas hold no other constraints
 * (patterns, lengths, ranges), so those are the services' own matter.
 */
export function checkRequired(shape: Shape, input: unknown, code: string): void {
  const missing: string[] = [];
  collect(shape, input, '', missing);
  if (missing.length === 0) return;
  const counted = missing.length === 1 ? '1 validation error' : `${missing.length} validation errors`;
  const reasons = missing
    .slice(0, MAX_LISTED)
    .map((path) => `Value null at '${path}' failed to satisfy constraint: Member must not be null`);
  throw new AwsError(code, `${counted} detected: ${reasons.join('; ')}`);
}

function collect(shape: Shape, value: unknown, path: string, missing: string[]): void {
  if (value === undefined || value === null) return;
  if (shape.kind === 'structure') {
    for (const member of shape.members) {
      const item = (value as Readonly<Record<string, unknown>>)[member.name];
      const itemPath = path === '' ? lowerFirst(member.name) : `${path}.${lowerFirst(member.name)}`;
      // A payload that is empty counts as absent for the codecs, not for the caller.
      if (item === undefined || item === null) {
        if (member.required && !member.traits.httpPayload) missing.push(itemPath);
      } else if (isNested(member.shape)) collect(member.shape, item, itemPath, missing);
    }
  } else if (shape.kind === 'list' && isNested(shape.item.shape)) {
    for (const [index, item] of (value as unknown[]).entries()) {
      collect(shape.item.shape, item, `${path}.${index + 1}.member`, missing);
    }
  } else if (shape.kind === 'map' && isNested(shape.value.shape)) {
    for (const [key, item] of Object.entries(value)) collect(shape.value.shape, item, `${path}.${key}.member`, missing);
  }
}

function isNested(shape: Shape): boolean {
  return shape.kind === 'structure' || shape.kind === 'list' || shape.kind === 'map';
}

function lowerFirst(name: string): string {
  return name.charAt(0).toLowerCase() + name.slice(1);
}
