import type { AliasEvent } from '../../core/release/events.ts';
import type { AliasDoc } from '../../core/release/release.ts';
import type { Alarms } from './alarms.ts';
import type { Aliases } from './aliases.ts';
import type { Baselines } from './baseline.ts';
import type { Calibrations } from './calibrations.ts';
import type { Clock } from './clock.ts';
import type { Deployments } from './deployments.ts';
import type { GateFiles } from './gate-files.ts';
import type { Hooks } from './hooks.ts';
import type { Host } from './host.ts';
import type { Identity } from './identity.ts';
import type { PastLogs } from './past-logs.ts';
import type { Retention } from './retention.ts';
import type { Signals } from './signals.ts';
import type { Stacks } from './stacks.ts';
import type { TrafficFacts } from './traffic-facts.ts';
import type { Versions } from './versions.ts';

/** Everything of AWS that use cases may touch. */
export interface AwsPorts {
  readonly aliases: Aliases;
  readonly versions: Versions;
  readonly traffic: TrafficFacts;
  readonly baselines: Baselines;
  readonly pastLogs: PastLogs;
  readonly alarms: Alarms;
  readonly signals: Signals;
  readonly hooks: Hooks;
  readonly deployments: Deployments;
  readonly identity: Identity;
  readonly stacks: Stacks;
  readonly retention: Retention;
}

export type AliasHost = Host<AliasDoc, AliasEvent>;

/** What a use case is handed. */
export interface Ports extends AwsPorts {
  readonly host: AliasHost;
  readonly clock: Clock;
}

/** What planning needs besides. */
export interface PlanningPorts extends Ports {
  readonly calibrations: Calibrations;
  readonly gateFiles: Pick<GateFiles, 'keep'>;
}
