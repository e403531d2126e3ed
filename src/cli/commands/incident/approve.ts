import { AUDIENCES } from '../../../core/comms/audiences.ts';
import { describe } from '../../../core/incident/asking.ts';
import type { Order } from '../../../core/incident/events.ts';
import { refusalOf } from '../../../core/incident/guards.ts';
import type { Pending } from '../../../core/incident/incident.ts';
import { line } from '../../../present/text/line.ts';
import type { Context } from '../../context.ts';
import { EXIT, type ExitCode } from '../../exit.ts';
import { CommandFailure, unwrap, usage } from '../../failure.ts';
import { type Desk, give, needed, openDesk } from '../../incident/desk.ts';

/** What waits for people: granted, denied, reviewed afterwards, or allowed while the incident lives. */

/** Letters of a text's digest that are enough to show that exactly this text was read. */
const DIGEST_LETTERS = 8;

export async function approve(context: Context): Promise<ExitCode> {
  const desk = await openDesk(context);
  const pending = pendingMeant(desk);
  const grant: Order = { kind: 'grant', order: pending.id, binding: pending.binding };
  mayGive(desk, grant);
  if (pending.order.kind === 'send') await wasRead(desk, pending);
  return give(desk, [grant]);
}

export async function deny(context: Context): Promise<ExitCode> {
  const desk = await openDesk(context);
  return give(desk, [{ kind: 'deny', order: pendingMeant(desk).id }]);
}

/** Nobody is asked to read what is not theirs to approve. */
function mayGive({ incident, who, context }: Desk, order: Order): void {
  const doc = { v: 1, id: incident.id, incident, wakeAt: null } as const;
  const refusal = refusalOf(doc, { ...order, id: 'asked', at: context.io.clock.now(), who });
  if (refusal) unwrap({ ok: false, refusal });
}

/** An approval is for the exact text: whoever gives it has read it here and now, or names its digest. */
async function wasRead({ context, incident }: Desk, { order, binding, id }: Pending): Promise<void> {
  const { flags, io, output } = context;
  if (order.kind !== 'send') return;
  if (flags.digest !== undefined) {
    if (flags.digest.length >= DIGEST_LETTERS && binding.startsWith(flags.digest.toLowerCase())) return;
    throw new CommandFailure({
      exit: EXIT.refused,
      message: `the text has changed, or --digest is too short: it is ${binding.slice(0, 12)} now`,
      next: `switchback incident show ${incident.id}`,
    });
  }
  output.say(
    line(['strong', `To ${AUDIENCES[order.audience].label}, by ${order.channels.map(({ name }) => name).join(', ')}:`]),
    ...order.text.split('\n').map((text) => line(`  ${text}`)),
  );
  const again = `switchback incident approve ${incident.id} ${id} --digest ${binding.slice(0, 12)}`;
  const answer = io.ask && (await io.ask('Send exactly this? [y/N] '));
  if (answer?.toLowerCase().startsWith('y')) return;
  throw new CommandFailure({
    exit: EXIT.refused,
    message: answer === undefined ? 'nothing was sent: an approval names the text that was read' : 'nothing was sent',
    next: again,
  });
}

function pendingMeant({ incident, words }: Desk): Pending {
  const [named] = words;
  const found = incident.pending.filter(({ id }) => named === undefined || id === named || id.endsWith(named));
  const [first, ...others] = found;
  if (!first)
    throw usage(
      named === undefined ? `nothing of ${incident.id} waits for approval` : `nothing waits under "${named}"`,
      `switchback incident show ${incident.id}`,
    );
  if (others.length > 0)
    throw usage(
      `${found.length} orders wait: ${found.map(({ id, order }) => `${id} (${describe(order)})`).join(', ')}`,
      `switchback incident approve ${incident.id} ${first.id}`,
    );
  return first;
}

/** Looks at what somebody did alone although the rules ask for two. */
export async function review(context: Context): Promise<ExitCode> {
  const desk = await openDesk(context);
  const open = desk.incident.reviews.filter(({ reviewed }) => reviewed === null);
  const review = desk.words[0] ?? (open.length === 1 ? open[0]!.id : undefined);
  return give(desk, [{ kind: 'review', review: needed(review, 'REVIEW', 'which one? incident show lists them') }]);
}

/** Lets releases go forward although the incident lives. */
export async function allowForward(context: Context): Promise<ExitCode> {
  const { breakGlass } = context.flags;
  return give(await openDesk(context), [{ kind: 'allowForward', ...(breakGlass ? { breakGlass: true } : {}) }]);
}
