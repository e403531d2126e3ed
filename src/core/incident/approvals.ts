import type { Who } from '../who.ts';
import { isPerson, ROLES, type Role, type RoleHolder, rolesOf } from './roles.ts';

/** What the rules ask approval for. */
export type ApprovalAction =
  | 'isolateRegion'
  | 'stopFunction'
  | 'moveForward'
  | 'publicAck'
  | 'publicPost'
  | 'lowerSeverity'
  | 'decline'
  | 'waivePostmortem'
  | 'closeSev1';

export interface ApprovalRule {
  /** Seats that must all be filled, each by another person who holds one of its roles. Whoever gives the order fills one if he can. */
  readonly seats: readonly (readonly Role[])[];
  /** Whether the person who wrote the order may fill a seat. */
  readonly authorMayApprove: boolean;
  /** Whether it may be done at once by one person, who then owes a review by another. */
  readonly breakGlass: boolean;
  /** How long a request stays open. */
  readonly openForMs: number;
}

export type ApprovalRules = Readonly<Record<ApprovalAction, ApprovalRule>>;

const REQUEST_MS = 60 * 60_000;
const DAY_MS = 86_400_000;

/** The default rules. Automatic rollbacks and a person's rollback need no approval, so they have no line here. */
export const APPROVAL_RULES: ApprovalRules = {
  isolateRegion: {
    seats: [['incident_commander'], ['operations']],
    authorMayApprove: true,
    breakGlass: true,
    openForMs: REQUEST_MS,
  },
  stopFunction: {
    seats: [['incident_commander'], ['operations']],
    authorMayApprove: true,
    breakGlass: true,
    openForMs: REQUEST_MS,
  },
  moveForward: { seats: [['incident_commander']], authorMayApprove: true, breakGlass: true, openForMs: REQUEST_MS },
  publicAck: {
    seats: [['comms_lead', 'incident_commander']],
    authorMayApprove: true,
    breakGlass: false,
    openForMs: REQUEST_MS,
  },
  publicPost: {
    seats: [['comms_lead', 'incident_commander']],
    authorMayApprove: false,
    breakGlass: false,
    openForMs: REQUEST_MS,
  },
  lowerSeverity: { seats: [['approver']], authorMayApprove: true, breakGlass: false, openForMs: REQUEST_MS },
  decline: { seats: [['approver']], authorMayApprove: true, breakGlass: false, openForMs: DAY_MS },
  waivePostmortem: { seats: [['approver']], authorMayApprove: true, breakGlass: false, openForMs: 7 * DAY_MS },
  closeSev1: {
    seats: [['incident_commander'], ['approver']],
    authorMayApprove: true,
    breakGlass: false,
    openForMs: 7 * DAY_MS,
  },
};

export interface Grant {
  readonly who: Who;
  readonly at: number;
  /** The roles held at that moment: a role given up later takes no approval back. */
  readonly roles: readonly Role[];
}

/** A grant as this person could give it now; undefined where nobody stands behind it. */
export function grantBy(roles: readonly RoleHolder[], who: Who, at: number): Grant | undefined {
  return isPerson(who) ? { who, at, roles: rolesOf(roles, who.name) } : undefined;
}

/** Whether these grants fill every seat of the rule, one person a seat. */
export function isApproved(rule: ApprovalRule, author: Who, grants: readonly Grant[]): boolean {
  return seated(rule.seats, eligible(rule, author, grants));
}

/** Whether this person's grant would be of any use: it fills a seat that nothing has filled so far. */
export function helps(rule: ApprovalRule, author: Who, grants: readonly Grant[], grant: Grant): boolean {
  if (grants.some(({ who }) => who.name === grant.who.name)) return false;
  return eligible(rule, author, [grant]).some(({ roles }) =>
    rule.seats.some((seat) => seat.some((role) => roles.includes(role))),
  );
}

/** "incident commander and operations, two people", for sentences. */
export function seatsWords(rule: ApprovalRule): string {
  const seats = rule.seats.map((seat) => seat.map((role) => ROLES[role].label).join(' or '));
  const people = seats.length > 1 ? `, ${seats.length} people` : '';
  return `${seats.join(' and ')}${people}${rule.authorMayApprove ? '' : ', not the author'}`;
}

function eligible(rule: ApprovalRule, author: Who, grants: readonly Grant[]): readonly Grant[] {
  return grants.filter(({ who }) => isPerson(who) && (rule.authorMayApprove || who.name !== author.name));
}

/** A matching of seats to different people, tried in every order: there are never more than a few of either. */
function seated(seats: ApprovalRule['seats'], grants: readonly Grant[]): boolean {
  const [seat, ...others] = seats;
  if (!seat) return true;
  return grants.some(
    (grant) =>
      seat.some((role) => grant.roles.includes(role)) &&
      seated(
        others,
        grants.filter(({ who }) => who.name !== grant.who.name),
      ),
  );
}
