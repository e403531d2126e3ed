/** Tags on functions. */
import type {
  ListTagsRequest,
  ListTagsResponse,
  TagResourceRequest,
  UntagResourceRequest,
} from '@aws-sdk/client-lambda';
import { type CallContext, notEmulated } from '../../wire/service.ts';
import type { LambdaContext, Operations } from './context.ts';
import { invalidParameter } from './errors.ts';
import { type FunctionRef, parseRef } from './names.ts';
import { type FunctionRecord, functionKey, requireFunction } from './state.ts';
import { check, matching, required } from './validate.ts';

const MAX_TAGS = 50;
const UUID = '[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}';
const TAGGABLE =
  'arn:(aws[a-zA-Z-]*):lambda:(eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\\d{1}:\\d{12}:' +
  '(function:[a-zA-Z0-9-_]+(:(\\$LATEST|[a-zA-Z0-9-_]+))?|layer:([a-zA-Z0-9-_]+)|code-signing-config:csc-[a-z0-9]{17}|' +
  `event-source-mapping:${UUID}|capacity-provider:[a-zA-Z0-9-_]+)`;

export function tagOperations(context: LambdaContext): Operations {
  const { tables } = context;
  const change = (record: FunctionRecord, tags: Readonly<Record<string, string>>) =>
    tables.functions.set(functionKey(record), { ...record, tags });
  return {
    TagResource(input: TagResourceRequest, call: CallContext) {
      const record = requireFunction(tables, taggedFunction(input.Resource, call));
      const added = input.Tags ?? {};
      if (Object.keys(added).length === 0) {
        throw invalidParameter('An error occurred and the request cannot be processed.');
      }
      const tags = { ...record.tags, ...added };
      refuseTooManyTags(tags);
      change(record, tags);
      return {};
    },
    UntagResource(input: UntagResourceRequest, call: CallContext) {
      const keys = (input.TagKeys?.length ?? 0) > 0 ? input.TagKeys : undefined;
      check(required('tagKeys', keys));
      const record = requireFunction(tables, taggedFunction(input.Resource, call));
      change(record, Object.fromEntries(Object.entries(record.tags).filter(([key]) => !keys?.includes(key))));
      return {};
    },
    ListTags(input: ListTagsRequest, call: CallContext): ListTagsResponse {
      return { Tags: { ...requireFunction(tables, taggedFunction(input.Resource, call)).tags } };
    },
  };
}

export function refuseTooManyTags(tags: Readonly<Record<string, string>>): void {
  if (Object.keys(tags).length > MAX_TAGS) throw invalidParameter('Number of tags exceeds resource tag limit.');
}

function taggedFunction(resource: string | undefined, call: CallContext): FunctionRef {
  check(required('resource', resource), matching('resource', resource, TAGGABLE));
  if (!resource?.includes(':function:')) throw notEmulated('Tags on Lambda resources other than functions');
  const ref = parseRef(resource, undefined, call);
  if (ref.qualifier !== undefined) {
    throw invalidParameter('Tags on function aliases and versions are not supported. Please specify a function ARN.');
  }
  return ref;
}
