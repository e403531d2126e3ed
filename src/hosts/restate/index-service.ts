import type * as Sdk from '@restatedev/restate-sdk';
import type { Changed, News, ServiceNames } from './protocol.ts';

type Common = Pick<Sdk.ServiceOptions, 'retryPolicy' | 'journalRetention'>;

/** The last changes, for those who follow them. */
interface Feed {
  /** How many there ever were. */
  readonly n: number;
  readonly recent: readonly string[];
}

const FEED_KEY = 'feed';
/** A follower that asks every second sees each change, up to this many a second; one that missed some looks at all. */
const RECENT = 200;
const KNOWN = 'a/';
const OPEN = 'o/';

/** Which actors there are, which of them are open, and which changed last: one object for all of one kind. */
export function indexService(sdk: typeof Sdk, { index }: ServiceNames, common: Common) {
  const { shared } = sdk.handlers.object;
  const feedOf = async (ctx: Sdk.ObjectSharedContext) => (await ctx.get<Feed>(FEED_KEY)) ?? { n: 0, recent: [] };
  return sdk.object({
    name: index,
    handlers: {
      changed: async (ctx: Sdk.ObjectContext, { actor, open }: Changed): Promise<void> => {
        const { n, recent } = await feedOf(ctx);
        ctx.set<Feed>(FEED_KEY, { n: n + 1, recent: [...recent, actor].slice(-RECENT) });
        if (open === undefined) return;
        ctx.set(`${KNOWN}${actor}`, true);
        if (open) ctx.set(`${OPEN}${actor}`, true);
        else ctx.clear(`${OPEN}${actor}`);
      },
      since: shared(async (ctx: Sdk.ObjectSharedContext, { n: seen }: { n: number | null }): Promise<News> => {
        const { n, recent } = await feedOf(ctx);
        if (seen === null || seen === n) return { n, actors: [] };
        const missed = n - seen;
        return { n, actors: missed > 0 && missed <= recent.length ? [...new Set(recent.slice(-missed))] : null };
      }),
      /** Names in their order, from behind `after` on. */
      names: shared(async (ctx: Sdk.ObjectSharedContext, query: NamesQuery): Promise<readonly string[]> => {
        const prefix = query.open ? OPEN : KNOWN;
        const keys = await ctx.stateKeys();
        return keys
          .flatMap((key) => (key.startsWith(prefix) ? [key.slice(prefix.length)] : []))
          .filter((name) => name > query.after)
          .sort()
          .slice(0, query.limit);
      }),
    },
    options: { ...common, enableLazyState: true },
  });
}

export interface NamesQuery {
  readonly open: boolean;
  readonly after: string;
  readonly limit: number;
}

/** Who drives the open actors: the holder, until its time runs out. */
interface Holding {
  readonly holder: string;
  readonly until: number;
}

const HOLDING_KEY = 'holding';

export interface Claim {
  readonly holder: string;
  readonly forMs: number;
}

/** One lease on Restate's own time, so that the clocks of the machines do not matter. */
export function runnerService(sdk: typeof Sdk, { runner }: ServiceNames, common: Common) {
  return sdk.object({
    name: runner,
    handlers: {
      /** Answers whether the holder has the lease now. */
      acquire: async (ctx: Sdk.ObjectContext, { holder, forMs }: Claim): Promise<boolean> => {
        const now = await ctx.date.now();
        const held = await ctx.get<Holding>(HOLDING_KEY);
        if (held && held.holder !== holder && held.until > now) return false;
        ctx.set<Holding>(HOLDING_KEY, { holder, until: now + forMs });
        return true;
      },
      release: async (ctx: Sdk.ObjectContext, { holder }: { holder: string }): Promise<void> => {
        if ((await ctx.get<Holding>(HOLDING_KEY))?.holder === holder) ctx.clear(HOLDING_KEY);
      },
    },
    options: { ...common, enableLazyState: true },
  });
}
