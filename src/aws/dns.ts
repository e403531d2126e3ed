import type { ResourceRecordSet } from '@aws-sdk/client-route-53';
import type { Clock } from '../app/ports/clock.ts';
import type { Clients } from './clients.ts';
import { call } from './problem.ts';

/** One weighted name that leads traffic to regions, as the configuration tells it. */
export interface WeightedName {
  readonly zone: string;
  readonly name: string;
  /** The set identifier of each region's record. */
  readonly sets: Readonly<Record<string, string>>;
}

export interface Dns {
  /**
   * Gives a region's records weight 0 and waits until Route 53 answers so everywhere; what was read back, as a sentence.
   * Refused, as an Error, where no other region would get any traffic.
   */
  isolate(route: WeightedName, region: string): Promise<string>;
}

/** Route 53 says INSYNC within a minute. */
const PATIENCE_MS = 90_000;
const LOOK_MS = 2_000;
const LOOK_LOCAL_MS = 20;
const MAX_RECORDS = 100;

export function createDns(clients: Clients, clock: Clock): Dns {
  async function records({ zone, name }: WeightedName): Promise<readonly ResourceRecordSet[]> {
    return call('route53:ListResourceRecordSets', async () => {
      const route53 = await clients.route53();
      const { ResourceRecordSets = [] } = await route53.listResourceRecordSets({
        HostedZoneId: zone,
        StartRecordName: name,
        MaxItems: MAX_RECORDS,
      });
      return ResourceRecordSets.filter((record) => isNamed(record, name) && record.Weight !== undefined);
    });
  }

  async function untilInSync(id: string): Promise<boolean> {
    const until = clock.now() + PATIENCE_MS;
    for (;;) {
      const status = await call('route53:GetChange', async () => {
        const route53 = await clients.route53();
        return (await route53.getChange({ Id: id })).ChangeInfo?.Status;
      });
      if (status === 'INSYNC') return true;
      if (clock.now() >= until) return false;
      await clock.sleep(clients.local ? LOOK_LOCAL_MS : LOOK_MS);
    }
  }

  return {
    async isolate(route, region) {
      const id = route.sets[region];
      const all = await records(route);
      const ours = all.filter(({ SetIdentifier }) => SetIdentifier === id);
      if (id === undefined || ours.length === 0)
        throw new Error(`${route.name} has no weighted record for ${region}${id === undefined ? '' : ` (${id})`}`);
      if (!all.some(({ SetIdentifier, Weight = 0 }) => SetIdentifier !== id && Weight > 0))
        throw new Error(`no other region of ${route.name} would get traffic: every other weight is 0`);
      let inSync = true;
      if (ours.some(({ Weight }) => Weight !== 0)) {
        const change = await call('route53:ChangeResourceRecordSets', async () => {
          const route53 = await clients.route53();
          return route53.changeResourceRecordSets({
            HostedZoneId: route.zone,
            ChangeBatch: {
              Comment: `Switchback: no traffic to ${region}`,
              Changes: ours.map((record) => ({ Action: 'UPSERT', ResourceRecordSet: { ...record, Weight: 0 } })),
            },
          });
        });
        inSync = await untilInSync(change.ChangeInfo?.Id ?? '');
      }
      const read = await records(route);
      if (read.some(({ SetIdentifier, Weight }) => SetIdentifier === id && Weight !== 0))
        throw new Error(`${route.name} was read back with traffic for ${region}`);
      const weights = read.map(({ SetIdentifier, Type, Weight }) => `${SetIdentifier} ${Type} ${Weight}`).join(', ');
      return `${route.name} was read back with weights ${weights}${inSync ? '' : '; Route 53 has not spread it everywhere yet'}`;
    },
  };
}

/** Route 53 writes names with a dot at their end, and in lower case. */
function isNamed({ Name }: ResourceRecordSet, name: string): boolean {
  const plain = (text: string): string => text.toLowerCase().replace(/\.$/, '');
  return Name !== undefined && plain(Name) === plain(name);
}
