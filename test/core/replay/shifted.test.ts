import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type AliasSnapshot, alone, type Routing } from '../../../src/core/release/alias.ts';
import { decide } from '../../../src/core/release/decide.ts';
import type { AliasEvent } from '../../../src/core/release/events.ts';
import type { Observation } from '../../../src/core/release/observation.ts';
import { type AliasDoc, emptyDoc } from '../../../src/core/release/release.ts';
import { recordOf } from '../../../src/core/replay/bundle.ts';
import { difference, rejudge } from '../../../src/core/replay/rejudge.ts';
import { SYSTEM } from '../../../src/core/who.ts';
import { ALICE, KEY, plan, snapshot, T0 } from '../release/builders.ts';

const shifter = { kind: 'codedeploy', application: 'a', group: 'g', sinceMs: T0, restoreMs: 60_000 } as const;
const at = (routing: Routing): AliasSnapshot => snapshot(routing);
const split = (weightPercent: number) => at({ version: '41', second: { version: '42', weightPercent } });
const counts = (invocations: number, errors: number) => ({
  invocations,
  errors,
  timeouts: 0,
  throttles: 0,
  coldStarts: 0,
  slow: [],
});

/** What a watcher of CodeDeploy's shifts saw: 0 %, 10 %, 20 %, with failures that all land on version 42. */
const SEEN: readonly Observation[] = [
  { alias: at(alone('41')), deployment: { status: 'InProgress' } },
  { alias: split(10), logs: { cursor: '1', counts: { 41: counts(90, 0), 42: counts(10, 0) }, sampled: false } },
  { logs: { cursor: '2', counts: { 41: counts(90, 0), 42: counts(10, 1) }, sampled: false } },
  { alias: split(20), logs: { cursor: '3', counts: { 41: counts(80, 0), 42: counts(20, 1) }, sampled: false } },
  { logs: { cursor: '4', counts: { 41: counts(80, 0), 42: counts(20, 15) }, sampled: false } },
];

test('a release that CodeDeploy shifted is judged again as it was judged then', () => {
  const turns: { event: AliasEvent; before: AliasDoc; after: AliasDoc }[] = [];
  let doc = emptyDoc(KEY);
  const tell = (event: AliasEvent) => {
    const before = doc;
    doc = decide(doc, event).state;
    turns.push({ event, before, after: doc });
  };
  const judged = plan({ shifter, judge: { alpha: 0.01 } as never });
  const readings = { alias: at(alone('41')), alarms: [] };
  tell({ kind: 'start', at: T0, who: ALICE, releaseId: 'r-1', plan: judged, readings });
  for (const [index, observation] of SEEN.entries())
    tell({ kind: 'observed', at: T0 + 1_000 * (index + 1), who: SYSTEM, releaseId: 'r-1', observation });
  const record = recordOf(turns as never, null);
  assert.ok(record);
  assert.deepEqual(
    record.weights.map(({ look, weightPercent }) => [look, weightPercent]),
    [
      [1, 10],
      [3, 20],
    ],
  );
  assert.match(record.decided.failed?.reason ?? '', /failures landed on v42/);
  const again = rejudge(record);
  assert.ok(again.ok);
  assert.equal(difference(record.decided, again.decided), null);
});
