import type { Policy } from '../../core/incident/policy.ts';
import { DEFAULT_POLICY } from '../../core/incident/policy.ts';
import type { AliasKey } from '../../core/release/alias.ts';

/** How this team runs its incidents: from the configuration file, else the defaults. */
export interface IncidentSetup {
  /** Whether a release that went wrong opens an incident by itself. */
  readonly open: boolean;
  readonly policy: Policy;
  /** When releases of the alias wait for the commander's word. `uncontained`: while users are still being hurt. */
  readonly releasesWait: 'always' | 'uncontained' | 'never';
  /** The weighted names by which traffic reaches the regions of a function. */
  readonly routes: readonly Route[];
  /** Who reads each published postmortem, and says so. */
  readonly readers: readonly string[];
  /** What the service behind a function is called towards customers, and which of its components an alias is. */
  serviceOf(alias: Pick<AliasKey, 'function' | 'alias'>): Service;
}

/** A weighted name in Route 53: which record set leads to which region. */
export interface Route {
  /** The functions behind it; null for all. */
  readonly functions: readonly string[] | null;
  readonly zone: string;
  readonly name: string;
  readonly sets: Readonly<Record<string, string>>;
}

export interface Service {
  readonly name: string;
  readonly components: readonly string[];
}

export const DEFAULT_SETUP: IncidentSetup = {
  open: true,
  policy: DEFAULT_POLICY,
  releasesWait: 'uncontained',
  routes: [],
  readers: [],
  serviceOf: ({ function: name }) => ({ name, components: [name] }),
};
