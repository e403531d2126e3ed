import { hookGate } from '../../src/core/gates/upgrade.ts';
import type { AliasSnapshot } from '../../src/core/release/alias.ts';
import type { Plan } from '../../src/core/release/plan.ts';
import { parseStrategy } from '../../src/core/release/strategy.ts';
import { parseThreshold } from '../../src/core/release/threshold.ts';
import { plan as build } from '../core/release/builders.ts';
import type { Random } from './random.ts';
import type { Scenario } from './world.ts';

const STRATEGIES = [
  'canary 10% 30s',
  'all-at-once',
  'linear 25% every 1m',
  '5% 1m, 25% 5m, 50% 10m',
  'canary 50% 1h',
].map((text) => {
  const read = parseStrategy(text, 60_000);
  if (!read.ok) throw new Error(read.problem);
  return read.steps;
});

const THRESHOLD = parseThreshold('errors >= 2 for 1s');
if (!THRESHOLD.ok) throw new Error(THRESHOLD.problem);
const GUARDS = [THRESHOLD.threshold];
const HOOK_TIMEOUT_MS = 1_800_000;

/** A plan and whether its candidate is bad. */
export function drawPlan(
  random: Random,
  alias: AliasSnapshot,
  candidate: string,
  scenario: Scenario,
): { plan: Plan; bad: boolean } {
  const hooks = scenario.hookTroubles.silent >= 0 && random.chance(0.3);
  const judged = random.chance(0.05);
  return {
    bad: random.chance(0.35),
    plan: build({
      stable: alias.version,
      candidate,
      steps: random.pick(STRATEGIES),
      thresholds: judged ? [] : GUARDS,
      judge: judged ? { alpha: 0.01 } : null,
      gates: [
        ...(hooks && random.chance(0.7) ? [hookGate('preTraffic', 'beforeTraffic', 'smoke', HOOK_TIMEOUT_MS)] : []),
        ...(hooks && random.chance(0.7) ? [hookGate('postTraffic', 'afterTraffic', 'smoke', HOOK_TIMEOUT_MS)] : []),
      ],
      signals: { logs: true, metrics: false },
    }),
  };
}
