import { randomInt } from 'node:crypto';
import type * as Route53 from '@aws-sdk/client-route-53';
import type { Clock } from '../clock.ts';
import type { Store } from '../store.ts';
import { AwsError, type Service } from '../wire/service.ts';
import { applied, canonicalName, comparePlaces, compareRecords, placeOf } from './records.ts';

export interface Route53Deps {
  readonly store: Store;
  readonly clock: Clock;
}

interface Zone {
  readonly id: string;
  readonly name: string;
  readonly callerReference: string;
  readonly records: readonly Route53.ResourceRecordSet[];
}

interface MadeChange {
  readonly id: string;
  readonly atMs: number;
  readonly comment?: string;
}

/** A page of ListResourceRecordSets, at Route 53 too. */
const MAX_ITEMS = 300;
/** Route 53 takes up to a minute to spread a change; here it is long enough to be seen as PENDING, and no longer. */
const SPREAD_MS = 100;
/** Route 53's own limit on zones of an account is 500. */
const MAX_ZONES = 500;
/** Changes that can still be asked about. */
const MAX_CHANGES_KEPT = 10_000;
const NAME = /^([a-z0-9_*\\-]{1,63}\.)+$/;

/** Route 53's control plane: public zones and their records, changed batch by batch. No name is resolved here. */
export function createRoute53({ store, clock }: Route53Deps): Service {
  const zones = store.table<Zone>('route53-zones');
  const changes = store.table<MadeChange>('route53-changes');

  function zoneOf(id = ''): Zone {
    const zone = zones.get(plainId(id));
    if (!zone) throw new AwsError('NoSuchHostedZone', `No hosted zone found with ID: ${plainId(id)}`, {}, 404);
    return zone;
  }

  function changed(comment: string | undefined): Route53.ChangeInfo {
    const made: MadeChange = { id: newId('C'), atMs: clock.now(), ...(comment === undefined ? {} : { comment }) };
    changes.set(made.id, made);
    if (changes.size > MAX_CHANGES_KEPT) changes.delete(changes.list()[0]!.id);
    return infoOf(made);
  }

  function infoOf({ id, atMs, comment }: MadeChange): Route53.ChangeInfo {
    return {
      Id: `/change/${id}`,
      Status: clock.now() >= atMs + SPREAD_MS ? 'INSYNC' : 'PENDING',
      SubmittedAt: new Date(atMs),
      ...(comment === undefined ? {} : { Comment: comment }),
    };
  }

  return {
    id: 'route-53',
    operations: {
      CreateHostedZone(input: Route53.CreateHostedZoneRequest): Route53.CreateHostedZoneResponse {
        const name = canonicalName(input.Name ?? '');
        if (!NAME.test(name))
          throw new AwsError('InvalidDomainName', `${name.slice(0, 80)} is not a valid domain name`);
        const all = zones.list();
        if (all.some(({ callerReference }) => callerReference === input.CallerReference))
          throw new AwsError(
            'HostedZoneAlreadyExists',
            'A hosted zone has already been created with this caller reference',
            {},
            409,
          );
        if (all.length >= MAX_ZONES)
          throw new AwsError('TooManyHostedZones', 'Limits Exceeded: MAX_HOSTED_ZONES_BY_OWNER');
        const zone: Zone = {
          id: newId('Z'),
          name,
          callerReference: input.CallerReference ?? '',
          records: firstRecords(name),
        };
        zones.set(zone.id, zone);
        return {
          HostedZone: described(zone),
          ChangeInfo: changed(undefined),
          DelegationSet: { NameServers: NAME_SERVERS },
          Location: `https://route53.amazonaws.com/2013-04-01/hostedzone/${zone.id}`,
        };
      },

      GetHostedZone(input: Route53.GetHostedZoneRequest): Route53.GetHostedZoneResponse {
        return { HostedZone: described(zoneOf(input.Id)), DelegationSet: { NameServers: NAME_SERVERS } };
      },

      ChangeResourceRecordSets(
        input: Route53.ChangeResourceRecordSetsRequest,
      ): Route53.ChangeResourceRecordSetsResponse {
        const zone = zoneOf(input.HostedZoneId);
        const { Changes = [], Comment } = input.ChangeBatch ?? { Changes: [] };
        zones.set(zone.id, { ...zone, records: applied(zone.name, zone.records, Changes) });
        return { ChangeInfo: changed(Comment) };
      },

      ListResourceRecordSets(input: Route53.ListResourceRecordSetsRequest): Route53.ListResourceRecordSetsResponse {
        const { records } = zoneOf(input.HostedZoneId);
        if (input.StartRecordName === undefined && input.StartRecordType !== undefined)
          throw new AwsError('InvalidInput', 'A start record type needs a start record name');
        const from = placeOf({
          Name: input.StartRecordName ?? '',
          ...(input.StartRecordType === undefined ? {} : { Type: input.StartRecordType }),
          ...(input.StartRecordIdentifier === undefined ? {} : { SetIdentifier: input.StartRecordIdentifier }),
        });
        const rest =
          input.StartRecordName === undefined
            ? records
            : records.filter((one) => comparePlaces(placeOf(one), from) >= 0);
        const size = Math.min(input.MaxItems ?? MAX_ITEMS, MAX_ITEMS);
        const next = rest[size];
        return {
          ResourceRecordSets: rest.slice(0, size),
          IsTruncated: next !== undefined,
          MaxItems: size,
          ...(next ? { NextRecordName: next.Name, NextRecordType: next.Type } : {}),
          ...(next?.SetIdentifier === undefined ? {} : { NextRecordIdentifier: next.SetIdentifier }),
        };
      },

      GetChange(input: Route53.GetChangeRequest): Route53.GetChangeResponse {
        const made = changes.get(plainId(input.Id));
        if (!made) throw new AwsError('NoSuchChange', `Could not find resource with ID: ${plainId(input.Id)}`, {}, 404);
        return { ChangeInfo: infoOf(made) };
      },
    },
  };
}

/** Both `Z123` and `/hostedzone/Z123` name a zone. */
function plainId(id = ''): string {
  return id.slice(id.lastIndexOf('/') + 1);
}

function described({ id, name, callerReference, records }: Zone): Route53.HostedZone {
  return {
    Id: `/hostedzone/${id}`,
    Name: name,
    CallerReference: callerReference,
    Config: { PrivateZone: false },
    ResourceRecordSetCount: records.length,
  };
}

const NAME_SERVERS = ['ns-1.local.invalid', 'ns-2.local.invalid'];

function firstRecords(Name: string): readonly Route53.ResourceRecordSet[] {
  const soa = `${NAME_SERVERS[0]}. awsdns-hostmaster.amazon.com. 1 7200 900 1209600 86400`;
  const records: Route53.ResourceRecordSet[] = [
    { Name, Type: 'NS', TTL: 172_800, ResourceRecords: NAME_SERVERS.map((server) => ({ Value: `${server}.` })) },
    { Name, Type: 'SOA', TTL: 900, ResourceRecords: [{ Value: soa }] },
  ];
  return records.sort(compareRecords);
}

const ID_CHARS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';

function newId(first: string): string {
  return first + Array.from({ length: 20 }, () => ID_CHARS[randomInt(ID_CHARS.length)]).join('');
}
