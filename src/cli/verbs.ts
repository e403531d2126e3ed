import { AUDIT_VERBS } from './verbs/audit.ts';
import { CHANNEL_VERBS } from './verbs/channels.ts';
import { INCIDENT_VERBS } from './verbs/incident.ts';
import { LEARNING_VERBS } from './verbs/learning.ts';
import { POSTMORTEM_VERBS } from './verbs/postmortem.ts';
import { RELEASE_VERBS } from './verbs/release.ts';
import { RUNNING_VERBS } from './verbs/running.ts';
import { STATUS_PAGE_VERBS } from './verbs/status-page.ts';
import type { Verb } from './verbs/verb.ts';

/** Every command, in the order of the help. */
export const VERBS: readonly Verb[] = [
  ...RELEASE_VERBS,
  ...INCIDENT_VERBS,
  ...POSTMORTEM_VERBS,
  ...CHANNEL_VERBS,
  ...STATUS_PAGE_VERBS,
  ...LEARNING_VERBS,
  ...AUDIT_VERBS,
  ...RUNNING_VERBS,
];

/** What a group of commands is about, by its first word; every verb whose name has two words belongs to one. */
export const GROUPS: Readonly<Record<string, string>> = {
  channels: 'the ways to the outside world: Slack, PagerDuty, mail, tickets and the like',
  'status-page': 'static pages that say how the service does, for customers and for employees',
  postmortem: 'what is learnt from an incident: facts from the ledger, words from people',
  audit: 'the ledger: is it whole, what is in it, what did others do, and what must be forgotten',
  incident: 'what goes on while something is wrong: who leads, what is done, who is told',
};
