import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Ownership, ownershipOf, type Sent, type SetAlias } from '../../src/app/perform/ownership.ts';
import { alone, type Routing, writeDescription } from '../../src/core/release/alias.ts';
import { KEY, snapshot } from '../core/release/builders.ts';

/** The last resort of a release that CodeDeploy shifts from 41 to 42: all traffic to 41. */
const WRITE: SetAlias = {
  kind: 'setAlias',
  key: 'r-1#1',
  alias: KEY,
  target: alone('41'),
  fence: 1,
  releaseId: 'r-1',
  keepTag: true,
  description: 'the shop',
  untagged: [alone('41')],
  between: ['41', '42'],
  last: snapshot(share(10), undefined, 'rev-1'),
};

function share(weightPercent: number): Routing {
  return { version: '41', second: { version: '42', weightPercent } };
}

const others = writeDescription('the shop', { releaseId: 'r-2', fence: 1 });
const unanswered: Sent = { base: 'rev-1', accepted: false };

const TABLE: readonly [string, Routing, string | undefined, Sent | undefined, Ownership['is']][] = [
  ['a share that CodeDeploy has set since', share(20), undefined, undefined, 'ours'],
  ['the candidate alone', alone('42'), undefined, undefined, 'ours'],
  ['a share set after a write whose answer was lost', share(20), undefined, unanswered, 'ours'],
  ['a third version', alone('7'), undefined, undefined, 'foreign'],
  [
    'a split with a third version',
    { version: '41', second: { version: '7', weightPercent: 10 } },
    undefined,
    undefined,
    'foreign',
  ],
  ['the tag of another release', share(20), others, undefined, 'foreign'],
];

for (const [what, routing, description, sent, is] of TABLE) {
  test(`${what} is ${is === 'ours' ? 'CodeDeploy’s, and may be written over' : 'somebody else’s'}`, () => {
    assert.equal(ownershipOf(WRITE, snapshot(routing, description, 'rev-2'), sent).is, is);
  });
}

test('where nobody shifts, a share that is not known is somebody else’s', () => {
  const { between: _, ...plain } = WRITE;
  assert.equal(ownershipOf(plain, snapshot(share(20), undefined, 'rev-2'), undefined).is, 'foreign');
});
