import assert from 'node:assert/strict';
import { ACCOUNT, REGION } from '../world.ts';

/** An answer in the form of the recordings: the members, and the status under ResponseMetadata. */
export type Answer = Readonly<Record<string, unknown>>;

/** Members that the service added to its answers after the older recordings were made. */
const ADDED_SINCE = new Set(['LoggingConfig', 'RuntimeVersionConfig', 'SnapStart', 'EphemeralStorage', 'InvokeMode']);

/** Makes a call and gives its answer, or its error, as recorded. */
export async function answered(call: Promise<object>, recorded: unknown): Promise<Answer> {
  try {
    const answer = await call;
    if (!('$metadata' in answer)) return readable(answer);
    const { $metadata, ...members } = answer;
    return { ...readable(members), ResponseMetadata: { HTTPHeaders: {}, ...statusOf($metadata) } };
  } catch (error) {
    if (!(error instanceof Error) || !('$metadata' in error)) throw error;
    if (isBrief(recorded)) return briefly(error);
    return {
      Error: { Code: error.name, Message: error.message },
      ResponseMetadata: { HTTPHeaders: {}, ...statusOf(error.$metadata) },
    };
  }
}

/** The name-validation recordings keep only the code, and the violations one by one. */
function isBrief(recorded: unknown): boolean {
  return typeof recorded === 'object' && recorded !== null && 'Code' in recorded;
}

function briefly({ name: Code, message: Message }: Error): Answer {
  const [, count, list] = /^(\d+) validation errors? detected: (.*)$/s.exec(Message) ?? [];
  return list === undefined ? { Code, Message } : { Code, Count: Number(count), Errors: list.split('; ') };
}

function statusOf(metadata: unknown): { HTTPStatusCode: number } {
  assert.ok(typeof metadata === 'object' && metadata !== null && 'httpStatusCode' in metadata);
  return { HTTPStatusCode: Number(metadata.httpStatusCode) };
}

/** The recorders parsed what is JSON in a string: payloads, policies, statements. */
function readable(members: object): Record<string, unknown> {
  const parsed = ['Policy', 'Statement', 'Payload'];
  return Object.fromEntries(
    Object.entries(members).flatMap(([name, value]) => {
      if (value === undefined) return [];
      const text = value instanceof Uint8Array ? Buffer.from(value).toString('utf8') : value;
      return [[name, parsed.includes(name) && typeof text === 'string' ? parsedOrText(text) : text]];
    }),
  );
}

function parsedOrText(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : text;
  } catch {
    return text;
  }
}

/**
 * Compares answers with a recording. A placeholder such as `<uuid:1>` stands for one value throughout the recording, and
 * `<uuid:2>` for another.
 */
export class Comparison {
  readonly #bound = new Map<string, string>();
  readonly #isOld: boolean;

  constructor(recordedDate: string) {
    this.#isOld = Number(/-(\d{4}),/.exec(recordedDate)?.[1]) < 2024;
  }

  check(step: string, recorded: unknown, actual: unknown): void {
    this.#compare(step, recorded, actual);
  }

  #compare(where: string, recorded: unknown, actual: unknown): void {
    if (typeof recorded === 'string') {
      this.#compareText(where, recorded, actual);
      return;
    }
    if (Array.isArray(recorded)) {
      assert.ok(Array.isArray(actual) && actual.length === recorded.length, `${where}: ${show(actual)}`);
      for (const [index, item] of recorded.entries()) this.#compare(`${where}[${index}]`, item, actual[index]);
      return;
    }
    if (typeof recorded !== 'object' || recorded === null) {
      assert.deepEqual(actual ?? null, recorded, where);
      return;
    }
    assert.ok(typeof actual === 'object' && actual !== null, `${where}: ${show(actual)} instead of ${show(recorded)}`);
    this.#compareMembers(where, recorded, actual);
  }

  #compareMembers(where: string, recorded: object, actual: object): void {
    const wanted = Object.entries(recorded).filter(([name]) => !isErrorBody(recorded, name));
    for (const [name, value] of wanted) {
      this.#compare(`${where}.${name}`, value, (actual as Record<string, unknown>)[name]);
    }
    const names = new Set(Object.keys(recorded));
    const surplus = Object.keys(actual).filter((name) => !names.has(name) && !(this.#isOld && ADDED_SINCE.has(name)));
    assert.deepEqual(surplus, [], `${where}: members that were not recorded`);
  }

  #compareText(where: string, recorded: string, actual: unknown): void {
    const text = actual instanceof Date ? 'date' : String(actual);
    const wanted = recorded
      .replaceAll('<partition>', 'aws')
      .replaceAll('<region>', REGION)
      .replaceAll('1'.repeat(12), ACCOUNT);
    const names: string[] = [];
    const pattern = wanted
      .replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
      .replace(/<[a-z0-9_-]+(:\d+)?>|<a:len\\\((\d+)\\\)>/g, (placeholder) => {
        const [, count] = /len\\\((\d+)/.exec(placeholder) ?? [];
        if (count !== undefined) return 'a'.repeat(Number(count));
        names.push(placeholder);
        return '(.+?)';
      });
    if (recorded === 'date') {
      assert.match(text, /^date$|^\d{4}-\d\d-\d\dT/, where);
      return;
    }
    if (recorded === 'code-sha256') {
      assert.match(text, /^[A-Za-z0-9+/]{43}=$/, where);
      return;
    }
    const found = new RegExp(`^${pattern}$`, 's').exec(text);
    assert.ok(found, `${where}: ${show(text)} instead of ${show(wanted)}`);
    for (const [index, name] of names.entries()) this.#bind(where, name, found[index + 1] ?? '');
  }

  #bind(where: string, placeholder: string, value: string): void {
    if (!placeholder.includes(':')) return;
    const bound = this.#bound.get(placeholder);
    if (bound !== undefined) {
      assert.equal(value, bound, `${where}: ${placeholder} is another value here`);
      return;
    }
    const kind = placeholder.slice(0, placeholder.indexOf(':'));
    for (const [other, taken] of this.#bound) {
      assert.ok(!other.startsWith(`${kind}:`) || taken !== value, `${where}: ${placeholder} is the value of ${other}`);
    }
    this.#bound.set(placeholder, value);
  }
}

/** The body of an error repeats its message; the SDK keeps one. `Type` is the wire layer's. */
function isErrorBody(recorded: object, name: string): boolean {
  return 'Error' in recorded && ['message', 'Message', 'Type', 'Reason'].includes(name);
}

function show(value: unknown): string {
  return JSON.stringify(value)?.slice(0, 600) ?? 'undefined';
}
