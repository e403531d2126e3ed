import type { Judged, Summary } from '../../core/replay/compare.ts';
import type { Rule } from '../../core/replay/rules.ts';

/** Past releases under one rule, as scripts read them. Times are ISO 8601, spans milliseconds from the first weight. */
export function replayJson(rule: Rule, judged: readonly Judged[], summary: Summary) {
  return { rule: rule.name, ...summary, releases: judged.map((each) => judgedJson(rule, each)) };
}

function judgedJson(rule: Rule, { record, label, answer, badRequests, differs }: Judged) {
  const { id, key, plan, outcome, marks, undoneBy } = record;
  return {
    id,
    function: key.function,
    alias: key.alias,
    stable: plan.stable,
    candidate: plan.candidate,
    startedAt: new Date(marks.startedAt).toISOString(),
    state: outcome?.state ?? 'open',
    undoneBy,
    label,
    badRequestsInAll: badRequests,
    answer,
    ...(rule.kind === 'own' ? { reproduced: differs === null, difference: differs } : {}),
  };
}
