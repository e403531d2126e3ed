import { aboutOf } from '../../../app/incident/about.ts';
import { digestOf } from '../../../app/incident/send-draft.ts';
import { AUDIENCES } from '../../../core/comms/audiences.ts';
import { lintMessage } from '../../../core/comms/plain-language.ts';
import { factsOf } from '../../../core/incident/draft-facts.ts';
import { FREE_KINDS } from '../../../core/incident/timeline.ts';
import { SYSTEM } from '../../../core/who.ts';
import { line } from '../../../present/text/line.ts';
import type { Context } from '../../context.ts';
import { EXIT, type ExitCode } from '../../exit.ts';
import { CommandFailure, usage } from '../../failure.ts';
import {
  choiceFlag,
  type Desk,
  evidenceFlags,
  give,
  momentFlag,
  openDesk,
  textFlag,
  textOfWords,
} from '../../incident/desk.ts';
import { AUDIENCE_NAMES, STAGE_NAMES } from '../../incident/words.ts';

/** What is written down, and what is told. */

/** A line of the timeline; a correction of one; or the removal of a secret, which leaves a mark where it stood. */
export async function note(context: Context): Promise<ExitCode> {
  const desk = await openDesk(context);
  const { flags, io } = context;
  if (flags.redact !== undefined) {
    const entry = desk.incident.timeline.find(({ id }) => id === flags.redact);
    if (!entry) throw usage(`there is no entry ${flags.redact} in ${desk.incident.id}`);
    return give(desk, [{ kind: 'redact', entry: entry.id, digest: digestOf(entry.text) }]);
  }
  const text = textOfWords(desk, 'the note');
  const at = flags.at === undefined ? {} : { occurredAt: momentFlag('--at', flags.at, io.clock.now()) };
  if (flags.amend !== undefined) return give(desk, [{ kind: 'amend', entry: flags.amend, text, ...at }]);
  return give(desk, [
    {
      kind: 'note',
      entry: flags.kind === undefined ? 'note' : choiceFlag('--kind', flags.kind, FREE_KINDS),
      text,
      ...at,
      evidence: evidenceFlags(flags.evidence),
      visibility: flags.public ? 'public' : 'internal',
    },
  ]);
}

/**
 * Tells an audience how it stands: in the given words, else as drafted from the facts. What the public reads waits for the
 * approval of exactly this text.
 */
export async function update(context: Context): Promise<ExitCode> {
  const desk = await openDesk(context);
  const { flags, output } = context;
  const audience = choiceFlag('--audience', flags.audience ?? 'responders', AUDIENCE_NAMES);
  const stage = choiceFlag('--stage', flags.stage ?? 'update', STAGE_NAMES);
  const { incident, incidents } = desk;
  const facts = factsOf(incident, context.io.clock.now());
  const written = await textFlag(context);
  const text = written ?? (await incidents.drafts.write(audience, stage, facts)).text;
  const fullOutage = incident.severity === 'SEV-1' && incident.impact?.facts.includes('allInvocationsFailing') === true;
  const findings = lintMessage(text, { audience, stage, fullOutage });
  for (const { level, found, instead } of findings)
    output.say(line(level === 'block' ? ['bad', '✖'] : ['warn', '!'], ` "${found}": ${instead}`));
  const channels = incidents.channels.channelsFor(audience, aboutOf(incident, facts));
  const digest = digestOf(text);
  if (flags.dryRun) {
    output.result({ audience, stage, text, digest, channels, findings, dryRun: true }, [
      ...text.split('\n').map((each) => line(`  ${each}`)),
      line([
        'dim',
        `to ${AUDIENCES[audience].label} by ${channels.map(({ name }) => name).join(', ') || 'nobody: no channel is set up'}; nothing was sent`,
      ]),
    ]);
    return EXIT.done;
  }
  if (channels.length === 0)
    throw new CommandFailure({
      exit: EXIT.refused,
      message: `no channel is set up for ${AUDIENCES[audience].label}: nobody would be told`,
      next: 'switchback channels',
    });
  const override = flags.override === undefined ? {} : { override: flags.override };
  // Whoever asks for a draft is not its author, and may approve it.
  const author = written === undefined ? SYSTEM : desk.who;
  return give({ ...desk, who: author }, [{ kind: 'send', audience, stage, text, digest, channels, ...override }]);
}

/** What became of a message, as a person saw it; or the wish to try a failed one again. */
export async function settle(context: Context): Promise<ExitCode> {
  const desk = await openDesk(context);
  const words = { arrived: 'arrived', absent: 'absent', 'given-up': 'givenUp', again: 'tryAgain' } as const;
  const names = Object.keys(words) as (keyof typeof words)[];
  const as = words[choiceFlag('--as', context.flags.as ?? '', names)];
  return give(desk, [{ kind: 'settle', message: messageMeant(desk), as }]);
}

/** The message that is named, or the only one whose fate a person has to tell. */
function messageMeant({ incident, words }: Desk): string {
  const [named] = words;
  const open = incident.messages.filter(({ now }) => now.state === 'unknown' || now.state === 'failed');
  const found = incident.messages.filter(({ id }) =>
    named === undefined ? open.some((each) => each.id === id) : id === named || id.endsWith(named),
  );
  const [first, ...others] = found;
  if (!first)
    throw usage(named === undefined ? 'no message waits for a person’s word' : `no message is called "${named}"`);
  if (others.length > 0) throw usage(`${found.length} messages are possible: ${found.map(({ id }) => id).join(', ')}`);
  return first.id;
}
