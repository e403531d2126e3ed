import { attemptName, type Gate, type GateRun, type GateStatus } from '../gates/gate.ts';
import type { Release } from './release.ts';

/** Which gate a release stands at, and whose answer is whose. */

export interface NamedRun {
  readonly name: string;
  readonly run: GateRun;
  readonly gate: Gate;
}

/** The gate whose answer is awaited, if one is; only one at a time is. */
export function waitingRun(release: Release): NamedRun | undefined {
  return findRun(release, 'waiting');
}

/** The gate that holds the release, if one does. */
export function heldRun(release: Release): NamedRun | undefined {
  return release.phase === 'gating' ? findRun(release, 'held') : undefined;
}

function findRun(release: Release, status: GateStatus): NamedRun | undefined {
  if (release.phase === 'ended' || release.rollback) return undefined;
  for (const name of Object.keys(release.gates)) {
    const run = release.gates[name];
    if (run?.status !== status) continue;
    const gate = gateOf(release, name);
    return gate && { name, run, gate };
  }
  return undefined;
}

export function gateOf({ plan, gates }: Release, name: string): Gate | undefined {
  const id = gates[name]?.gate;
  return plan.gates.find((gate) => gate.id === id);
}

/** The run that a command belongs to; only the newest attempt has the run's ear. */
export function runOf(release: Release, command: string): NamedRun | undefined {
  for (const name of Object.keys(release.gates)) {
    const run = release.gates[name];
    if (!run || command !== `${release.id}/${attemptName(name, run.attempt)}`) continue;
    const gate = gateOf(release, name);
    if (gate) return { name, run, gate };
  }
  return undefined;
}

/** The run that a hook's execution id belongs to. */
export function runByExecution({ gates }: Release, executionId: string): string | undefined {
  return Object.entries(gates).find(([, run]) => run.executionId === executionId)?.[0];
}

/** "the pre-traffic hook smoke", "gate load", for sentences. */
export function nameOf({ id, check }: Gate): string {
  if (check.kind === 'hook') {
    if (id === 'preTraffic') return `the pre-traffic hook ${check.function}`;
    if (id === 'postTraffic') return `the post-traffic hook ${check.function}`;
    return `hook ${id} (${check.function})`;
  }
  return `gate ${id}`;
}

/** Names the alias actor, the release and the hook, so that an answer finds its way without a directory; the secret makes it unguessable. */
export function hookExecutionId(release: Pick<Release, 'id' | 'plan'>, hook: string): string {
  const { account, region, function: fn, alias } = release.plan.key;
  return [account, region, fn, alias, release.id, hook, release.plan.secret].join(':');
}
