import type { Shown } from '../../core/gates/approval.ts';
import type { Gate, GateRun } from '../../core/gates/gate.ts';
import type { Release } from '../../core/release/release.ts';

/** An approval that is asked for, as scripts and the API read it. `shown` is what the digest is made of. */
export function approvalJson(release: Release, name: string, gate: Gate, run: GateRun, shown: Shown) {
  const { key } = release.plan;
  const check = gate.check.kind === 'approval' ? gate.check : undefined;
  return {
    id: release.id,
    state: 'asked',
    account: key.account,
    region: key.region,
    function: key.function,
    alias: key.alias,
    stable: release.plan.stable,
    candidate: release.plan.candidate,
    gate: name,
    title: check?.title ?? gate.id,
    people: check?.people ?? [],
    roles: check?.roles ?? [],
    fourEyes: check?.fourEyes ?? false,
    startedBy: release.started.who,
    until: new Date(run.deadline).toISOString(),
    digest: run.digest ?? null,
    shown,
  };
}
