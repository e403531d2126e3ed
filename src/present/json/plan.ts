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
    ...(plan.shifter ? { deployment: { id: plan.deploymentId, ...plan.shifter } } : {}),
    strategy: plan.strategy,
    steps: plan.steps,
    preTraffic: hookOf(plan, 'preTraffic'),
    postTraffic: hookOf(plan, 'postTraffic'),
    gates: plan.gates,
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

/** CodeDeploy's two hooks, by the names that scripts know. */
function hookOf({ gates }: Plan, id: string): { readonly function: string; readonly timeoutMs: number } | null {
  const gate = gates.find((each) => each.id === id);
  return gate?.check.kind === 'hook' ? { function: gate.check.function, timeoutMs: gate.timeoutMs } : null;
}
