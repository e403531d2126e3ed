import { type AliasKey, describeRouting, type Routing } from '../release/alias.ts';
import type { ApprovalAction } from './approvals.ts';

/** What stops the harm, as an effect that can be carried out. */
export type ContainmentAction =
  | { readonly kind: 'rollback'; readonly alias: AliasKey; readonly toVersion: string }
  | { readonly kind: 'redirectTraffic'; readonly alias: AliasKey; readonly routing: Routing }
  /** No more traffic to this region; `function` says whose. */
  | { readonly kind: 'isolateRegion'; readonly account: string; readonly region: string; readonly function: string }
  | {
      readonly kind: 'limitConcurrency';
      readonly account: string;
      readonly region: string;
      readonly function: string;
      /** Reserved concurrency; 0 stops the function. */
      readonly limit: number;
    };

/** One containment action and what became of it. */
export interface Containment {
  /** The key of its command. */
  readonly key: string;
  readonly action: ContainmentAction | { readonly kind: 'other' };
  readonly orderedAt: number;
  /** Who ordered it, by name. */
  readonly by: string;
  readonly state: 'ordered' | 'done' | 'failed';
  /** Done: what was read back. Failed: why. Other: what was done, in a person's words. */
  readonly told: string;
  readonly endedAt: number | null;
}

/** The approval that an action needs before it is carried out; undefined where it needs none. */
export function approvalFor(action: ContainmentAction): ApprovalAction | undefined {
  if (action.kind === 'isolateRegion') return 'isolateRegion';
  return action.kind === 'limitConcurrency' && action.limit === 0 ? 'stopFunction' : undefined;
}

export function describeContainment(action: Containment['action']): string {
  switch (action.kind) {
    case 'rollback':
      return `roll ${action.alias.function}:${action.alias.alias} back to version ${action.toVersion}`;
    case 'redirectTraffic':
      return `send ${action.alias.function}:${action.alias.alias} to ${describeRouting(action.routing)}`;
    case 'isolateRegion':
      return `take ${action.function} in ${action.region} out of traffic`;
    case 'limitConcurrency':
      return `limit ${action.function} in ${action.region} to ${action.limit} concurrent executions`;
    case 'other':
      return 'another measure';
  }
}
