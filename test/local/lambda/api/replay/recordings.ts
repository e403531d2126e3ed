import { readFileSync } from 'node:fs';
import path from 'node:path';

export interface Recording {
  readonly test: string;
  readonly date: string;
  readonly steps: ReadonlyMap<string, unknown>;
}

const FOLDER = path.join(import.meta.dirname, '../../../testdata/aws-recorded');

interface Recorded {
  readonly 'recorded-date': string;
  readonly 'recorded-content': Readonly<Record<string, unknown>>;
}

/** The recordings of Lambda: whole answers where they were kept, else the errors alone. */
export function recordings(): Recording[] {
  const whole = JSON.parse(readFileSync(path.join(FOLDER, 'lambda.json'), 'utf8')) as Record<string, Recorded>;
  const found = Object.entries(whole).map(([test, recorded]) => ({
    test,
    date: recorded['recorded-date'],
    steps: new Map(Object.entries(recorded['recorded-content'])),
  }));
  return [...found, ...errorsOnly(new Set(Object.keys(whole)))];
}

/** A row that does not begin with a file's name goes on with the message of the row before. */
function errorsOnly(known: ReadonlySet<string>): Recording[] {
  const rows = readFileSync(path.join(FOLDER, 'errors.tsv'), 'utf8')
    .split(/\n(?=test_)/)
    .slice(1);
  const tests = new Map<string, { date: string; steps: Map<string, unknown> }>();
  for (const row of rows) {
    const [file, test = '', date = '', step = '', status, Code, Message] = row.split('\t');
    if (file === 'test_cloudwatch' || known.has(test)) continue;
    const recording = tests.get(test) ?? { date, steps: new Map() };
    recording.steps.set(step, {
      Error: { Code, Message },
      ResponseMetadata: { HTTPHeaders: {}, HTTPStatusCode: Number(status) },
    });
    tests.set(test, recording);
  }
  return [...tests].map(([test, recording]) => ({ test, ...recording }));
}
