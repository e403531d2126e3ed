import type { Who } from '../who.ts';

/** Who does what in an incident, as data. One person may hold several roles. */
export type Role =
  | 'incident_commander'
  | 'deputy'
  | 'scribe'
  | 'technical_lead'
  | 'operations'
  | 'comms_lead'
  | 'internal_liaison'
  | 'support_lead'
  | 'security_lead'
  | 'approver'
  | 'observer';

export interface RoleRule {
  readonly label: string;
  readonly does: string;
  /** The group that usually fills it. */
  readonly group: string;
  /** How many may hold it at once. */
  readonly max: number;
  /** Whether the automatic actor may hold it. */
  readonly system: boolean;
  /** False where only another person can give it: an approver whom nobody else named would approve his own orders. */
  readonly selfAssigned: boolean;
}

/** More people in one role than this is a meeting. */
const MANY = 20;

export const ROLES: Readonly<Record<Role, RoleRule>> = {
  incident_commander: rule('incident commander', 'decides, and does not fix', 'SRE', 1),
  deputy: rule('deputy', 'stands in for the commander', 'SRE', 1),
  scribe: rule('scribe', 'writes the timeline', 'SRE', MANY),
  technical_lead: rule('technical lead', 'finds and fixes', 'Developers', MANY),
  operations: { ...rule('operations', 'moves aliases and traffic', 'DevOps', MANY), system: true },
  comms_lead: rule('communications lead', 'tells customers', 'Support', 1),
  internal_liaison: rule('internal liaison', 'tells employees and executives', 'Support', MANY),
  support_lead: rule('support lead', 'collects what customers report', 'Support', MANY),
  security_lead: rule('security lead', 'leads what concerns security', 'Security', 1),
  approver: {
    ...rule('approver', 'approves what the rules ask approval for', 'Management', MANY),
    selfAssigned: false,
  },
  observer: rule('observer', 'reads along', 'anyone', MANY),
};

function rule(label: string, does: string, group: string, max: number): RoleRule {
  return { label, does, group, max, system: false, selfAssigned: true };
}

export interface RoleHolder {
  readonly role: Role;
  /** As `who.name` says it. */
  readonly person: string;
  readonly since: number;
}

/** A role offered to somebody who has not accepted yet. */
export interface HandOff {
  readonly role: Role;
  readonly from: string;
  readonly to: string;
  readonly at: number;
}

export function holdersOf(roles: readonly RoleHolder[], role: Role): readonly string[] {
  return roles.filter((each) => each.role === role).map(({ person }) => person);
}

export function rolesOf(roles: readonly RoleHolder[], person: string): readonly Role[] {
  return roles.filter((each) => each.person === person).map(({ role }) => role);
}

/** Whether a person stands behind this; what the engine or an integration did by itself fills no seat. */
export function isPerson({ provedBy }: Who): boolean {
  return provedBy !== 'system';
}
