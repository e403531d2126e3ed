import type {
  ListTagsForResourceInput,
  ListTagsForResourceOutput,
  Tag,
  TagResourceInput,
  UntagResourceInput,
} from '@aws-sdk/client-cloudwatch';
import { AwsError } from '../../wire/service.ts';
import { validation } from '../errors.ts';
import type { AlarmRecord } from './model.ts';
import type { AlarmRegistry } from './registry.ts';

/** CloudWatch's own limit on the tags of one resource. */
const MAX_TAGS = 50;

export function tagsOf(tags: readonly Tag[] | undefined): Record<string, string> {
  const record = Object.fromEntries((tags ?? []).map(({ Key = '', Value = '' }) => [Key, Value]));
  if (Object.keys(record).length > MAX_TAGS) throw validation(`An alarm has at most ${MAX_TAGS} tags.`);
  return record;
}

/** Tags of a resource that is gone are none, as recorded. */
export function listTags(registry: AlarmRegistry, input: ListTagsForResourceInput): ListTagsForResourceOutput {
  const tags = registry.byArn(input.ResourceARN ?? '')?.tags ?? {};
  return { Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })) };
}

export function tagResource(registry: AlarmRegistry, { ResourceARN, Tags }: TagResourceInput): void {
  const alarm = existing(registry, ResourceARN);
  const tags = { ...alarm.tags, ...tagsOf(Tags) };
  if (Object.keys(tags).length > MAX_TAGS) throw validation(`An alarm has at most ${MAX_TAGS} tags.`);
  registry.put({ ...alarm, tags });
}

export function untagResource(registry: AlarmRegistry, { ResourceARN, TagKeys }: UntagResourceInput): void {
  const alarm = existing(registry, ResourceARN);
  const kept = Object.entries(alarm.tags).filter(([key]) => !TagKeys?.includes(key));
  registry.put({ ...alarm, tags: Object.fromEntries(kept) });
}

function existing(registry: AlarmRegistry, arn = ''): AlarmRecord {
  const alarm = registry.byArn(arn);
  if (alarm) return alarm;
  throw new AwsError('ResourceNotFoundException', `${arn} does not exist`, {
    ResourceType: 'Alarm',
    ResourceId: arn,
  });
}
