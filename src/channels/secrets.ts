import { readFile, stat } from 'node:fs/promises';
import { resolve } from 'node:path';

/** Where secrets are read from. */
export interface SecretSources {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** What relative paths are relative to. */
  readonly folder: string;
}

export type Secret = { readonly ok: true; readonly value: string } | { readonly ok: false; readonly told: string };

/** Secrets by reference. What was read once is remembered, to be masked wherever it would show. */
export interface Secrets {
  /** `env:NAME` or `file:/path`, read anew each time: a token may be changed while we run. */
  read(reference: string): Promise<Secret>;
  /** The text with every secret that was read so far replaced by a mark. */
  mask(text: string): string;
}

/** A file with more in it holds no token. */
const MAX_FILE_BYTES = 64_000;
/** Shorter ones are words that stand in other texts by chance. */
const MIN_MASKED = 6;

export function createSecrets({ env, folder }: SecretSources): Secrets {
  const known = new Set<string>();
  const found = (value: string): Secret => {
    for (const part of [value, ...(URL.canParse(value) ? [pathOf(value)] : [])])
      if (part.length >= MIN_MASKED) known.add(part);
    return { ok: true, value };
  };
  return {
    async read(reference) {
      const [, scheme, rest = ''] = /^([a-z]+):(.*)$/s.exec(reference) ?? [];
      if (scheme === 'env') {
        const value = env[rest]?.trim();
        return value ? found(value) : { ok: false, told: `${rest} is not set in the environment` };
      }
      if (scheme !== 'file') return { ok: false, told: 'a secret is given as env:NAME or file:PATH' };
      const file = resolve(folder, rest);
      try {
        if ((await stat(file)).size > MAX_FILE_BYTES) return { ok: false, told: `${file} is too large for a secret` };
        const value = (await readFile(file, 'utf8')).trim();
        return value === '' ? { ok: false, told: `${file} is empty` } : found(value);
      } catch (error) {
        const code = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable';
        return { ok: false, told: `${file} cannot be read (${code})` };
      }
    },
    mask(text) {
      // The longest first: one may hold another.
      return [...known]
        .sort((a, b) => b.length - a.length)
        .reduce((rest, each) => rest.replaceAll(each, '(secret)'), text);
    },
  };
}

/** Of a webhook's address, what nobody may know; its host is no secret. */
function pathOf(url: string): string {
  const { pathname, search } = new URL(url);
  return `${pathname}${search}`;
}
