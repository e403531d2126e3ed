import { PERSONAL, SECRETS } from './words.ts';

export interface Redacted {
  readonly text: string;
  /** What was taken out, each kind once: `a Slack token`. */
  readonly taken: readonly string[];
}

/** A key's block ends with its own line, or with the text where somebody cut it. */
const KEY_BLOCK = /-----BEGIN (?:[A-Z]+ ){0,3}PRIVATE KEY-----[\s\S]*?(?:-----END (?:[A-Z]+ ){0,3}PRIVATE KEY-----|$)/g;

/** Takes secrets and personal data out of a text and leaves a mark where each stood. What is marked already stays as it is. */
export function redact(text: string): Redacted {
  const taken = new Set<string>();
  const take = (what: string) => () => {
    taken.add(what);
    return `[${what} was taken out]`;
  };
  let rest = text.replace(KEY_BLOCK, take('a private key'));
  for (const { pattern, what } of [...SECRETS, ...PERSONAL]) {
    rest = rest.replace(new RegExp(pattern.source, `${pattern.flags}g`), take(what));
  }
  return { text: rest, taken: [...taken] };
}
