import type { Incident } from './incident.ts';
import { ruleOf, type SeverityLevel, type SeverityRule } from './severity.ts';

/** The level that rules go by: the one that was set, or as long as none is, the suggested one. */
export function levelOf({ severity, suggestion, policy }: Incident): SeverityLevel {
  return severity ?? suggestion?.level ?? policy.severities.unmeasured;
}

export function levelRule(incident: Incident): SeverityRule {
  return ruleOf(incident.policy.severities, levelOf(incident));
}

/** Whether it may only be closed with its postmortem published or waived. Drills teach without one. */
export function needsPostmortem(incident: Incident): boolean {
  return incident.kind !== 'drill' && levelRule(incident).actions.postmortem === 'required';
}

/** How often people are told: slower once it has become a long incident. */
export function paceMs(incident: Incident): number {
  const { updateEveryMs, longUpdateEveryMs } = levelRule(incident).actions;
  return incident.reminders.long ? longUpdateEveryMs : updateEveryMs;
}
