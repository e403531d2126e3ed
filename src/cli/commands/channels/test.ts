import type { Shown, Trial } from '../../../channels/trial.ts';
import { nearest } from '../../../core/nearest.ts';
import { trialsText } from '../../../present/text/channels.ts';
import { CONFIG_FILE } from '../../config-file.ts';
import type { Context } from '../../context.ts';
import { EXIT, type ExitCode } from '../../exit.ts';
import { usage } from '../../failure.ts';

/** Sends a marked test message by each channel, or shows what would be sent. Where everybody would read it, access alone is checked. */
export async function run(context: Context): Promise<ExitCode> {
  const { flags, operands, output, io } = context;
  const dry = flags.dryRun === true;
  const trials = await (await context.wired()).channels?.(dry);
  const known = trials?.names ?? [];
  if (!trials || known.length === 0)
    throw usage(
      'no channels are set up',
      `write some under channels: in ${CONFIG_FILE}; docs/channels.md shows each kind`,
    );
  const stranger = operands.find((name) => !known.includes(name));
  if (stranger !== undefined) {
    const close = nearest(stranger, known);
    throw usage(
      `there is no channel "${stranger}"`,
      close ? `did you mean ${close}?` : `there are ${known.join(', ')}`,
    );
  }
  const done: Trial[] = [];
  for (const name of operands.length > 0 ? [...new Set(operands)] : known) {
    const trial = await trials.attempt(name, io.clock.now());
    if (trial) done.push(trial);
  }
  const rows = done.map((trial) => ({ ...trial, next: nextOf(trial) }));
  output.result(
    { channels: rows },
    trialsText(
      rows.map((row) => ({ ...row, wire: dry || flags.debug ? row.exchanges.map((each) => wireText(each, dry)) : [] })),
    ),
  );
  if (done.some(({ outcome }) => outcome === 'refused')) return EXIT.usage;
  return done.some(({ outcome }) => outcome === 'later' || outcome === 'inDoubt') ? EXIT.unexpected : EXIT.done;
}

/** Kinds whose answer says nothing of whether anybody can read it. */
const UNSEEN = new Set(['teams', 'email', 'slack-webhook', 'sns']);

function nextOf({ name, kind, outcome }: Trial): string | null {
  switch (outcome) {
    case 'sent':
      return UNSEEN.has(kind) ? 'look there: that it was taken is all that is known' : null;
    case 'checked':
    case 'wouldSend':
      return null;
    case 'inDoubt':
      return 'look there: it may have arrived';
    default:
      return `put it right, then: switchback channels test ${name}`;
  }
}

function wireText(shown: Shown, dry: boolean): string {
  if (shown.over === 'smtp') return shown.text;
  if (shown.over === 'sns') return `sns:Publish\n${JSON.stringify(shown.message, null, 2)}`;
  const { method, url, headers, body, answer } = shown;
  const head = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  return [
    `${method} ${url}`,
    ...head,
    ...(body === null ? [] : ['', pretty(body)]),
    ...(dry ? [] : [`-> ${answer}`]),
  ].join('\n');
}

function pretty(body: string): string {
  try {
    return JSON.stringify(JSON.parse(body), null, 2);
  } catch {
    return body;
  }
}
