import type {
  AlarmConfiguration,
  AutoRollbackConfiguration,
  DeploymentCreator,
  DeploymentStatus,
  ErrorInformation,
  LifecycleEventStatus,
  RevisionLocation,
  RollbackInfo,
  TrafficRoutingConfig,
  TriggerConfig,
} from '@aws-sdk/client-codedeploy';
import type { Store, Table } from '../store.ts';
import type { AppSpec } from './appspec.ts';

/** What the local CodeDeploy remembers, table by table. Records are plain data; a change writes a new record. */

export interface ApplicationRecord {
  readonly region: string;
  readonly name: string;
  readonly id: string;
  readonly createdMs: number;
}

export interface GroupRecord {
  readonly region: string;
  readonly application: string;
  readonly name: string;
  readonly id: string;
  readonly configName: string;
  readonly serviceRoleArn: string;
  readonly alarms: AlarmConfiguration | undefined;
  readonly autoRollback: AutoRollbackConfiguration | undefined;
  readonly triggers: readonly TriggerConfig[];
}

export interface ConfigRecord {
  readonly region: string;
  readonly name: string;
  readonly id: string;
  readonly createdMs: number;
  readonly routing: TrafficRoutingConfig;
}

export type EventName = 'BeforeAllowTraffic' | 'AllowTraffic' | 'AfterAllowTraffic';

export interface EventRecord {
  readonly name: EventName;
  readonly status: LifecycleEventStatus;
  readonly startedMs?: number;
  readonly endedMs?: number;
  /** The hook execution whose answer is awaited, or was given. */
  readonly executionId?: string;
}

export interface DeploymentRecord {
  readonly region: string;
  readonly id: string;
  readonly application: string;
  readonly group: string;
  readonly configName: string;
  readonly routing: TrafficRoutingConfig;
  readonly creator: DeploymentCreator;
  readonly description: string | undefined;
  readonly revision: RevisionLocation;
  readonly alarms: AlarmConfiguration | undefined;
  /** As it was given with the deployment, else the group's at that time. */
  readonly autoRollback: AutoRollbackConfiguration | undefined;
  readonly status: DeploymentStatus;
  readonly createdMs: number;
  readonly startedMs?: number;
  readonly completedMs?: number;
  readonly error?: ErrorInformation;
  readonly rollback?: RollbackInfo;
  /** What the revision says; undefined until it has been read. */
  readonly spec?: AppSpec;
  readonly events: readonly EventRecord[];
  /** How many shifts have been made, and the target version's weight after the last one. */
  readonly shifts: number;
  readonly weightPercent: number;
  /** When the first shift was made; the others are due so many minutes later. */
  readonly trafficSinceMs?: number;
  readonly alarmsReadMs?: number;
}

export interface HookAnswer {
  readonly executionId: string;
  readonly status: 'Succeeded' | 'Failed';
  readonly atMs: number;
}

/** The answers that hooks gave for a deployment that was not made here. */
export interface Mailbox {
  readonly deploymentId: string;
  readonly answers: readonly HookAnswer[];
}

export interface Tables {
  readonly applications: Table<ApplicationRecord>;
  readonly groups: Table<GroupRecord>;
  readonly configs: Table<ConfigRecord>;
  readonly deployments: Table<DeploymentRecord>;
  readonly mailboxes: Table<Mailbox>;
}

export function openTables(store: Store): Tables {
  return {
    applications: store.table('codedeploy/applications'),
    groups: store.table('codedeploy/groups'),
    configs: store.table('codedeploy/configs'),
    deployments: store.table('codedeploy/deployments'),
    mailboxes: store.table('codedeploy/hook-answers'),
  };
}

/** Names hold no slash, and an account's regions are kept apart. */
export function keyOf(region: string, ...names: readonly string[]): string {
  return [region, ...names].join('/');
}

export function isActive({ status }: DeploymentRecord): boolean {
  return status === 'Created' || status === 'Queued' || status === 'InProgress';
}

export const EVENTS: readonly EventName[] = ['BeforeAllowTraffic', 'AllowTraffic', 'AfterAllowTraffic'];
