import type { Change, ResourceRecordSet } from '@aws-sdk/client-route-53';
import type { Aliases, Urgency } from '../../app/ports/aliases.ts';
import { AwsProblem } from '../../app/ports/problem.ts';
import type { AliasSnapshot, Routing } from '../../core/release/alias.ts';
import {
  ARM_NAME,
  type Arm,
  routerOf,
  routingOfWeights,
  type WeightedRecords,
  weightsFor,
} from '../../core/release/router.ts';
import { pressing } from '../aliases.ts';
import type { Clients } from '../clients.ts';
import { call, callOrMissing } from '../problem.ts';
import { digestOf } from './digest.ts';
import { readTag, type TagText, tagName, tagRecord } from './tag-record.ts';

/** A page of records; those of one name and of the tag below it lie side by side. */
const PAGE = 300;
const LIST = 'route53:ListResourceRecordSets';
const CHANGE = 'route53:ChangeResourceRecordSets';

/** Everything that belongs to one weighted name, as read. */
interface Found {
  readonly arms: readonly [ResourceRecordSet, ResourceRecordSet];
  readonly tagRecord: ResourceRecordSet | undefined;
  readonly tag: TagText | undefined;
}

/**
 * Two weighted records as an alias: their set identifiers are the versions. Each write is one batch that deletes the records
 * to the last value as they were read and creates them anew, which Route 53 does as a whole or not at all: a true comparison
 * and swap. Works only for keys that {@link routerOf} reads.
 */
export function createRoute53Aliases(clients: Clients): Aliases {
  async function page(router: WeightedRecords, start: string, type: 'TXT' | undefined) {
    const route53 = await clients.route53();
    return route53.listResourceRecordSets({
      HostedZoneId: router.zone,
      StartRecordName: start,
      ...(type === undefined ? {} : { StartRecordType: type }),
      MaxItems: type === undefined ? PAGE : 1,
    });
  }

  async function read(router: WeightedRecords, urgency: Urgency | undefined): Promise<Found | undefined> {
    const answer = await callOrMissing(LIST, () =>
      pressing(urgency, 'rollbackRead', () => page(router, router.name, undefined)),
    );
    const records = answer?.ResourceRecordSets ?? [];
    const named = records.filter(({ Name, Type }) => isName(Name, router.name) && Type === router.type);
    if (named.length === 0) return undefined;
    let tags = records.filter((record) => isTag(record, router));
    if (tags.length === 0 && answer?.IsTruncated) {
      const more = await call(LIST, () =>
        pressing(urgency, 'rollbackRead', () => page(router, tagName(router.name), 'TXT')),
      );
      tags = (more.ResourceRecordSets ?? []).filter((record) => isTag(record, router));
    }
    return { arms: armsOf(router, named), tagRecord: tags[0], tag: readTag(tags[0]) };
  }

  return {
    async get(key, urgency) {
      const found = await read(routerIn(key), urgency);
      return found && snapshotOf(found);
    },

    async update(key, to, revisionId, urgency) {
      const router = routerIn(key);
      const found = await read(router, urgency);
      if (!found) throw new AwsProblem('missing', LIST, 'NoSuchRecord', `${router.name} has no ${router.type} records`);
      if (snapshotOf(found).revisionId !== revisionId) throw outdated(router);
      const next = changedTo(router, found, to);
      try {
        await call(CHANGE, () => pressing(urgency, 'rollback', () => change(router, found, next)));
      } catch (error) {
        // Also the answer for a batch that can never be done: only another look tells whether somebody was faster.
        if (!(error instanceof AwsProblem) || error.code !== 'InvalidChangeBatch') throw error;
        const now = await read(router, urgency);
        if (now && snapshotOf(now).revisionId === revisionId) throw error;
        throw outdated(router);
      }
      return snapshotOf(next);
    },

    async create(key) {
      const { name, type } = routerIn(key);
      const why = `${name} (${type}) needs two weighted records that your own templates make; Switchback moves their weights only`;
      throw new AwsProblem('invalid', CHANGE, 'NotCreatedHere', why);
    },
  };

  async function change(router: WeightedRecords, from: Found, to: Found): Promise<void> {
    const old = [...from.arms, ...(from.tagRecord ? [from.tagRecord] : [])];
    const fresh = [...to.arms, ...(to.tagRecord ? [to.tagRecord] : [])];
    const route53 = await clients.route53();
    await route53.changeResourceRecordSets({
      HostedZoneId: router.zone,
      ChangeBatch: {
        Comment: 'Switchback moves traffic',
        Changes: [
          ...old.map((record): Change => ({ Action: 'DELETE', ResourceRecordSet: record })),
          ...fresh.map((record): Change => ({ Action: 'CREATE', ResourceRecordSet: record })),
        ],
      },
    });
  }
}

