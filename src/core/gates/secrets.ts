/** A variable that looks like a secret: its name and why, never its value. */
export interface SuspectedSecret {
  readonly name: string;
  readonly why: string;
}

/** Forms of well-known secrets. Each is anchored or bounded, so that a long value is read once. */
const FORMS: readonly (readonly [RegExp, string])[] = [
  [/-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----/, 'a private key'],
  [/\b(?:AKIA|ASIA)[0-9A-Z]{16}\b/, 'an AWS access key id'],
  [/\bgh[pousr]_[A-Za-z0-9]{36,255}\b/, 'a GitHub token'],
  [/\bgithub_pat_[A-Za-z0-9_]{22,255}\b/, 'a GitHub token'],
  [/\bglpat-[A-Za-z0-9_-]{20,100}\b/, 'a GitLab token'],
  [/\bxox[abeoprs]-[A-Za-z0-9-]{10,250}\b/, 'a Slack token'],
  [/\b[rs]k_live_[A-Za-z0-9]{16,250}\b/, 'a Stripe live key'],
  [/\bAIza[0-9A-Za-z_-]{35}\b/, 'a Google API key'],
  [/\bnpm_[A-Za-z0-9]{36}\b/, 'an npm token'],
  [/\beyJ[A-Za-z0-9_-]{10,4000}\.eyJ[A-Za-z0-9_-]{10,4000}\.[A-Za-z0-9_-]{10,1000}/, 'a JSON web token'],
  [/^[a-z][a-z0-9+.-]{1,30}:\/\/[^\s:@/]{0,200}:[^\s:@/]{3,200}@/i, 'a URL with a password'],
];

const SECRET_NAME = /(?:secret|passw(?:or)?d|passphrase|token|api_?key|private_?key|access_?key|credential)/i;
/** Where a secret lies is no secret: an ARN, a parameter's path, a dynamic reference, the name of another variable. */
const REFERENCE = /^(?:arn:|\/[\w./-]+$|\{\{resolve:|ssm:|secretsmanager:|alias\/|https?:\/\/[^@]*$)/i;
const NAME_SAYS_WHERE = /(?:_|-)(?:arn|name|id|path|url|uri|ttl|seconds|ms|file|header|type|version|issuer)$/i;
const LEAST_CHARS = 8;
/** Bits a character; English words have about 3, random base64 about 5 and more. */
const NAMED_ENTROPY = 2.5;
const RANDOM_ENTROPY = 4.3;
const RANDOM_CHARS = 32;
const MAX_READ = 8_192;

/** Variables that look like secrets, by their form, their name, or by being as random as only secrets are. */
export function suspectedSecrets(
  variables: Readonly<Record<string, string>>,
  allowed: readonly string[],
): readonly SuspectedSecret[] {
  return Object.entries(variables).flatMap(([name, value]) => {
    if (allowed.includes(name)) return [];
    const why = suspicion(name, value.slice(0, MAX_READ));
    return why === undefined ? [] : [{ name, why }];
  });
}

function suspicion(name: string, value: string): string | undefined {
  const form = FORMS.find(([pattern]) => pattern.test(value));
  if (form) return `has the form of ${form[1]}`;
  if (value.length < LEAST_CHARS || REFERENCE.test(value) || NAME_SAYS_WHERE.test(name)) return undefined;
  if (SECRET_NAME.test(name) && entropyOf(value) >= NAMED_ENTROPY)
    return 'is named like a secret and holds a value, not a reference';
  const random =
    value.length >= RANDOM_CHARS && /^[A-Za-z0-9+/=_-]+$/.test(value) && /\d/.test(value) && /[a-z]/i.test(value);
  return random && entropyOf(value) >= RANDOM_ENTROPY ? 'is as random as only secrets are' : undefined;
}

/** Shannon's, in bits a character. */
export function entropyOf(text: string): number {
  const counts = new Map<string, number>();
  for (const char of text) counts.set(char, (counts.get(char) ?? 0) + 1);
  const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
  return [...counts.values()].reduce((sum, count) => sum - (count / total) * Math.log2(count / total), 0);
}

const QUOTED_VALUE =
  /((?:secret|passw(?:or)?d|passphrase|token|api[_-]?key|private[_-]?key|access[_-]?key|authorization)["']?\s{0,5}[:=]\s{0,5}["']?)[^\s"',;}]{4,500}/gi;

/** A text without what looks like secrets in it: for what programs and functions wrote, before it is kept. */
export function redacted(text: string): string {
  const formed = FORMS.reduce(
    (left, [pattern, what]) => {
      const everywhere = new RegExp(pattern.source, `${pattern.flags.replace('g', '')}g`);
      return left.replace(everywhere, `[${what}]`);
    },
    text.replace(/([a-z][a-z0-9+.-]{1,30}:\/\/[^\s:@/]{0,200}:)[^\s:@/]{3,200}@/gi, '$1[password]@'),
  );
  return formed.replace(/\bBearer\s{1,5}[\w.~+/=-]{8,4000}/gi, 'Bearer [token]').replace(QUOTED_VALUE, '$1[redacted]');
}
