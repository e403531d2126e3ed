import type { Aws, AwsOptions } from '../aws/index.ts';
import type { AliasKey } from '../core/release/alias.ts';

/** The account's AWS, region by region: a train visits several. */
export interface Regions {
  /** The clients for a region; those of the run's own region where it is that one. */
  at(region: string): Promise<Aws>;
  close(): void;
}

/** `home`: the run's own region, undefined while nobody knows it. */
export function regionsOf(aws: Aws, options: AwsOptions, home: () => string | undefined): Regions {
  const others = new Map<string, Promise<Aws>>();
  return {
    async at(region) {
      if (region === home()) return aws;
      const other = others.get(region) ?? open(options, region);
      others.set(region, other);
      return other;
    },
    close() {
      for (const other of others.values()) void other.then((opened) => opened.close());
    },
  };
}

async function open(options: AwsOptions, region: string): Promise<Aws> {
  const { createAws } = await import('../aws/index.ts');
  return createAws({ ...options, region });
}

/**
 * Whether this process may act on an alias: one state may hold releases of several accounts and regions. Members of a train
 * are reached in every region of the account, for one train visits several.
 */
export function isReached(
  key: AliasKey | undefined,
  isMember: boolean,
  mine: { readonly account: string; readonly region: string } | undefined,
): boolean {
  if (key === undefined || key.account !== mine?.account) return false;
  return key.region === mine.region || isMember;
}
