import { readFile, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { textOf } from '../app/error-text.ts';
import type { SecretStore } from '../app/ports/secret-store.ts';

/** Where secrets are read from. */
export interface SecretSources {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** What relative paths are relative to. */
  readonly folder: string;
  /** What AWS keeps, where AWS can be asked. */
  readonly store?: SecretStore;
}

/** `again`: it may be there later, as after a throttled call. */
export type Secret =
  | { readonly ok: true; readonly value: string }
  | { readonly ok: false; readonly told: string; readonly again?: true };

/** Secrets by reference. What was read once is remembered, to be masked wherever it would show. */
export interface Secrets {
  /**
   * `env:NAME`, `file:PATH`, `secretsmanager:NAME` (of a JSON secret `NAME#key`) or `ssm:NAME`; read anew each time, what AWS
   * keeps once a minute: a token may be changed while we run.
   */
  read(reference: string): Promise<Secret>;
  /** The text with every secret that was read so far replaced by a mark. */
  mask(text: string): string;
}

/** A file with more in it holds no token. */
const MAX_FILE_BYTES = 64_000;
/** AWS takes money and time for every reading. */
const KEPT_MS = 60_000;
/** Shorter ones are words that stand in other texts by chance. */
const MIN_MASKED = 6;

export function createSecrets({ env, folder, store }: SecretSources, now: () => number = () => Date.now()): Secrets {
  const known = new Set<string>();
  const kept = new Map<string, { readonly value: string; readonly until: number }>();
  const fromAws = async (scheme: 'secretsmanager' | 'ssm', name: string): Promise<string> => {
    const id = `${scheme}:${name}`;
    const before = kept.get(id);
    if (before && before.until > now()) return before.value;
    if (!store) throw new Error('AWS cannot be asked here');
    const value = await (scheme === 'ssm' ? store.parameter(name) : store.secret(name));
    kept.set(id, { value, until: now() + KEPT_MS });
    return value;
  };
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
      if (scheme === 'secretsmanager' || scheme === 'ssm') {
        const [name = '', key] = scheme === 'ssm' ? [rest] : rest.split('#');
        try {
          const value = (await fromAws(scheme, name)).trim();
          const part = key === undefined ? value : partOf(value, key);
          return part
            ? found(part)
            : { ok: false, told: `${scheme}:${name} holds no text${key ? ` under ${key}` : ''}` };
        } catch (error) {
          const again = error instanceof Error && 'retryable' in error && error.retryable === true;
          return { ok: false, told: `${scheme}:${name}: ${textOf(error)}`, ...(again ? { again } : {}) };
        }
      }
      if (scheme !== 'file')
        return { ok: false, told: 'a secret is given as env:NAME, file:PATH, secretsmanager:NAME or ssm:NAME' };
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

/** One value of a secret that is a JSON object, as Secrets Manager's console makes them. */
function partOf(text: string, key: string): string | undefined {
  try {
    const value: unknown = (JSON.parse(text) as Readonly<Record<string, unknown>>)[key];
    return typeof value === 'string' ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Of a webhook's address, what nobody may know; its host is no secret. */
function pathOf(url: string): string {
  const { pathname, search } = new URL(url);
  return `${pathname}${search}`;
}