function routerIn(key: Parameters<Aliases['get']>[0]): WeightedRecords {
  const router = routerOf(key);
  if (router?.kind !== 'route53')
    throw new AwsProblem('invalid', LIST, 'NoRouter', `${key.function} is no Route 53 record`);
  return router;
}

function outdated({ name }: WeightedRecords): AwsProblem {
  return new AwsProblem('precondition', CHANGE, 'RecordsChanged', `the records of ${name} are not as they were read`);
}

/** Route 53 writes names with a dot at their end, and in lower case. */
function isName(name: string | undefined, wanted: string): boolean {
  return name !== undefined && name.toLowerCase().replace(/\.$/, '') === wanted;
}

function isTag({ Name, Type }: ResourceRecordSet, router: WeightedRecords): boolean {
  return Type === 'TXT' && isName(Name, tagName(router.name).slice(0, -1));
}

function armsOf({ name, type }: WeightedRecords, records: readonly ResourceRecordSet[]): Found['arms'] {
  const [a, b, ...others] = records;
  const names = records.map(({ SetIdentifier = 'a record without an identifier' }) => SetIdentifier).join(', ');
  if (!a || !b || others.length > 0 || records.some(({ Weight }) => Weight === undefined))
    throw problem('NotTwoWeights', `${name} needs exactly two weighted ${type} records; it has ${names}`);
  const bad = records.find(({ SetIdentifier = '' }) => !ARM_NAME.test(SetIdentifier));
  if (bad)
    throw problem(
      'SetIdentifier',
      `set identifier "${bad.SetIdentifier}" of ${name} is not possible: letters, digits, - and _`,
    );
  return [a, b];
}

function problem(code: string, message: string): AwsProblem {
  return new AwsProblem('invalid', LIST, code, message);
}

function armOf({ SetIdentifier = '', Weight = 0 }: ResourceRecordSet): Arm {
  return { name: SetIdentifier, weight: Weight };
}

function snapshotOf({ arms, tag, tagRecord }: Found): AliasSnapshot {
  const [a, b] = arms;
  return {
    ...routingOfWeights([armOf(a), armOf(b)], tag?.main),
    revisionId: digestOf([a, b, tagRecord ?? null]),
    description: tag?.description ?? '',
  };
}

function changedTo(router: WeightedRecords, { arms, tag }: Found, to: Routing & { description: string }): Found {
  const names = arms.map(({ SetIdentifier }) => SetIdentifier);
  const { first, second } = weightsFor(to.second?.weightPercent ?? 0);
  const weightOf = (name: string | undefined): number => {
    if (name === to.version) return first;
    return name === to.second?.version ? second : 0;
  };
  for (const wanted of [to.version, ...(to.second ? [to.second.version] : [])])
    if (!names.includes(wanted))
      throw problem('NoSuchArm', `${router.name} has no record "${wanted}"; there are ${names.join(' and ')}`);
  const moved = (record: ResourceRecordSet) => ({ ...record, Weight: weightOf(record.SetIdentifier) });
  const text = { serial: (tag?.serial ?? 0) + 1, main: to.version, description: to.description };
  return { arms: [moved(arms[0]), moved(arms[1])], tagRecord: tagRecord(router.name, text), tag: text };
}
