import { formatDuration } from '../duration.ts';
import { failing, guardVerdicts, seenOf } from '../release/guards.ts';
import type { Release } from '../release/release.ts';
import type { Exposure } from './exposure.ts';
import type { Fact } from './postmortem.ts';

/** What the release itself tells of how it came to this. */
export function releaseFacts(release: Release): readonly Fact[] {
  const { id, plan, rollback, outcome } = release;
  const facts: Fact[] = [
    { label: 'Change', value: `version ${plan.stable} to version ${plan.candidate} by ${plan.strategy}`, source: id },
  ];
  const reason = rollback?.reason ?? outcome?.reason;
  if (reason) facts.push({ label: 'Ended because', value: reason, source: id });
  const atMs = rollback?.at ?? outcome?.at ?? release.stepSince;
  const failed = failing(guardVerdicts(plan, release.guards, atMs));
  if (failed) facts.push({ label: `Guard ${failed.guard}`, value: failed.verdict.reason, source: id });
  return facts;
}

/** A rollback moves an alias. These are the things that it leaves as the candidate made them. */
export function notUndoneFacts(release: Release, exposure: Exposure | null): readonly Fact[] {
  const { id, plan, guards, fence } = release;
  if (fence === 0) {
    return [
      { label: 'Nothing served', value: `version ${plan.candidate} never got traffic through the alias`, source: id },
    ];
  }
  const { invocations, errors } = seenOf(guards, plan.candidate);
  const served =
    invocations === 0 ? 'a number of requests that no guard saw' : `${invocations} requests, ${errors} of them failed`;
  const during =
    exposure && exposure.weights.length > 0
      ? `, as much as all traffic for ${formatDuration(exposure.fullTrafficSeconds * 1_000)}`
      : '';
  return [
    { label: 'Served by the new version', value: `${served}${during}`, source: id },
    {
      label: 'Not touched by a rollback',
      value:
        'records it wrote, messages it sent, caches it filled, and changes of schema or settings outside the version',
      source: 'how aliases work',
    },
    {
      label: 'Still there',
      value: `version ${plan.candidate} stays published and can be invoked by its number`,
      source: id,
    },
  ];
}

/** What stood in the way of this release, and what each of it said. */
export function gateFacts(release: Release): readonly Fact[] {
  const { id, plan, hooks } = release;
  const gates = (['preTraffic', 'postTraffic'] as const).map((name): Fact => {
    const gate = plan[name];
    const run = hooks[name];
    const label = name === 'preTraffic' ? 'Hook before traffic' : 'Hook after traffic';
    if (!gate) return { label, value: 'none', source: id };
    return { label, value: `${gate.function}: ${run ? run.status : 'not reached'}`, source: id };
  });
  const guards = [
    plan.judge ? 'the judge' : '',
    ...plan.alarms.map(({ name }) => `alarm ${name}`),
    ...plan.thresholds.map(({ text }) => text),
  ].filter((guard) => guard !== '');
  return [
    ...gates,
    { label: 'Guards', value: guards.join('; ') || 'none', source: id },
    ...plan.blindSpots.map((spot): Fact => ({ label: 'Could not see', value: spot, source: id })),
  ];
}
