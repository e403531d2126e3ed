/** Compares an answer with one recorded from the real AWS, whose changing parts are placeholders. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';

type Recorded = Readonly<Record<string, { readonly 'recorded-content': Readonly<Record<string, unknown>> }>>;

export const recorded: Recorded = JSON.parse(
  readFileSync(new URL('../testdata/aws-recorded/cloudwatch.json', import.meta.url), 'utf8'),
);

/** What the recorder did not know, or AWS added after the recording. */
const UNRECORDED = ['$metadata', 'LogAlarms', 'ActionExecutedAfterMuteWindow'];
const DATES = ['timestamp', 'datetime', 'date'];

/** Remembers what each placeholder of a test stood for, so that it stands for the same everywhere. */
export type Placeholders = Map<string, string>;

/** Throws where `actual` is not what was recorded. */
export function assertAsRecorded(actual: unknown, expected: unknown, placeholders: Placeholders, path: string): void {
  if (typeof expected === 'string') assertText(actual, expected, placeholders, path);
  else if (Array.isArray(expected)) {
    assert.ok(Array.isArray(actual), `${path} is a list`);
    assert.equal(actual.length, expected.length, `${path} has ${expected.length} items`);
    for (const [index, item] of expected.entries()) {
      assertAsRecorded(actual[index], item, placeholders, `${path}[${index}]`);
    }
  } else if (typeof expected === 'object' && expected !== null) {
    // Some members are JSON texts, which the recorder opened.
    const value: unknown = typeof actual === 'string' ? JSON.parse(actual) : actual;
    assertMembers(value, expected as Readonly<Record<string, unknown>>, placeholders, path);
  } else assert.deepEqual(actual, expected, path);
}

function assertMembers(
  actual: unknown,
  expected: Readonly<Record<string, unknown>>,
  placeholders: Placeholders,
  path: string,
): void {
  assert.ok(typeof actual === 'object' && actual !== null, `${path} is an object`);
  const members = actual as Readonly<Record<string, unknown>>;
  const { ResponseMetadata: metadata, ...rest } = expected;
  if (metadata !== undefined) {
    const { httpStatusCode } = members.$metadata as { httpStatusCode: number };
    assert.equal(httpStatusCode, (metadata as { HTTPStatusCode: number }).HTTPStatusCode, `${path}: status`);
  }
  const present = Object.keys(members).filter((key) => members[key] !== undefined && !UNRECORDED.includes(key));
  const wanted = Object.keys(rest).filter((key) => !UNRECORDED.includes(key));
  assert.deepEqual(present.sort(), wanted.sort(), `${path}: members`);
  for (const key of wanted) assertAsRecorded(members[key], rest[key], placeholders, `${path}.${key}`);
}

function assertText(actual: unknown, expected: string, placeholders: Placeholders, path: string): void {
  if (DATES.includes(expected)) {
    const dates = Array.isArray(actual) ? actual : [actual];
    for (const date of dates) assert.ok(!Number.isNaN(new Date(date).getTime()), `${path}: ${date} is a date`);
    return;
  }
  assert.equal(typeof actual, 'string', `${path} is a text`);
  const names: string[] = [];
  const pattern = expected
    .split(/(<[\w:-]+>|MM\/DD\/YY HH:MM:SS|1{12})/)
    .map((part, index) => {
      if (index % 2 === 0) return part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
      if (part.startsWith('MM')) return '\\d\\d/\\d\\d/\\d\\d \\d\\d:\\d\\d:\\d\\d';
      names.push(part);
      return '([^]+?)';
    })
    .join('');
  const match: RegExpExecArray | null = new RegExp(`^${pattern}$`).exec(String(actual));
  assert.ok(match, `${path}: ${JSON.stringify(actual)} is not ${JSON.stringify(expected)}`);
  for (const [index, name] of names.entries()) {
    const value: string = match[index + 1] ?? '';
    assert.equal(value, placeholders.get(name) ?? value, `${path}: ${name}`);
    placeholders.set(name, value);
  }
}
