/** Checks of the published input constraints; each violation is worded as Lambda's front door words it. */
import { validationFailed } from './errors.ts';

/** A sentence for each broken constraint; empty where the value is absent or fine. */
export type Violations = readonly string[];

const violation = (shown: string, member: string, constraint: string): string =>
  `Value ${shown} at '${member}' failed to satisfy constraint: ${constraint}`;

export function required(member: string, value: unknown): Violations {
  return value === undefined || value === null ? [violation('null', member, 'Member must not be null')] : [];
}

/** `pattern` is AWS's own text of the regular expression; the whole value must match it. */
export function matching(member: string, value: string | undefined, pattern: string): Violations {
  if (value === undefined || wholeMatch(pattern).test(value)) return [];
  return [violation(`'${value}'`, member, `Member must satisfy regular expression pattern: ${pattern}`)];
}

export function maxLength(member: string, value: string | undefined, limit: number): Violations {
  if (value === undefined || value.length <= limit) return [];
  return [violation(`'${value}'`, member, `Member must have length less than or equal to ${limit}`)];
}

export function between(member: string, value: number | undefined, least: number, most: number): Violations {
  if (value === undefined) return [];
  if (value < least) {
    return [violation(`'${value}'`, member, `Member must have value greater than or equal to ${least}`)];
  }
  if (value <= most) return [];
  return [violation(`'${value}'`, member, `Member must have value less than or equal to ${most}`)];
}

export function oneOf(member: string, value: string | undefined, choices: readonly string[]): Violations {
  if (value === undefined || choices.includes(value)) return [];
  return [violation(`'${value}'`, member, `Member must satisfy enum value set: [${choices.join(', ')}]`)];
}

/** For constraints whose shown value or wording is their own (maps, lists). */
export function custom(member: string, shown: string, constraint: string, broken: boolean): Violations {
  return broken ? [violation(shown, member, constraint)] : [];
}

/** Throws a ValidationException that lists every violation. */
export function check(...checks: readonly Violations[]): void {
  const violations = checks.flat();
  if (violations.length > 0) throw validationFailed(violations);
}

const compiled = new Map<string, RegExp>();

function wholeMatch(pattern: string): RegExp {
  let regexp = compiled.get(pattern);
  if (!regexp) {
    regexp = new RegExp(`^(?:${pattern})$`);
    compiled.set(pattern, regexp);
  }
  return regexp;
}
