/** What stands where words were taken away. */
export const TOMBSTONE = '[redacted]';

/** Shorter texts stand in too many words that are not meant. */
export const MIN_REDACTED = 4;

/**
 * Members that hold no words but what the engine goes by. A text is not taken out of them: a document without its alias or
 * its versions could not go on.
 */
const STRUCTURE: ReadonlySet<string> = new Set([
  ...['v', 'kind', 'id', 'key', 'actor', 'account', 'region', 'function', 'alias', 'functions', 'handler'],
  ...['stable', 'candidate', 'version', 'versions', 'toVersion', 'revisionId', 'plan', 'hash', 'digest', 'binding'],
  ...[
    'releaseId',
    'release',
    'incident',
    'train',
    'member',
    'message',
    'command',
    'commands',
    'order',
    'entry',
    'cause',
  ],
  ...['state', 'phase', 'step', 'status', 'stage', 'outcome', 'severity', 'level', 'audience', 'source', 'type', 'via'],
  ...[
    'provedBy',
    'executionId',
    'deploymentId',
    'secret',
    'cursor',
    'logCursor',
    'since',
    'claim',
    'waitingFor',
    'subject',
  ],
]);

/** People may be forgotten; names of alarms and channels may not. */
function isStructure(member: string, path: string): boolean {
  return STRUCTURE.has(member) || (member === 'name' && !/(^|\.)(who|by)\.name$/.test(path));
}

export interface TakenAway<T> {
  readonly value: T;
  /** In how many strings it stood. */
  readonly places: number;
  /** A place, as a path, that holds it and cannot do without; undefined where there is none. */
  readonly kept: string | undefined;
}

/** Takes a text out of every string of a JSON value; the value itself where it does not stand there. */
export function takeAway<T>(value: T, text: string): TakenAway<T> {
  let places = 0;
  let kept: string | undefined;
  const walk = (inner: unknown, path: string, member: string): unknown => {
    if (typeof inner === 'string') {
      if (!inner.includes(text)) return inner;
      if (isStructure(member, path)) {
        kept ??= path;
        return inner;
      }
      places += 1;
      return inner.replaceAll(text, TOMBSTONE);
    }
    if (Array.isArray(inner)) {
      const items = inner.map((item, index) => walk(item, `${path}[${index}]`, member));
      return items.some((item, index) => item !== inner[index]) ? items : inner;
    }
    if (typeof inner !== 'object' || inner === null) return inner;
    let changed = false;
    const members = Object.entries(inner).map(([name, each]) => {
      if (name.includes(text)) kept ??= `${path}.${name}`;
      const next = walk(each, path === '' ? name : `${path}.${name}`, name);
      changed ||= next !== each;
      return [name, next] as const;
    });
    return changed ? Object.fromEntries(members) : inner;
  };
  const next = walk(value, '', '') as T;
  return { value: next, places, kept };
}
