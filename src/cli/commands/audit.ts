import type { Exported, ExportFilter } from '../../app/audit/export.ts';
import { textOf } from '../../app/error-text.ts';
import { TRAIL_DAYS } from '../../core/audit/reconcile.ts';
import { parseDuration } from '../../core/duration.ts';
import { csvRow } from '../../present/csv.ts';
import { AUDIT_COLUMNS, rowOf } from '../../present/json/audit.ts';
import { reconciledText, trailLimits, verdictText } from '../../present/text/audit.ts';
import { line } from '../../present/text/line.ts';
import type { Context } from '../context.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import { unwrap, usage } from '../failure.ts';

const DAY_MS = 86_400_000;
const DEFAULT_RECONCILE_MS = 7 * DAY_MS;
/** A text to be taken away is a token or a sentence, not a book. */
const MAX_TEXT_BYTES = 10_000;
/** Written at a time, so that a long ledger does not pile up in memory. */
const CHUNK_CHARS = 64_000;

/** `audit verify` */
export async function verify({ flags, output, wired }: Context): Promise<ExitCode> {
  const [{ verifyPlace }, { readWitness }] = await Promise.all([
    import('../../app/audit/verify.ts'),
    import('../../app/audit/export.ts'),
  ]);
  const witness = flags.against === undefined ? undefined : unwrap(await readWitness(flags.against));
  const place = await (await wired()).ledger();
  const verdict = await verifyPlace(place, witness);
  const shown = { place: place.place, ...verdict };
  output.result(shown, verdictText(shown));
  return verdict.ok ? EXIT.done : EXIT.halted;
}

/** `audit export` */
export async function exportLedger(context: Context): Promise<ExitCode> {
  const { flags, output, io } = context;
  const format = flags.format ?? 'jsonl';
  if (format !== 'jsonl' && format !== 'csv') throw usage(`--format "${format}" is not known: write jsonl or csv`);
  if (output.json && flags.out === undefined)
    throw usage('--json needs --out: without it stdout is the ledger itself', 'switchback audit export --out FILE');
  const now = io.clock.now();
  const filter: ExportFilter = {
    actor: flags.actor,
    fromMs: timeOf('--from', flags.from, now),
    untilMs: timeOf('--until', flags.until, now),
  };
  const place = await (await context.wired()).ledger();
  const { exportEntries } = await import('../../app/audit/export.ts');
  const sink = flags.out === undefined ? undefined : await openFile(flags.out);
  let entries = 0;
  let waiting = format === 'csv' ? csvRow(AUDIT_COLUMNS) : '';
  const write = async (): Promise<void> => {
    if (sink) await sink.write(waiting);
    else if (waiting !== '') io.stdout.write(waiting);
    waiting = '';
  };
  try {
    for await (const entry of exportEntries(place, filter)) {
      entries += 1;
      waiting += format === 'csv' ? tableRow(entry) : `${JSON.stringify(entry)}\n`;
      if (waiting.length > CHUNK_CHARS) await write();
    }
    await write();
  } finally {
    await sink?.close();
  }
  if (flags.out === undefined) output.note(`${entries} entries of ${place.place}`);
  else
    output.result({ place: place.place, file: flags.out, format, entries }, [
      line(['good', '✔'], ` ${entries} entries of ${place.place} written to `, ['strong', flags.out]),
    ]);
  return EXIT.done;
}

/** `audit reconcile` */
export async function reconcile({ flags, output, io, wired }: Context): Promise<ExitCode> {
  const nowMs = io.clock.now();
  const untilMs = timeOf('--until', flags.until, nowMs) ?? nowMs;
  const fromMs = timeOf('--from', flags.from, nowMs) ?? untilMs - DEFAULT_RECONCILE_MS;
  if (fromMs >= untilMs) throw usage('--from lies behind --until: nothing can have happened in between');
  if (nowMs - fromMs > TRAIL_DAYS * DAY_MS)
    throw usage(`--from lies more than ${TRAIL_DAYS} days back, where CloudTrail's event history ends`);
  const { reconcileWith } = await import('../../app/audit/reconcile.ts');
  const { aws, ledger } = await wired();
  const where = await aws.identity.where();
  const found = await reconcileWith(aws.trail, await ledger(), { ...where, fromMs, untilMs, nowMs });
  const shown = { ...where, fromMs, untilMs, ...found };
  output.result({ ...shown, limits: trailLimits(found.cut) }, reconciledText(shown));
  return EXIT.done;
}

/** `audit redact` */
export async function redact({ flags, output, io, wired }: Context): Promise<ExitCode> {
  const { actor, textFile, reason } = flags;
  if (actor === undefined) throw usage('--actor is missing: whose ledger holds the text', 'switchback audit export');
  if (textFile === undefined) throw usage('--text-file is missing: a file that holds the text and nothing else');
  if (reason === undefined) throw usage('--reason is missing: why the text is taken away stays in the ledger');
  const text = await readText(textFile);
  const { aws, ledger } = await wired();
  const place = await ledger();
  const found = [];
  for (const room of place.rooms) {
    const [first] = await room.host.ledger(actor, { after: 0, limit: 1 });
    if (first) found.push(room);
  }
  const [room] = found;
  if (!room) throw usage(`${actor} is not in ${place.place}`, 'switchback audit export --format csv');
  if (!room.redaction)
    throw usage(
      `nothing can be taken out of ${place.place}: Restate keeps what it was given`,
      `switchback move --state ${place.place} --to sqlite, redact it there, and move it back`,
    );
  const who = await aws.identity.whoAmI();
  const order = { text, who, why: reason, at: io.clock.now() };
  const done = unwrap(await room.redaction.redact(actor, order));
  output.result({ actor, ...done }, [
    line(
      ['good', '✔'],
      ` taken out of ${done.entries} entries of ${actor} and of its document; entry `,
      ['strong', `${done.sequence}`],
      ' accounts for it',
    ),
    line(
      '  It may still stand in copies: exports, backups, bundles, messages that were sent, and the logs of processes.',
    ),
  ]);
  return EXIT.done;
}

function tableRow(entry: Exported): string {
  const row = rowOf(entry, entry.actorKind);
  return csvRow(AUDIT_COLUMNS.map((name) => row[name]));
}

async function readText(file: string): Promise<string> {
  const { readFile } = await import('node:fs/promises');
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    throw usage(`--text-file ${file} cannot be read: ${textOf(error)}`);
  }
  if (text.length > MAX_TEXT_BYTES)
    throw usage(
      `--text-file ${file} holds ${text.length} characters; at most ${MAX_TEXT_BYTES} are taken away at once`,
    );
  return text.replace(/\r?\n$/, '');
}

async function openFile(file: string) {
  const { open } = await import('node:fs/promises');
  try {
    return await open(file, 'w', 0o600);
  } catch (error) {
    throw usage(`--out ${file} cannot be written: ${textOf(error)}`);
  }
}

/** A date, an ISO time, or a duration back from now. */
function timeOf(flag: string, text: string | undefined, nowMs: number): number | undefined {
  if (text === undefined) return undefined;
  const ago = /^\d+[smhdw]$/.test(text) ? parseDuration(text) : undefined;
  const at = typeof ago === 'number' ? nowMs - ago : Date.parse(text);
  if (!Number.isFinite(at))
    throw usage(`${flag} "${text}" is no time: write 2026-01-31, 2026-01-31T12:00:00Z, or 7d for seven days ago`);
  return at;
}
