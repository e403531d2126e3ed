import type { Member, Shape } from '../../../src/local/wire/schema.ts';

/** Recursive shapes are cut off here. */
const MAX_DEPTH = 8;

/** A value that uses every member of a shape; the same call gives the same value. Unions hold their first member. */
export function sampleOf(shape: Shape, skip: (member: Member) => boolean = () => false, depth = 0): unknown {
  switch (shape.kind) {
    case 'string':
      return 'some <text> & "more"';
    case 'number':
      return 42;
    case 'bigint':
      return 42n;
    case 'boolean':
      return true;
    case 'timestamp':
      return new Date(Date.UTC(2026, 0, 5, 12, 0, 7));
    case 'blob':
      return new Uint8Array([0, 1, 254, 255]);
    case 'document':
      return { some: ['document', 1] };
    case 'unit':
      return {};
    case 'list':
      return depth >= MAX_DEPTH
        ? []
        : (depth < 3 ? [1, 2] : [1]).map(() => sampleOf(shape.item.shape, skip, depth + 1));
    case 'map':
      return { 'a-key': sampleOf(shape.value.shape, skip, depth + 1) };
    case 'structure': {
      const members = shape.members.filter((member) => !skip(member) && (depth < MAX_DEPTH || member.required));
      const chosen = shape.union ? members.slice(0, 1) : members;
      return Object.fromEntries(chosen.map((member) => [member.name, memberSample(member, skip, depth)]));
    }
  }
}

/** Text in headers, paths and queries is what clients can send there as it is. */
function memberSample(member: Member, skip: (member: Member) => boolean, depth: number): unknown {
  const { traits, shape } = member;
  const inHttp = traits.httpHeader ?? traits.httpLabel ?? traits.httpQuery ?? traits.httpPrefixHeaders;
  if (inHttp === undefined) return sampleOf(shape, skip, depth + 1);
  if (shape.kind === 'string') return 'plain-text';
  if (shape.kind === 'list' && shape.item.shape.kind === 'string') return ['one', 'two'];
  if (shape.kind === 'map') return { 'a-key': 'plain-text' };
  return sampleOf(shape, skip, depth + 1);
}
