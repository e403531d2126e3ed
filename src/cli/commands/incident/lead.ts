import { findIncident } from '../../../app/incident/find.ts';
import { saidInPublic, toldInPublic } from '../../../core/incident/draft-facts.ts';
import type { Order } from '../../../core/incident/events.ts';
import type { Pending } from '../../../core/incident/incident.ts';
import { holdersOf } from '../../../core/incident/roles.ts';
import type { Context } from '../../context.ts';
import { EXIT, type ExitCode } from '../../exit.ts';
import { CommandFailure, unwrap, usage } from '../../failure.ts';
import {
  choiceFlag,
  type Desk,
  give,
  giveDraft,
  giveOne,
  momentFlag,
  needed,
  openDesk,
  personNamed,
  show,
} from '../../incident/desk.ts';
import { LEVELS, ROLE_NAMES } from '../../incident/words.ts';

/** Who is on it, how bad it is, and from which phase to which it goes. */

export async function acknowledge(context: Context): Promise<ExitCode> {
  return give(await openDesk(context), [{ kind: 'acknowledge' }]);
}

/** Severity, commander and components at once; what is not said is taken from what is known. */
export async function triage(context: Context): Promise<ExitCode> {
  const desk = await openDesk(context);
  const { incident, who } = desk;
  const { flags } = context;
  const orders: (readonly [Order])[] = [];
  const level =
    flags.severity === undefined
      ? (incident.severity ?? incident.suggestion?.level)
      : choiceFlag('--severity', flags.severity, LEVELS);
  if (incident.marks.acknowledgedAt === undefined) orders.push([{ kind: 'acknowledge' }]);
  if (level !== undefined && level !== incident.severity) orders.push([{ kind: 'setSeverity', level }]);
  const led = holdersOf(incident.roles, 'incident_commander').length > 0;
  if (!led || flags.commander !== undefined) {
    const person = flags.commander === undefined ? who.name : personNamed(desk, flags.commander);
    orders.push([{ kind: 'assignRole', role: 'incident_commander', person }]);
  }
  const { summary, component: components } = flags;
  orders.push([
    {
      kind: 'triage',
      ...(summary === undefined ? {} : { summary }),
      ...(components === undefined ? {} : { components }),
    },
  ]);
  return give(desk, ...orders);
}

export async function severity(context: Context): Promise<ExitCode> {
  const desk = await openDesk(context);
  const [word] = desk.words;
  const level = choiceFlag('the severity', needed(word, 'LEVEL', `write one of ${LEVELS.join(', ')}`), LEVELS);
  return give(desk, [{ kind: 'setSeverity', level }]);
}

/** A role for a person; one that somebody holds is offered, and theirs once they accept it. */
export async function assign(context: Context): Promise<ExitCode> {
  const desk = await openDesk(context);
  const { flags } = context;
  const role = choiceFlag('--role', needed(flags.role, '--role', `one of ${ROLE_NAMES.join(', ')}`), ROLE_NAMES);
  const person = personNamed(desk, flags.person ?? 'me');
  if (flags.remove) return give(desk, [{ kind: 'releaseRole', role, person }]);
  const offered = desk.incident.handOffs.some((each) => each.role === role && each.to === desk.who.name);
  if (offered && person === desk.who.name) return give(desk, [{ kind: 'acceptHandOff', role }]);
  const held = holdersOf(desk.incident.roles, role);
  const full = role === 'incident_commander' || role === 'deputy' || role === 'comms_lead' || role === 'security_lead';
  return full && held.length > 0 && !held.includes(person)
    ? give(desk, [{ kind: 'handOff', role, to: person }])
    : give(desk, [{ kind: 'assignRole', role, person }]);
}

/** What is known better by now: summary, workaround, when the impact began. */
export async function describe(context: Context): Promise<ExitCode> {
  const desk = await openDesk(context);
  const { summary, workaround, began } = context.flags;
  if (summary === undefined && workaround === undefined && began === undefined)
    throw usage('nothing is described: add --summary, --workaround or --began');
  return give(desk, [
    {
      kind: 'describe',
      ...(summary === undefined ? {} : { summary }),
      ...(workaround === undefined ? {} : { workaround }),
      ...(began === undefined ? {} : { impactStartedAt: momentFlag('--began', began, context.io.clock.now()) }),
    },
  ]);
}

/** It is over. Where the public was told of it, it is told first that it is over, or that is waived with a reason. */
export async function resolve(context: Context): Promise<ExitCode> {
  const desk = await openDesk(context);
  const { flags } = context;
  const { incident } = desk;
  const summary = needed(
    flags.summary ?? incident.summary ?? undefined,
    '--summary',
    'what happened, in a few sentences',
  );
  if (flags.waivePublic) return give(desk, [{ kind: 'waivePublic' }], [{ kind: 'resolve', summary }]);
  const owesPublic =
    incident.phase === 'contained' &&
    incident.publicWaiver === null &&
    saidInPublic(incident) &&
    !toldInPublic(incident, ['resolved', 'retracted']);
  return owesPublic ? proposeEnd(desk, summary) : give(desk, [{ kind: 'resolve', summary }]);
}

/** Writes what customers are to read at the end; once somebody has approved it, the incident can be resolved. */
async function proposeEnd(desk: Desk, summary: string): Promise<ExitCode> {
  const { incident, incidents } = desk;
  if (summary !== incident.summary) await giveOne(desk, { kind: 'describe', summary });
  const waits = ({ order }: Pending): boolean =>
    order.kind === 'send' && order.audience === 'customers' && order.stage === 'resolved';
  if (!incident.pending.some(waits)) await giveDraft(desk, 'customers', 'resolved');
  const now = (await incidents.host.read(incident.id))?.state.incident;
  const waiting = now?.pending.find(waits);
  const digest = waiting ? ` --digest ${waiting.binding.slice(0, 12)}` : '';
  throw new CommandFailure({
    exit: EXIT.refused,
    message: 'the public was told of it, so it is told first that it is over; or --waive-public, with a --reason',
    next: waiting
      ? `switchback incident approve ${incident.id} ${waiting.id}${digest}   and then this command again`
      : `switchback incident update ${incident.id} --audience customers --stage resolved`,
  });
}

/** It is back, or it was not over. */
export async function reopen(context: Context): Promise<ExitCode> {
  const desk = await openDesk(context);
  needed(context.flags.reason, '--reason', 'what shows that it is back?');
  return give(desk, [desk.incident.phase === 'contained' ? { kind: 'recur' } : { kind: 'reopen' }]);
}

export async function decline(context: Context): Promise<ExitCode> {
  return give(await openDesk(context), [{ kind: 'decline' }]);
}

export async function merge(context: Context): Promise<ExitCode> {
  const desk = await openDesk(context);
  const named = needed(context.flags.into, '--into', 'which incident does it go on in?');
  const target = unwrap(await findIncident(desk.incidents.host, named));
  await giveOne(desk, { kind: 'mergeInto', into: target.id, phase: target.phase });
  const into: Desk = { ...desk, incident: target };
  await giveOne(into, {
    kind: 'absorb',
    from: desk.incident.id,
    impactStartedAt: desk.incident.marks.impactStartedAt ?? null,
  });
  return show(into);
}

export async function close(context: Context): Promise<ExitCode> {
  return give(await openDesk(context), [{ kind: 'close' }]);
}
