import { type Result, refuse } from '../core/refusal.ts';
import { type AliasKey, actorOf, flagsOf } from '../core/release/alias.ts';
import type { AliasEvent } from '../core/release/events.ts';
import { heldRun, nameOf, waitingRun } from '../core/release/gate-runs.ts';
import { mustWait } from '../core/release/member.ts';
import type { AliasReading } from '../core/release/observation.ts';
import { isPast } from '../core/release/past.ts';
import type { Plan } from '../core/release/plan.ts';
import { type AliasDoc, isOpen, type Release, stateOf } from '../core/release/release.ts';
import type { Who } from '../core/who.ts';
import { newReleaseId } from './ids.ts';
import type { Ports } from './ports/index.ts';

/** Starts the release that was planned. Refused where another one was faster. */
export async function startRelease(
  ports: Pick<Ports, 'host' | 'clock'>,
  plan: Plan,
  readings: AliasReading,
  who: Who,
  why?: string,
): Promise<Result<Release>> {
  const at = ports.clock.now();
  const releaseId = newReleaseId(at);
  const event: AliasEvent = {
    kind: 'start',
    at,
    who,
    ...(why === undefined ? {} : { why }),
    releaseId,
    plan,
    readings,
  };
  const { state } = await ports.host.deliver(actorOf(plan.key), event);
  const latest = state.release;
  if (latest?.id === releaseId) return { ok: true, value: latest };
  const id = latest?.id;
  const { function: fn, alias } = plan.key;
  if (latest && !isOpen(latest) && isPast(latest, readings.alias)) {
    return refuse(
      'refused',
      `AWS answered ${fn}:${alias} as it was before release ${id} was through with it (its reads can be some seconds old), so nothing was started`,
      'the same command again',
    );
  }
  return refuse(
    'refused',
    `release ${id} of ${fn}:${alias} was started a moment before: one release per alias at a time`,
    `switchback watch ${flagsOf(plan.key)}`,
  );
}

/** A person's order to an open release. */
export type Order =
  | { readonly verb: 'promote'; readonly full: boolean }
  | { readonly verb: 'pause' | 'resume' | 'rollback' };

/** Hands the order to the engine. Refused, with the state it found, where the release cannot take it now. */
export async function order(
  ports: Pick<Ports, 'host' | 'clock'>,
  key: AliasKey,
  given: Order,
  who: Who,
  why?: string,
): Promise<Result<Release>> {
  const actor = actorOf(key);
  const before = await ports.host.read(actor);
  const release = before?.state.release ?? null;
  if (!isOpen(release)) return notOpen(key, given, before?.state);
  const stamp = { at: ports.clock.now(), who, ...(why === undefined ? {} : { why }), releaseId: release.id };
  const event: AliasEvent =
    given.verb === 'promote' ? { kind: 'promote', full: given.full, ...stamp } : { kind: given.verb, ...stamp };
  const after = await ports.host.deliver(actor, event);
  const now = after.state.release;
  if (now?.id === release.id && after.sequence !== before?.sequence && accepted(given, release, now))
    return { ok: true, value: now };
  return refuse('refused', cannot(given, now ?? release), `switchback status ${flagsOf(key)}`);
}

function accepted(given: Order, before: Release, after: Release): boolean {
  switch (given.verb) {
    case 'pause':
      return after.paused !== null;
    case 'resume':
      return before.paused ? after.paused === null : before.held?.by === 'gate';
    case 'rollback':
      return after.rollback !== null;
    case 'promote':
      return after.step !== before.step || after.phase !== before.phase || after.gates !== before.gates;
  }
}

function cannot(given: Order, release: Release): string {
  if (release.plan.shifter && given.verb !== 'rollback')
    return `CodeDeploy moves the traffic of release ${release.id} (deployment ${release.plan.deploymentId}): Switchback watches it and can only stop it, so it cannot ${given.verb}`;
  const { phase } = release;
  if (given.verb === 'resume') return `release ${release.id} is not paused (it is ${stateOf(release)})`;
  if (given.verb === 'pause' && release.paused)
    return `release ${release.id} is paused already, by ${release.paused.who.name}`;
  if (given.verb === 'promote' && mustWait(release) && release.plan.train)
    return `release ${release.id} goes with train ${release.plan.train.train}, and no further: switchback promote --train ${release.plan.train.train}`;
  if (release.rollback)
    return `release ${release.id} is being rolled back (${release.rollback.reason}): it cannot ${given.verb}`;
  const held = heldRun(release);
  if (held)
    return `gate ${held.gate.id} holds release ${release.id}, and only an approval goes past it: it cannot ${given.verb}`;
  const waiting = waitingRun(release);
  if (phase === 'gating' && waiting)
    return `release ${release.id} waits for ${nameOf(waiting.gate)} to answer: it cannot ${given.verb} now`;
  return `release ${release.id} is just changing the alias (${phase}): it cannot ${given.verb} in this very moment; try again`;
}

function notOpen(key: AliasKey, given: Order, doc: AliasDoc | undefined): Result<never> {
  const last = doc?.release;
  const story = last ? `; the last one, ${last.id}, ended ${stateOf(last)}` : '';
  return refuse(
    'refused',
    `no release of ${key.function}:${key.alias} is open${story}: there is nothing to ${given.verb}`,
    `switchback history ${flagsOf(key)}`,
  );
}
