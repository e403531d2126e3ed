import type { JudgeConfig } from '../../src/core/judge/config.ts';
import { initialJudge, type JudgeState, judge } from '../../src/core/judge/judge.ts';
import { weightsFor } from '../../src/core/judge/metrics.ts';
import type { SignalSource } from '../../src/core/judge/silence.ts';
import type { Tick } from './traffic.ts';

/** The judge as the bench sets it up: everything by default, for a release of an hour. */
export function judgeConfig(more: Partial<JudgeConfig> = {}): JudgeConfig {
  return { alpha: 0.01, startedAtMs: 0, horizonMs: 3_600_000, stable: 'v1', candidate: 'v2', ...more };
}

/** A judge in play: feed it ticks and it says whether it has rolled back. */
export interface Player {
  feed(tick: Tick, second: number, configuredShare: number): boolean;
}

export function player(config: JudgeConfig, source: SignalSource): Player {
  let state: JudgeState = initialJudge({ ...config, metricWeights: weightsFor(source, config.metricWeights) ?? {} });
  return {
    feed: (tick, second, configuredShare) => {
      const step = judge(state, {
        atMs: second * 1000,
        source,
        weightPercent: configuredShare * 100,
        stable: counts(tick.nBlue, tick.xBlue, tick.slowBlue),
        candidate: counts(tick.nGreen, tick.xGreen, tick.slowGreen),
      });
      if (step.decision.kind === 'error') throw new Error(step.decision.reason);
      state = step.state;
      return step.decision.kind === 'rollback';
    },
  };
}

function counts(invocations: number, errors: number, slow: readonly number[]) {
  return { invocations, errors, timeouts: 0, throttles: 0, coldStarts: 0, slow };
}
