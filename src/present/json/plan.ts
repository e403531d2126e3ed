import type { Plan } from '../../core/release/plan.ts';

/** A plan as scripts read it, with the members that every release has. Its secret is nobody's business. */
export function planJson(plan: Plan) {
  return {
    id: null,
    state: 'planned',
    reason: plan.strategy,
    function: plan.key.function,
    alias: plan.key.alias,
    stable: plan.stable,
    candidate: plan.candidate,
    weightPercent: 0,
    evidence: [],
    account: plan.key.account,
    region: plan.key.region,
    strategy: plan.strategy,
    steps: plan.steps,
    preTraffic: plan.preTraffic,
    postTraffic: plan.postTraffic,
    alarms: plan.alarms,
    thresholds: plan.thresholds.map(({ text }) => text),
    judge: plan.judge,
    signals: plan.signals,
    known: plan.known ?? [],
    better: plan.better ?? null,
    blindSpots: plan.blindSpots,
    warnings: plan.warnings,
  };
}
