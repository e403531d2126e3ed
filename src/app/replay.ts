import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type Result, refuse } from '../core/refusal.ts';
import { type Judged, judgeBy, type Label, labelOf, type Summary, summarise } from '../core/replay/compare.ts';
import type { ReleaseRecord } from '../core/replay/record.ts';
import { OWN_RULE, parseRule, type Rule } from '../core/replay/rules.ts';
import { MAX_BUNDLE_BYTES, readBundle } from './bundle/read.ts';
import { textOf } from './error-text.ts';
import type { Shelf } from './ports/shelf.ts';

/** Past releases under one rule. */
export interface RuleReport {
  readonly rule: Rule;
  readonly judged: readonly Judged[];
  readonly summary: Summary;
}

/** More bundles in one call are a mistake: each is read whole. */
export const MAX_REPLAYED = 2_000;
const MAX_LABEL_BYTES = 1_048_576;
const RELEASE_ID = /^r-[0-9a-z]{1,20}$/;

/** The rules as they were written, the release's own guards where none was. */
export function rulesFrom(texts: readonly string[]): Result<readonly Rule[]> {
  if (texts.length === 0) return { ok: true, value: [OWN_RULE] };
  const rules: Rule[] = [];
  for (const text of texts) {
    const read = parseRule(text);
    if (!read.ok) return read;
    rules.push(read.value);
  }
  return { ok: true, value: rules };
}

/** Judges every release by every rule. `labels` overrule what became of a release. */
export function replayAll(
  records: readonly ReleaseRecord[],
  rules: readonly Rule[],
  labels: ReadonlyMap<string, Label>,
): readonly RuleReport[] {
  return rules.map((rule) => {
    const judged = records.map((record) => judgeBy(rule, record, labels.get(record.id) ?? labelOf(record)));
    return { rule, judged, summary: summarise(rule, judged) };
  });
}

/** Reads bundles from files and folders (their `*.json`), oldest release first; a release that comes twice counts once. */
export async function bundlesFromPaths(paths: readonly string[]): Promise<Result<readonly ReleaseRecord[]>> {
  const files: string[] = [];
  for (const path of paths) {
    const found = await stat(path).catch(() => undefined);
    if (!found) return refuse('usage', `bundle "${path}" does not exist`);
    if (found.isDirectory()) {
      const names = (await readdir(path)).filter((name) => name.endsWith('.json')).sort();
      if (names.length === 0) return refuse('usage', `folder "${path}" holds no bundle: no file in it ends with .json`);
      files.push(...names.map((name) => join(path, name)));
    } else files.push(path);
  }
  return readAll(files, async (file) => {
    const found = await stat(file);
    if (!found.isFile()) throw new Error('it is not a file');
    if (found.size > MAX_BUNDLE_BYTES)
      throw new Error(`it has ${found.size} bytes: at most ${MAX_BUNDLE_BYTES} are read`);
    return readFile(file, 'utf8');
  });
}

/** Every bundle that lies beside the state. */
export async function bundlesFromShelf(shelf: Shelf): Promise<Result<readonly ReleaseRecord[]>> {
  const names = (await shelf.list()).filter((name) => name.endsWith('.json'));
  return readAll(names, async (name) => (await shelf.read(name, MAX_BUNDLE_BYTES)) ?? '');
}

async function readAll(
  names: readonly string[],
  read: (name: string) => Promise<string>,
): Promise<Result<readonly ReleaseRecord[]>> {
  if (names.length > MAX_REPLAYED)
    return refuse('usage', `${names.length} bundles: at most ${MAX_REPLAYED} are replayed at once`);
  const records = new Map<string, ReleaseRecord>();
  for (const name of names) {
    let problem: string;
    try {
      const bundle = readBundle(await read(name));
      if (bundle.ok) {
        records.set(bundle.release.id, bundle.release);
        continue;
      }
      problem = bundle.problem;
    } catch (error) {
      problem = textOf(error);
    }
    return refuse('usage', `bundle "${name}" cannot be replayed: ${problem}`);
  }
  const oldestFirst = [...records.values()].sort((a, b) => a.marks.startedAt - b.marks.startedAt);
  return { ok: true, value: oldestFirst };
}

/** Labels from flags and from a file of lines such as `r-0123456789 bad`; `#` begins a comment. Flags are stronger. */
export async function labelsFrom(given: {
  readonly good: readonly string[];
  readonly bad: readonly string[];
  readonly file: string | undefined;
}): Promise<Result<ReadonlyMap<string, Label>>> {
  const labels = new Map<string, Label>();
  if (given.file !== undefined) {
    const found = await stat(given.file).catch(() => undefined);
    if (!found?.isFile()) return refuse('usage', `--label "${given.file}" is not a file`);
    if (found.size > MAX_LABEL_BYTES)
      return refuse('usage', `--label "${given.file}" has ${found.size} bytes: at most ${MAX_LABEL_BYTES} are read`);
    const lines = (await readFile(given.file, 'utf8')).split(/\r?\n/);
    for (const [index, line] of lines.entries()) {
      const text = line.replace(/#.*/, '').trim();
      if (text === '') continue;
      const [id = '', label, ...rest] = text.split(/\s+/);
      if (!RELEASE_ID.test(id) || (label !== 'good' && label !== 'bad') || rest.length > 0)
        return refuse(
          'usage',
          `${given.file}:${index + 1}: "${text.slice(0, 80)}" is no label: write "r-… good" or "r-… bad"`,
        );
      labels.set(id, label);
    }
  }
  for (const label of ['good', 'bad'] as const) {
    for (const id of given[label]) {
      if (!RELEASE_ID.test(id)) return refuse('usage', `--${label} "${id}" is no release: ids look like r-0123456789`);
      labels.set(id, label);
    }
  }
  return { ok: true, value: labels };
}
