import { incidentFromRelease } from '../../../src/core/incident/from-release.ts';
import { DEFAULT_POLICY } from '../../../src/core/incident/policy.ts';
import type { PostmortemSources } from '../../../src/core/postmortem/draft.ts';
import type { Release } from '../../../src/core/release/release.ts';
import { parseThreshold } from '../../../src/core/release/threshold.ts';
import { SYSTEM } from '../../../src/core/who.ts';
import { ALICE, BOB, Case, DAY, DIGEST, MINUTE, PAGE, PUBLIC_TEXT, SLACK } from '../incident/builders.ts';
import { Story, T0 } from '../release/builders.ts';

const COUNTS = { timeouts: 0, throttles: 0, coldStarts: 0, slow: [] };

/** A release that a threshold ended at 10 % with 30 of 100 requests failed, or that a hook ended before any traffic. */
function release(errors: number): Release {
  const threshold = parseThreshold('error rate > 5% for 1s');
  if (!threshold.ok) throw new Error('the threshold cannot be read');
  const story = new Story().start({
    thresholds: [threshold.threshold],
    alarms: [{ name: 'checkout-errors' }],
    blindSpots: ['regressions below 1.5 % stay invisible in this hour'],
  });
  story.write();
  story.at += 10_000;
  const counts = { '41': { invocations: 900, errors: 0, ...COUNTS }, '42': { invocations: 100, errors, ...COUNTS } };
  story.observe({ logs: { cursor: 'c', sampled: false, counts } });
  story.at += 2_000;
  if (!story.release.rollback) story.order('rollback', 'alarm checkout-errors is red');
  while (story.commands.some(({ kind }) => kind === 'setAlias')) story.write();
  const { rollback } = story.release;
  return { ...story.release, rollback: rollback && { ...rollback, who: SYSTEM } };
}

function opened(of: Release): Case {
  const facts = { nowMs: T0 + 20_000, service: 'Checkout', components: ['payments'], policy: DEFAULT_POLICY };
  const story = new Case();
  story.at = facts.nowMs;
  story.open(incidentFromRelease(of, facts));
  story.at = T0 + MINUTE;
  return story;
}

/** A whole incident after a rollback: told in public, resolved, with an action item. */
export function sources(): PostmortemSources {
  const of = release(30);
  const story = opened(of).order({ kind: 'acknowledge' }).triaged('SEV-2').assign('comms_lead', BOB);
  story.order({ kind: 'note', entry: 'hypothesis', text: 'the <b>new</b> setting | PAYMENT_URL is missing' });
  const text = { audience: 'customers', text: PUBLIC_TEXT, digest: DIGEST, channels: [PAGE] } as const;
  story.order({ kind: 'send', stage: 'ack', ...text }, { who: BOB, id: 'm-1' }).delivered('m-1/status');
  story.order({ kind: 'send', stage: 'ack', ...text, audience: 'responders', channels: [SLACK] }, { id: 'm-2' });
  story.at += 20 * MINUTE;
  story.order({ kind: 'send', stage: 'resolved', ...text }, { who: BOB, id: 'm-3' });
  story.order({ kind: 'grant', order: 'm-3', binding: DIGEST }, { who: ALICE }).delivered('m-3/status');
  story.order({ kind: 'resolve', summary: 'The new version asked for a setting that production does not have.' });
  const item = { type: 'prevent', title: 'check settings before traffic', owner: 'bob', priority: 'high' } as const;
  story.order({ kind: 'addActionItem', item: { ...item, dueAt: T0 + 7 * DAY, ticket: 'OPS-7' } }, { id: 'a-1' });
  const exposure = {
    weights: [
      { at: T0, weightPercent: 10 },
      { at: T0 + 12_000, weightPercent: 0 },
    ],
    fullTrafficSeconds: 1.2,
  };
  return { incident: story.incident, release: of, exposure, nowMs: story.at };
}

/** A rollback by itself that no customer felt. */
export function nearMiss(): PostmortemSources {
  const of = release(0);
  return { incident: opened(of).incident, release: of, exposure: null, nowMs: T0 + MINUTE };
}
