import type { Stage } from '../../app/ports/stage.ts';

/** What callers of one version went through. */
export interface Served {
  readonly requests: number;
  /** Lost to an error, or answered too late to be of use. */
  readonly hurt: number;
}

export interface Tally {
  /** By executed version; requests that never reached a version are under `-`. */
  readonly byVersion: Readonly<Record<string, Served>>;
  readonly requests: number;
  readonly hurt: number;
  /** When a caller of each version was first let down: the request's sending time, epoch milliseconds. */
  readonly firstHurtAt: Readonly<Record<string, number>>;
  /** When a version was last executed, by version. */
  readonly lastServedAt: Readonly<Record<string, number>>;
}

export interface Traffic {
  tally(): Tally;
  /** Counts from here on: what was before belongs to the warm-up. */
  restart(): void;
  /** Ends the traffic and waits for the requests under way. */
  stop(): Promise<Tally>;
}

/** A request is skipped while this many are under way: a hanging version must not pile up requests without bound. */
const MAX_IN_FLIGHT = 200;
/** A caller who waits longer than this has been let down, error or not. */
export const PATIENCE_MS = 240;
const ARTICLES = ['tea', 'mug', 'kettle', 'filter'];
const COUNTRIES = ['DE', 'FR', 'AT', 'CH'];

/** Open-loop traffic: requests leave at their time whether or not earlier ones have been answered. */
export function startTraffic(stage: Stage, functionName: string, alias: string, requestsPerSecond: number): Traffic {
  const served = new Map<string, { requests: number; hurt: number }>();
  const firstHurtAt: Record<string, number> = {};
  const lastServedAt: Record<string, number> = {};
  const inFlight = new Set<Promise<void>>();
  const startedAt = Date.now();
  let sent = 0;

  const one = async (order: number): Promise<void> => {
    const event = {
      orderId: `o-${order}`,
      country: COUNTRIES[order % COUNTRIES.length],
      items: [{ article: ARTICLES[order % ARTICLES.length], count: 1 + (order % 3) }],
    };
    const sentAt = Date.now();
    const { version = '-', error } = await stage.invoke(functionName, alias, event);
    const counts = served.get(version) ?? { requests: 0, hurt: 0 };
    counts.requests += 1;
    lastServedAt[version] = Date.now();
    if (error !== undefined || Date.now() - sentAt > PATIENCE_MS) {
      counts.hurt += 1;
      firstHurtAt[version] = Math.min(firstHurtAt[version] ?? sentAt, sentAt);
    }
    served.set(version, counts);
  };
  const timer = setInterval(() => {
    const due = Math.floor(((Date.now() - startedAt) * requestsPerSecond) / 1_000);
    while (sent < due) {
      sent += 1;
      if (inFlight.size >= MAX_IN_FLIGHT) continue;
      const request = one(sent);
      inFlight.add(request);
      void request.finally(() => inFlight.delete(request));
    }
  }, 10);

  const tally = (): Tally => {
    const all = [...served.values()];
    return {
      byVersion: Object.fromEntries([...served].map(([version, counts]) => [version, { ...counts }])),
      requests: all.reduce((total, { requests }) => total + requests, 0),
      hurt: all.reduce((total, { hurt }) => total + hurt, 0),
      firstHurtAt: { ...firstHurtAt },
      lastServedAt: { ...lastServedAt },
    };
  };
  return {
    tally,
    restart() {
      served.clear();
      for (const times of [firstHurtAt, lastServedAt]) for (const version of Object.keys(times)) delete times[version];
    },
    async stop() {
      clearInterval(timer);
      await Promise.all(inFlight);
      return tally();
    },
  };
}
