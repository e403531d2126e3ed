import { isDeepStrictEqual } from 'node:util';
import type { Expectation } from '../../core/gates/checks.ts';
import { cut } from '../../core/gates/evidence.ts';
import { redacted } from '../../core/gates/secrets.ts';
import { textOf } from '../error-text.ts';

const MAX_SHOWN_CHARS = 200;

/** Parses an answer; an empty one is null, as a Lambda's `undefined` is. Answers undefined for what is no JSON. */
export function parseJson(text: string): { readonly value: unknown } | undefined {
  if (text.trim() === '') return { value: null };
  try {
    return { value: JSON.parse(text) as unknown };
  } catch {
    return undefined;
  }
}

/** A value for a sentence: short, and without what looks like secrets. */
export function shown(value: unknown): string {
  return cut(redacted(JSON.stringify(value) ?? 'nothing'), MAX_SHOWN_CHARS);
}

/** Why a value is not as expected, as a sentence; undefined where every expectation holds. */
export async function unmet(value: unknown, expectations: readonly Expectation[]): Promise<string | undefined> {
  if (expectations.length === 0) return undefined;
  const { jsonpath } = await import('json-p3');
  for (const expected of expectations) {
    const found = jsonpath.query(expected.path, value as never).values();
    const problem = problemOf(expected, found);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function problemOf(expected: Expectation, found: readonly unknown[]): string | undefined {
  const { path } = expected;
  if ('exists' in expected) {
    if (expected.exists === found.length > 0) return undefined;
    return expected.exists
      ? `${path} selects nothing`
      : `${path} selects ${shown(found[0])}, and should select nothing`;
  }
  if (found.length === 0) return `${path} selects nothing`;
  if ('equals' in expected) {
    const other = found.find((each) => !isDeepStrictEqual(each, expected.equals));
    return other === undefined ? undefined : `${path} is ${shown(other)}, not ${shown(expected.equals)}`;
  }
  const pattern = new RegExp(expected.matches, 'u');
  const other = found.find((each) => typeof each !== 'string' || !pattern.test(each));
  return other === undefined ? undefined : `${path} is ${shown(other)}, which does not match ${expected.matches}`;
}

/** Why a path cannot be read; undefined where it can. For the configuration, before anything is released. */
export async function expectationProblem(expectations: readonly Expectation[]): Promise<string | undefined> {
  if (expectations.length === 0) return undefined;
  const { jsonpath } = await import('json-p3');
  for (const expected of expectations) {
    try {
      jsonpath.compile(expected.path);
      if ('matches' in expected) new RegExp(expected.matches, 'u');
    } catch (error) {
      const why = textOf(error);
      return `${JSON.stringify('matches' in expected ? expected.matches : expected.path)} cannot be read: ${why}`;
    }
  }
  return undefined;
}

/** What a JSON Schema says of a value: its first complaints, as a sentence; undefined where it fits. */
export async function misfit(value: unknown, schema: unknown): Promise<string | undefined> {
  const validate = await compile(schema);
  if (validate(value)) return undefined;
  const errors = (validate.errors ?? []).slice(0, 3);
  return errors
    .map(({ instancePath, message }) => `${instancePath || 'the answer'} ${message ?? 'does not fit'}`)
    .join('; ');
}

async function compile(schema: unknown) {
  const draft7 =
    typeof schema === 'object' && schema !== null && '$schema' in schema && /draft-0[67]/.test(String(schema.$schema));
  const { default: Ajv } = draft7 ? await import('ajv') : await import('ajv/dist/2020.js');
  // Formats are annotations, as the specification has it; nothing is fetched, so a reference must lie in the schema itself.
  const ajv = new Ajv.default({ allErrors: false, strict: false, validateFormats: false });
  return ajv.compile(schema as object);
}
