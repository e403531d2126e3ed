import type { ChannelConfig, ChannelKind } from '../app/channels-schema.ts';
import type { Topics } from '../app/ports/topics.ts';
import type { Audience } from '../core/comms/audiences.ts';
import type { Adapter, Tools } from './adapter.ts';
import { createEmail } from './vendors/email.ts';
import { createJira } from './vendors/jira.ts';
import { createPagerDuty, createPagerDutyChange } from './vendors/pagerduty.ts';
import { createServiceNow } from './vendors/servicenow.ts';
import { createSlack } from './vendors/slack.ts';
import { createSlackWebhook } from './vendors/slack-webhook.ts';
import { createSns } from './vendors/sns.ts';
import { createStatuspage } from './vendors/statuspage.ts';
import { createTeams } from './vendors/teams.ts';
import { createWebhook } from './vendors/webhook.ts';
import { createX } from './vendors/x.ts';

/** The adapter of a channel. */
export function adapterOf(config: ChannelConfig, tools: Tools, topics: Topics): Adapter {
  switch (config.kind) {
    case 'slack':
      return createSlack(config, tools);
    case 'slack-webhook':
      return createSlackWebhook(config, tools);
    case 'pagerduty':
      return createPagerDuty(config, tools);
    case 'pagerduty-change':
      return createPagerDutyChange(config, tools);
    case 'teams':
      return createTeams(config, tools);
    case 'email':
      return createEmail(config, tools);
    case 'sns':
      return createSns(config, topics);
    case 'webhook':
      return createWebhook(config, tools);
    case 'statuspage':
      return createStatuspage(config, tools);
    case 'x':
      return createX(config, tools);
    case 'jira':
      return createJira(config, tools);
    case 'servicenow':
      return createServiceNow(config, tools);
  }
}

const USUAL: Readonly<Record<ChannelKind, Audience>> = {
  slack: 'responders',
  'slack-webhook': 'responders',
  pagerduty: 'responders',
  'pagerduty-change': 'change',
  teams: 'responders',
  email: 'employees',
  sns: 'responders',
  webhook: 'responders',
  statuspage: 'customers',
  x: 'x',
  jira: 'ticket',
  servicenow: 'ticket',
};

/** Who is told by a channel: as configured, else whom its kind is usually for. */
export function audiencesOf(config: ChannelConfig): readonly Audience[] {
  if (config.audiences) return config.audiences;
  return config.kind === 'servicenow' && config.record === 'change' ? ['change'] : [USUAL[config.kind]];
}

/** Whether it hears of rollbacks that nobody felt: nobody is called out of bed for one. */
export function hearsNearMisses(config: ChannelConfig): boolean {
  return config.nearMisses ?? config.kind !== 'pagerduty';
}

/** What it hears of releases that nothing is wrong with: a calendar of changes all, the others what the team wants. */
export function hearsReleases(config: ChannelConfig): 'off' | 'ends' | 'steps' {
  return ('releases' in config ? config.releases : undefined) ?? (config.kind === 'pagerduty-change' ? 'steps' : 'off');
}

/** The gap between two calls that a vendor asks for, and what it is counted by. 0: it says so itself (429). */
export function paceOf(config: ChannelConfig, name: string): { readonly key: string; readonly gapMs: number } {
  switch (config.kind) {
    case 'slack':
      // One message a second in each channel.
      return { key: `slack ${config.channel}`, gapMs: 1_000 };
    case 'slack-webhook':
      return { key: `slack-webhook ${config.url}`, gapMs: 1_000 };
    case 'statuspage':
      // One request a second for each token.
      return { key: `statuspage ${config.token}`, gapMs: 1_000 };
    case 'teams':
      // Four requests a second.
      return { key: `teams ${config.url}`, gapMs: 250 };
    default:
      return { key: name, gapMs: 0 };
  }
}
