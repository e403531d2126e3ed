import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FAULT_SPECS, FAULTS, OUTAGE } from '../../src/cli/rehearsal/faults.ts';
import { parseStrategy } from '../../src/core/release/strategy.ts';
import { parseThreshold } from '../../src/core/release/threshold.ts';

/** A hold for an outage ends so long after the outage, and then the step begins again. */
const HOLD_MS = 20_000;
/** Reading back, the last look, and callers watched a little longer. */
const AROUND_MS = 5_000;

for (const fault of FAULTS) {
  test(`a rehearsal of the fault "${fault}" takes less than a minute even where nothing is found`, () => {
    const { strategy, bakeMs, warmUpMs, thresholds } = FAULT_SPECS[fault];
    const read = parseStrategy(strategy, bakeMs);
    assert.ok(read.ok);
    for (const text of thresholds) assert.ok(parseThreshold(text).ok, text);
    const plannedMs = read.steps.reduce((sum, { holdMs }) => sum + holdMs, 0);
    const outageMs = fault === 'outage' ? OUTAGE.afterMs + OUTAGE.forMs + HOLD_MS : 0;
    assert.ok(warmUpMs + plannedMs + outageMs + AROUND_MS <= 60_000, `${warmUpMs + plannedMs + outageMs} ms`);
    if (fault === 'outage') assert.ok(OUTAGE.afterMs < read.steps[0]!.holdMs, 'the outage falls into the first step');
  });
}
