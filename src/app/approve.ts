import { approvalProblem, rolesProvedBy, type Shown, shownFor } from '../core/gates/approval.ts';
import type { Gate, GateRun } from '../core/gates/gate.ts';
import { type Result, refuse } from '../core/refusal.ts';
import { type AliasKey, actorOf, flagsOf } from '../core/release/alias.ts';
import type { AliasEvent } from '../core/release/events.ts';
import { waitingRun } from '../core/release/gate-runs.ts';
import { isOpen, type Release } from '../core/release/release.ts';
import type { Who } from '../core/who.ts';
import type { Ports } from './ports/index.ts';

/** An approval that somebody is asked for, and what it is about. */
export interface Asked {
  readonly release: Release;
  /** The name of the gate's run. */
  readonly name: string;
  readonly gate: Gate;
  readonly run: GateRun;
  readonly shown: Shown;
}

/** A person and the roles that were proved together with the name. */
export interface Person {
  readonly who: Who;
  readonly roles: readonly string[];
}

export interface Decision {
  readonly decision: 'approve' | 'deny';
  /** The digest that the person was shown, or the beginning of it; undefined takes what is asked now. */
  readonly digest?: string;
  readonly why: string;
}

/** Fewer digits name too much. */
export const LEAST_DIGEST_CHARS = 12;
const MAX_WHY_CHARS = 2_000;

/** A person as the identity alone proves one: the IAM role of an assumed role counts as a role. */
export function personOf(who: Who): Person {
  return { who, roles: rolesProvedBy(who) };
}

/** The approval that the alias's release waits for. Refused, with where it stands, where it waits for none. */
export async function asked(ports: Pick<Ports, 'host'>, key: AliasKey, gate?: string): Promise<Result<Asked>> {
  const release = (await ports.host.read(actorOf(key)))?.state.release ?? null;
  const name = `${key.function}:${key.alias}`;
  const next = `switchback status ${flagsOf(key)}`;
  if (!isOpen(release)) return refuse('refused', `no release of ${name} is open: there is nothing to approve`, next);
  const found = askedOf(release);
  if (!found || (gate !== undefined && found.name !== gate && found.gate.id !== gate)) {
    const which = gate === undefined ? 'an approval' : `an approval at gate ${gate}`;
    const stands = found ? `gate ${found.name}` : (waitingRun(release)?.name ?? release.phase);
    return refuse(
      'refused',
      `release ${release.id} of ${name} does not wait for ${which} now (it is at ${stands})`,
      next,
    );
  }
  return { ok: true, value: found };
}

/** What this release asks a person; undefined where it asks nothing. */
export function askedOf(release: Release): Asked | undefined {
  const waiting = waitingRun(release);
  if (waiting?.gate.check.kind !== 'approval') return undefined;
  const { name, gate, run } = waiting;
  const before = { ...release.gates, [name]: { ...run, attempt: run.attempt - 1 } };
  return { release, name, gate, run, shown: shownFor(release.id, release.plan, before, name) };
}

/** Gives a person's word. Refused where it does not count: not named, too late, another digest. */
export async function decideApproval(
  ports: Pick<Ports, 'host' | 'clock'>,
  { release, name, gate, run }: Asked,
  { who, roles }: Person,
  { decision, digest, why }: Decision,
): Promise<Result<Release>> {
  const at = ports.clock.now();
  const wanted = digest ?? run.digest ?? '';
  if (wanted.length < LEAST_DIGEST_CHARS)
    return refuse('usage', `digest "${wanted}" is too short: at least ${LEAST_DIGEST_CHARS} digits are needed`);
  // A person copies the first digits; the event always carries the whole.
  const whole = run.digest?.startsWith(wanted) ? run.digest : wanted;
  const word = { who, roles, decision, digest: whole, at };
  const problem = approvalProblem(gate, run, release.started.who, word);
  const flags = flagsOf(release.plan.key);
  if (problem) return refuse('refused', problem, `switchback approve ${flags} --dry-run`);
  const event: AliasEvent = {
    kind: 'approve',
    at,
    who,
    why: why.slice(0, MAX_WHY_CHARS),
    releaseId: release.id,
    gate: name,
    decision,
    digest: whole,
    roles,
  };
  const after = (await ports.host.deliver(actorOf(release.plan.key), event)).state.release;
  const taken = after?.id === release.id ? after.gates[name] : undefined;
  // Of two words that race only one was taken.
  if (after && taken?.decidedBy === who.name && taken.attempt === run.attempt) return { ok: true, value: after };
  return refuse('refused', `gate ${name} was decided, or left, a moment before`, `switchback status ${flags}`);
}
