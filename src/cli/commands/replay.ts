import { writeFile } from 'node:fs/promises';
import { relative, resolve } from 'node:path';
import { recordFromLedger } from '../../app/bundle/ledger.ts';
import { bundlesFromPaths, bundlesFromShelf, labelsFrom, replayAll, rulesFrom } from '../../app/replay.ts';
import { flagsOf } from '../../core/release/alias.ts';
import { bundleOf } from '../../core/replay/bundle.ts';
import { replayJson } from '../../present/json/replay.ts';
import { line } from '../../present/text/line.ts';
import { replayText } from '../../present/text/replay.ts';
import type { Context } from '../context.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import { CommandFailure, unwrap, usage } from '../failure.ts';
import { aliasKey } from '../target.ts';

/** Judges past releases again, by the guards they had or by other rules; or writes one release's bundle to a file. */
export async function run(context: Context): Promise<ExitCode> {
  return context.flags.export === undefined ? replay(context) : exportBundle(context, context.flags.export);
}

async function replay(context: Context): Promise<ExitCode> {
  const { flags, io, output, operands } = context;
  const rules = unwrap(rulesFrom(flags.rule ?? []));
  const file = flags.label === undefined ? undefined : resolve(io.cwd, flags.label);
  const labels = unwrap(await labelsFrom({ good: flags.good ?? [], bad: flags.bad ?? [], file }));
  const records = unwrap(
    operands.length > 0
      ? await bundlesFromPaths(operands.map((path) => resolve(io.cwd, path)))
      : await bundlesFromShelf(await (await context.wired()).shelf('bundles')),
  );
  if (records.length === 0)
    throw usage(
      'there is no bundle to replay: releases leave one beside the state when they end',
      'switchback replay FILE…, or write one with: switchback replay --export FILE --release r-…',
    );
  const reports = replayAll(records, rules, labels);
  output.result(
    { rules: reports.map(({ rule, judged, summary }) => replayJson(rule, judged, summary)) },
    reports.flatMap(({ rule, judged, summary }, index) => [
      ...(index === 0 ? [] : [line('')]),
      ...replayText(rule, judged, summary),
    ]),
  );
  const differing = reports.flatMap(({ judged }) => judged.filter(({ differs }) => differs !== null));
  if (differing.length === 0) return EXIT.done;
  output.note(
    `switchback: ${differing.length} of ${records.length} releases were not judged as they were then: this Switchback’s guards are not those of that time`,
  );
  return EXIT.unexpected;
}

async function exportBundle(context: Context, to: string): Promise<ExitCode> {
  const { flags, io, output } = context;
  if (flags.release === undefined)
    throw usage('--export needs a release', 'add --release r-…; switchback history lists them');
  const key = await aliasKey(context);
  const { ports } = await (await context.wired()).home();
  const record = await recordFromLedger(ports.host, key, flags.release);
  if (!record)
    throw new CommandFailure({
      exit: EXIT.usage,
      message: `release ${flags.release} of ${key.function}:${key.alias} is not in the ledger, or began too long ago`,
      next: `switchback history ${flagsOf(key)}`,
    });
  const file = resolve(io.cwd, to);
  // Never over a file that is there: an export is evidence.
  await writeFile(file, `${JSON.stringify(bundleOf(record))}\n`, { mode: 0o600, flag: 'wx' }).catch(
    (error: unknown) => {
      const taken = error instanceof Error && 'code' in error && error.code === 'EEXIST';
      throw taken ? usage(`"${to}" exists already`, 'name another file') : error;
    },
  );
  const shown = relative(io.cwd, file) || file;
  output.result({ id: record.id, function: key.function, alias: key.alias, file, looks: record.looks.length }, [
    line(['good', '✔'], ` ${shown}: release ${record.id} with ${record.looks.length} looks; judge it again with `, [
      'strong',
      `switchback replay ${shown}`,
    ]),
  ]);
  return EXIT.done;
}
