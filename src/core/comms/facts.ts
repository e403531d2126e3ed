import type { SeverityLevel } from '../incident/severity.ts';

/** What users feel, in one word. Everything a customer is told about the effect follows from it. */
export type Effect = 'slow' | 'errors' | 'unavailable' | 'intermittent' | 'data' | 'security' | 'unknown';

/** What a message is drafted from. Plain data, so that a template may use every field; what is not known is null. */
export interface DraftFacts {
  readonly id: string;
  readonly title: string;
  readonly drill: boolean;
  /** What the service is called towards customers. */
  readonly service: string;
  readonly components: readonly string[];
  readonly severity: SeverityLevel | null;
  readonly phase: string;
  readonly effect: Effect;
  /** The share of requests that failed, 0 to 1. */
  readonly affectedShare: number | null;
  readonly badRequests: number | null;
  /** What customers can do meanwhile; null for the default of the effect. */
  readonly workaround: string | null;
  /** Times are epoch milliseconds. */
  readonly startedAt: number | null;
  readonly detectedAt: number;
  readonly containedAt: number | null;
  readonly resolvedAt: number | null;
  readonly nextUpdateAt: number | null;
  readonly commander: string | null;
  /** `checkout:live`, and the versions of the release where one is the cause. */
  readonly target: string | null;
  readonly stable: string | null;
  readonly candidate: string | null;
  readonly releaseId: string | null;
  readonly weightPercent: number | null;
  /** What was breached, with its numbers. */
  readonly breach: string | null;
  /** What was done to stop it, in sentences. */
  readonly containment: readonly string[];
  readonly summary: string | null;
  /** Ids and links worth following. */
  readonly links: readonly string[];
}

/** What is known of an incident at its first moment: that there is one. */
export function nothingKnown(about: Pick<DraftFacts, 'id' | 'title' | 'service' | 'phase' | 'detectedAt'>): DraftFacts {
  return {
    ...about,
    drill: false,
    components: [],
    severity: null,
    effect: 'unknown',
    affectedShare: null,
    badRequests: null,
    workaround: null,
    startedAt: null,
    containedAt: null,
    resolvedAt: null,
    nextUpdateAt: null,
    commander: null,
    target: null,
    stable: null,
    candidate: null,
    releaseId: null,
    weightPercent: null,
    breach: null,
    containment: [],
    summary: null,
    links: [],
  };
}
