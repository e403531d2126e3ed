import type { Effect } from './facts.ts';

/** What an effect is called towards customers, and what they can do about it meanwhile. */
export interface EffectWords {
  /** A whole sentence. */
  readonly says: string;
  readonly workaround: string;
  /** What is better once it has stopped. */
  readonly over: string;
}

export const EFFECTS: Readonly<Record<Effect, EffectWords>> = {
  slow: {
    says: 'Some users may be experiencing slower response times.',
    workaround: 'Requests still complete; they may take longer than usual.',
    over: 'Response times are back to normal.',
  },
  errors: {
    says: 'Some users may be seeing errors.',
    workaround: 'You can still access this feature by refreshing the page.',
    over: 'The errors have stopped.',
  },
  unavailable: {
    says: 'The service is currently not available.',
    workaround: 'There is nothing that you need to do. Please try again later.',
    over: 'The service is available again.',
  },
  intermittent: {
    says: 'Some requests may need a second try.',
    workaround: 'If a request does not go through, please try again after a few seconds.',
    over: 'Requests go through at the first try again.',
  },
  data: {
    says: 'Some information may be missing or shown incorrectly.',
    workaround: 'Please do not enter it again; we will tell you when it is complete.',
    over: 'Information is shown correctly again.',
  },
  security: {
    says: 'We are looking into a security matter.',
    workaround: 'There is nothing that you need to do at this time.',
    over: 'The security matter has been dealt with.',
  },
  unknown: {
    says: 'Some users may not be able to use every part of the service.',
    workaround: 'If something does not work, please try again after a few minutes.',
    over: 'Every part of the service works again.',
  },
};

/** From this share of failing requests on, the service counts as not available. */
const UNAVAILABLE_SHARE = 0.95;
/** Below this share a second try usually helps. */
const RARE_SHARE = 0.02;

/** What users feel, from what was measured. Null stands for what nobody measured. */
export function effectOf(measured: {
  readonly failedShare: number | null;
  readonly throttledShare: number | null;
  readonly durationRatio: number | null;
  readonly dataLoss: boolean;
  readonly securityExposure: boolean;
}): Effect {
  const { failedShare, throttledShare, durationRatio } = measured;
  if (measured.securityExposure) return 'security';
  if (measured.dataLoss) return 'data';
  if (failedShare !== null && failedShare >= UNAVAILABLE_SHARE) return 'unavailable';
  if (failedShare !== null && failedShare >= RARE_SHARE) return 'errors';
  if (durationRatio !== null && durationRatio >= 1.5) return 'slow';
  if ((failedShare ?? 0) > 0 || (throttledShare ?? 0) > 0) return 'intermittent';
  return 'unknown';
}
