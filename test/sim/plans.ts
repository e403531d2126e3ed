import { hookGate } from '../../src/core/gates/upgrade.ts';
import type { AliasSnapshot } from '../../src/core/release/alias.ts';
import type { Plan } from '../../src/core/release/plan.ts';
import { parseStrategy } from '../../src/core/release/strategy.ts';
import { parseThreshold } from '../../src/core/release/threshold.ts';
import { plan as build } from '../core/release/builders.ts';
import type { HookTroubles } from './hooks.ts';
import type { Random } from './random.ts';

const strategies = (...texts: string[]) =>
  texts.map((text) => {
    const read = parseStrategy(text, 60_000);
    if (!read.ok) throw new Error(read.problem);
    return read.steps;
  });

const STRATEGIES = strategies(
  'canary 10% 30s',
  'all-at-once',
  'linear 25% every 1m',
  '5% 1m, 25% 5m, 50% 10m',
  'canary 50% 1h',
);
/** CloudWatch tells minutes up to four minutes late: guards that read nothing else need time to see anything. */
const SLOW_STRATEGIES = strategies('canary 10% 15m', 'canary 50% 1h', '5% 10m, 25% 10m, 50% 10m');

const threshold = (text: string) => {
  const read = parseThreshold(text);
  if (!read.ok) throw new Error(read.problem);
  return [read.threshold];
};
const GUARDS = threshold('errors >= 2 for 1s');
const SLOW_GUARDS = threshold('errors >= 2 for 1m');
const HOOK_TIMEOUT_MS = 1_800_000;

/** A plan and whether its candidate is bad. */
export function drawPlan(
  random: Random,
  alias: AliasSnapshot,
  candidate: string,
  { silent }: HookTroubles,
): { plan: Plan; bad: boolean } {
  const hooks = silent >= 0 && random.chance(0.3);
  const judged = random.chance(0.05);
  const slow = !judged && random.chance(0.06);
  return {
    bad: random.chance(0.35),
    plan: build({
      stable: alias.version,
      candidate,
      steps: random.pick(slow ? SLOW_STRATEGIES : STRATEGIES),
      thresholds: judged ? [] : slow ? SLOW_GUARDS : GUARDS,
      judge: judged ? { alpha: 0.01 } : null,
      gates: [
        ...(hooks && random.chance(0.7) ? [hookGate('preTraffic', 'beforeTraffic', 'smoke', HOOK_TIMEOUT_MS)] : []),
        ...(hooks && random.chance(0.7) ? [hookGate('postTraffic', 'afterTraffic', 'smoke', HOOK_TIMEOUT_MS)] : []),
      ],
      signals: { logs: !slow, metrics: slow },
    }),
  };
}
