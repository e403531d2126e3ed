import { formatDuration } from '../duration.ts';
import { placeText } from '../gates/gate.ts';
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
  const { id, plan } = release;
  const gates = plan.gates.map((gate): Fact => {
    const runs = Object.values(release.gates).filter((run) => run.gate === gate.id);
    const said = runs.map(({ status, verdict, decidedBy }) => {
      const by = decidedBy === undefined || status === 'passed' ? '' : ` (${decidedBy})`;
      return `${status}${by}${verdict ? `: ${verdict.reason}` : ''}`;
    });
    return { label: `Gate ${gate.id}, ${placeText(gate.at)}`, value: said.join('; ') || 'not reached', source: id };
  });
  const guards = [
    plan.judge ? 'the judge' : '',
    ...plan.alarms.map(({ name }) => `alarm ${name}`),
    ...plan.thresholds.map(({ text }) => text),
  ].filter((guard) => guard !== '');
  return [
    ...(gates.length > 0 ? gates : [{ label: 'Gates', value: 'none', source: id }]),
    { label: 'Guards', value: guards.join('; ') || 'none', source: id },
    ...plan.blindSpots.map((spot): Fact => ({ label: 'Could not see', value: spot, source: id })),
  ];
}
