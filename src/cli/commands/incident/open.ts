import { newIncidentId } from '../../../app/incident/ids.ts';
import { orderIncident } from '../../../app/incident/order.ts';
import type { Opening } from '../../../core/incident/events.ts';
import type { Incident, Subject } from '../../../core/incident/incident.ts';
import { isLive } from '../../../core/incident/incident.ts';
import { actorOf } from '../../../core/release/alias.ts';
import { line } from '../../../present/text/line.ts';
import type { Home, IncidentHome } from '../../../wire.ts';
import type { Context } from '../../context.ts';
import type { ExitCode } from '../../exit.ts';
import { unwrap, usage } from '../../failure.ts';
import { choiceFlag, type Desk, evidenceFlags, giveOne, momentFlag, settle, show } from '../../incident/desk.ts';
import { LEVELS } from '../../incident/words.ts';
import { aliasKey } from '../../target.ts';

/** Opens an incident by hand: what fails, and where. */
export async function run(context: Context): Promise<ExitCode> {
  const { flags, io, operands } = context;
  const title = operands.join(' ').trim();
  if (title === '') throw usage('what fails? write it as the title', 'switchback incident open "checkout fails"');
  const severity = flags.severity === undefined ? undefined : choiceFlag('--severity', flags.severity, LEVELS);
  const home = await (await context.wired()).home();
  const incidents = await home.incidents();
  const now = io.clock.now();
  const subject = await subjectOf(context, home);
  const opening: Opening = {
    ...openingOf(context, incidents, title, subject, now),
    ...(severity === undefined ? {} : { severity }),
  };
  await warnOfOthers(context, incidents, subject);
  const who = await home.ports.identity.whoAmI();
  const id = newIncidentId(now);
  const ports = { host: incidents.host, clock: io.clock };
  const why = flags.reason === undefined ? {} : { why: flags.reason };
  const opened = unwrap(await orderIncident(ports, id, { kind: 'open', opening }, who, why));
  const desk: Desk = { context, home, incidents, incident: opened.incident, who, words: [] };
  return follow(desk);
}

/** What is known beyond the opening, and whom it called. */
async function follow(desk: Desk): Promise<ExitCode> {
  const { workaround, summary } = desk.context.flags;
  const known = {
    ...(workaround === undefined ? {} : { workaround }),
    ...(summary === undefined ? {} : { summary }),
  };
  await settle(desk);
  if (Object.keys(known).length > 0) await giveOne(desk, { kind: 'describe', ...known });
  return show(desk);
}

function openingOf(
  { flags }: Context,
  { setup }: IncidentHome,
  title: string,
  subject: Subject | null,
  now: number,
): Opening {
  const service = subject ? setup.serviceOf(subject.alias) : undefined;
  const name = flags.service ?? service?.name;
  if (name === undefined)
    throw usage('which service is it about?', 'add --service NAME, or --function NAME --alias NAME');
  return {
    title,
    service: name,
    components: flags.component ?? service?.components ?? [name],
    source: 'manual',
    kind: flags.drill ? 'drill' : 'incident',
    type: flags.security ? 'security' : 'operational',
    private: flags.private === true,
    subject,
    detectedAt: now,
    impactStartedAt: flags.began === undefined ? null : momentFlag('--began', flags.began, now),
    breach: null,
    impact: null,
    contained: null,
    evidence: evidenceFlags(flags.evidence),
    policy: setup.policy,
  };
}

/** The alias that it is about, and the release that moved it last, where one is named. */
async function subjectOf(context: Context, home: Home): Promise<Subject | null> {
  if (context.flags.function === undefined && context.flags.service !== undefined) return null;
  if (context.flags.function === undefined) return null;
  const alias = await aliasKey(context);
  const release = (await home.ports.host.read(actorOf(alias)))?.state.release ?? null;
  return {
    alias,
    releaseId: release?.id ?? null,
    stable: release?.plan.stable ?? null,
    candidate: release?.plan.candidate ?? null,
    weightPercent: null,
  };
}

/** Two incidents about one thing are one too many; people decide. */
async function warnOfOthers({ output }: Context, { host }: IncidentHome, subject: Subject | null): Promise<void> {
  if (!subject) return;
  const { allIncidents } = await import('../../../app/incident/find.ts');
  const same = (each: Incident): boolean =>
    isLive(each) && each.subject !== null && actorOf(each.subject.alias) === actorOf(subject.alias);
  for (const { id, title, ...rest } of (await allIncidents(host, { open: true })).filter(same))
    output.say(
      line(['warn', '!'], ` ${id} is live about the same alias${rest.private ? '' : ` (${title})`}; to join them: `, [
        'strong',
        `switchback incident merge THIS --into ${id}`,
      ]),
    );
}
