import type { PeerRule } from '../judge/peers.ts';
import { countsOf } from './counts.ts';
import { MINUTE_MS, minutesOf } from './minutes.ts';
import type { GuardedPlan, Look, ReleaseRecord } from './record.ts';
import { difference, rejudge } from './rejudge.ts';
import type { Rule } from './rules.ts';

export type Label = 'good' | 'bad' | 'unknown';

/** What a rule would have done with one release. Times count from the first weight. */
export type Answer =
  | { readonly kind: 'rolledBack'; readonly afterMs: number; readonly badRequests: number; readonly reason: string }
  /** It would have gone through. */
  | { readonly kind: 'passed' }
  /** It had said nothing when the release was over: rolled back, or ended by a person, before its plan was done. */
  | { readonly kind: 'tooLate'; readonly afterMs: number }
  | { readonly kind: 'impossible'; readonly why: string };

/** One release under one rule. */
export interface Judged {
  readonly record: ReleaseRecord;
  readonly label: Label;
  readonly answer: Answer;
  /** Failures of the candidate in all that was seen. */
  readonly badRequests: number;
  /** Only for the release's own guards: how the stored decisions differ from today's; null where they do not. */
  readonly differs: string | null;
}

export interface Summary {
  readonly good: number;
  readonly goodBlocked: number;
  readonly bad: number;
  readonly badCaught: number;
  /** Bad ones that were over before the rule said anything. */
  readonly badTooLate: number;
  readonly unknown: number;
  readonly impossible: number;
  /** Bad requests that the bad releases served, as far as they were seen, and under this rule. */
  readonly sentence: string;
}

/** CloudWatch shows a minute about a minute after it has ended, to everybody. */
export const MINUTE_DELAY_MS = 60_000;
const DEFAULT_ALPHA = 0.01;

/** A release is good when it was promoted and stayed, bad when it was rolled back sooner or later. */
export function labelOf({ outcome, undoneBy }: ReleaseRecord): Label {
  if (outcome?.state === 'rolledBack') return 'bad';
  if (outcome?.state === 'promoted') return undoneBy === null ? 'good' : 'bad';
  return 'unknown';
}

/** Judges one release by one rule. */
export function judgeBy(rule: Rule, record: ReleaseRecord, label: Label = labelOf(record)): Judged {
  const badRequests = failuresUntil(record, Number.POSITIVE_INFINITY);
  const judged = { record, label, badRequests, differs: null };
  switch (rule.kind) {
    case 'own': {
      const again = rejudge(record);
      const answer = answerOf(record, record.plan);
      return { ...judged, answer, differs: again.ok ? difference(record.decided, again.decided) : again.problem };
    }
    case 'judge':
      return { ...judged, answer: answerOf(record, { ...unguarded(record.plan), judge: judgeOf(rule, record.plan) }) };
    case 'threshold':
      return { ...judged, answer: answerOf(record, { ...unguarded(record.plan), thresholds: [rule.threshold] }) };
    case 'peer':
      return { ...judged, answer: peerAnswer(rule.peer, record) };
  }
}

function unguarded(plan: GuardedPlan): GuardedPlan {
  return { ...plan, alarms: [], thresholds: [], judge: null };
}

function judgeOf({ alpha, phi }: Extract<Rule, { kind: 'judge' }>, { judge }: GuardedPlan): GuardedPlan['judge'] {
  return {
    alpha: DEFAULT_ALPHA,
    ...judge,
    ...(alpha === undefined ? {} : { alpha }),
    ...(phi === undefined ? {} : { phi: { errors: phi, timeouts: phi, slow: phi, throttles: phi, coldStarts: phi } }),
  };
}

function answerOf(record: ReleaseRecord, plan: GuardedPlan): Answer {
  const again = rejudge(record, plan);
  if (!again.ok) return { kind: 'impossible', why: again.problem };
  const { failed } = again.decided;
  const look = failed && record.looks[failed.look];
  if (!failed || !look) return endedWithout(record);
  return {
    kind: 'rolledBack',
    afterMs: look.afterMs - trafficFrom(record),
    badRequests: failuresUntil(record, look.afterMs),
    reason: failed.reason,
  };
}

function peerAnswer(peer: PeerRule, record: ReleaseRecord): Answer {
  const { minutes } = minutesOf(record);
  const after = peer.rollsBackAfter(minutes);
  const afterMs = after === null ? Number.POSITIVE_INFINITY : after * MINUTE_MS + MINUTE_DELAY_MS;
  if (after === null || afterMs > lastLook(record) - trafficFrom(record)) return endedWithout(record);
  return {
    kind: 'rolledBack',
    afterMs,
    badRequests: failuresUntil(record, trafficFrom(record) + afterMs),
    reason: `after ${after} whole ${after === 1 ? 'minute' : 'minutes'}, and one until CloudWatch shows it`,
  };
}

/** A release that was stopped early would have gone on under another rule: nobody knows what it would have seen. */
function endedWithout(record: ReleaseRecord): Answer {
  if (record.outcome?.state === 'promoted') return { kind: 'passed' };
  return { kind: 'tooLate', afterMs: Math.max(0, lastLook(record) - trafficFrom(record)) };
}

function trafficFrom({ weights }: ReleaseRecord): number {
  return weights[0]?.afterMs ?? 0;
}

function lastLook({ looks }: ReleaseRecord): number {
  return looks.reduce((latest, { afterMs }) => Math.max(latest, afterMs), 0);
}

/** The candidate's failures that had been seen by then, by the path that had seen more of them. */
function failuresUntil({ looks, plan }: ReleaseRecord, afterMs: number): number {
  let byLogs = 0;
  const minutes = new Map<number, number>();
  for (const look of looks.filter((each) => each.afterMs <= afterMs)) {
    byLogs += failuresIn(look.logs, plan.candidate);
    for (const { minuteMs, counts } of look.minutes ?? []) minutes.set(minuteMs, failuresIn(counts, plan.candidate));
  }
  return Math.max(byLogs, Math.round([...minutes.values()].reduce((sum, each) => sum + each, 0)));
}

function failuresIn(lists: Look['logs'], version: string): number {
  return lists ? countsOf(lists[version] ?? [], []).errors : 0;
}

/** Many releases under one rule, in one sentence. */
export function summarise(rule: Rule, judged: readonly Judged[]): Summary {
  const of = (label: Label, kind?: Answer['kind']): number =>
    judged.filter((each) => each.label === label && (kind === undefined || each.answer.kind === kind)).length;
  const impossible = judged.filter(({ answer }) => answer.kind === 'impossible').length;
  const figures = {
    good: of('good') - of('good', 'impossible'),
    goodBlocked: of('good', 'rolledBack'),
    bad: of('bad') - of('bad', 'impossible'),
    badCaught: of('bad', 'rolledBack'),
    badTooLate: of('bad', 'tooLate'),
    unknown: of('unknown'),
    impossible,
  };
  return { ...figures, sentence: sentenceOf(rule, figures) };
}

function sentenceOf(rule: Rule, { good, goodBlocked, bad, badCaught, badTooLate }: Omit<Summary, 'sentence'>): string {
  const who = rule.kind === 'own' ? 'the guards that these releases had' : 'the rule you propose';
  const late =
    badTooLate === 0 ? '' : ` (${badTooLate} ${badTooLate === 1 ? 'was' : 'were'} over before it said anything)`;
  return `${who} would have blocked ${goodBlocked} of ${good} good releases and caught ${badCaught} of ${bad} bad ones${late}`;
}
