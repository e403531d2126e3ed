import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type KnownAlias, reconcile, type SeenChange, TRAIL_DELAY_MS } from '../../../src/core/audit/reconcile.ts';
import { alone } from '../../../src/core/release/alias.ts';
import { T0 } from '../release/builders.ts';

const MINUTE = 60_000;
const WINDOW = { fromMs: T0 - 60 * MINUTE, untilMs: T0 + 60 * MINUTE, nowMs: T0 + 120 * MINUTE };

function known(changes: Partial<KnownAlias> = {}): KnownAlias {
  return {
    actor: '123456789012/eu-west-1/checkout/live',
    region: 'eu-west-1',
    function: 'checkout',
    alias: 'live',
    writes: [
      {
        at: T0,
        releaseId: 'r-1',
        snapshot: {
          ...{ version: '41', second: { version: '42', weightPercent: 10 } },
          ...{ description: 'the shop [switchback r-1#1]', revisionId: 'rev-1' },
        },
      },
      { at: T0 + MINUTE, releaseId: 'r-1', snapshot: { ...alone('42'), description: 'the shop', revisionId: 'rev-2' } },
    ],
    releaseIds: new Set(['r-1']),
    candidates: new Set(['42']),
    ...changes,
  };
}

function change(changes: Partial<SeenChange>): SeenChange {
  return {
    ...{
      id: 'e',
      atMs: T0,
      operation: 'UpdateAlias',
      function: 'checkout',
      alias: 'live',
      version: '41',
      second: null,
    },
    ...{ description: 'the shop', revisionId: 'rev-x', by: 'arn:aws:iam::1:user/bob', userAgent: 'aws-cli/2' },
    ...{ region: 'eu-west-1', error: null },
    ...changes,
  };
}

const OURS = [
  change({ atMs: T0, revisionId: 'rev-1', second: { version: '42', weightPercent: 10 } }),
  change({ atMs: T0 + MINUTE, revisionId: 'rev-2', version: '42' }),
];

describe('the ledger beside CloudTrail', () => {
  test('our own writes are known by the revision that we read back, or by our tag', () => {
    assert.deepEqual(reconcile(OURS, [known()], WINDOW), { ours: 2, others: [], unseen: [] });
    // The answer to the first was lost, so that the ledger holds no revision of it.
    const lost = change({ revisionId: 'rev-0', description: 'the shop [switchback r-1#1]' });
    assert.equal(reconcile([...OURS, lost], [known()], WINDOW).ours, 3);
    const stranger = change({ revisionId: 'rev-0', description: 'the shop [switchback r-9#1]' });
    assert.equal(reconcile([...OURS, stranger], [known()], WINDOW).others.length, 1);
  });

  test('a rollback by hand that the ledger does not know is named as one', () => {
    const back = change({ atMs: T0 + 9 * MINUTE, version: '41', revisionId: 'rev-3' });
    const { others } = reconcile([...OURS, back], [known()], WINDOW);
    assert.deepEqual(
      others.map(({ told, isRollback, by }) => [told, isRollback, by]),
      [['checkout:live was switched back from version 42 to version 41', true, 'arn:aws:iam::1:user/bob']],
    );
  });

  const told: readonly [string, Partial<SeenChange>, string][] = [
    ['forward to a new version', { version: '43' }, 'checkout:live was set to version 43 alone'],
    ['a split by hand', { version: '42', second: { version: '41', weightPercent: 5 } }, 'checkout:live was set to'],
    ['words only', { version: null }, 'checkout:live was changed, its versions were not'],
    ['an alias deleted', { operation: 'DeleteAlias', version: null }, 'checkout:live was deleted'],
    [
      'a version deleted',
      { operation: 'DeleteFunction', alias: null, version: '40' },
      'version 40 of checkout was deleted',
    ],
    ['a function deleted', { operation: 'DeleteFunction', alias: null, version: null }, 'checkout was deleted'],
    [
      'a version published',
      { operation: 'PublishVersion', alias: null, version: '43' },
      'version 43 of checkout was published',
    ],
    [
      'settings',
      { operation: 'UpdateFunctionConfiguration', alias: null, version: null },
      'the configuration of checkout',
    ],
  ];
  for (const [name, changes, sentence] of told) {
    test(`${name}: told, and no rollback`, () => {
      const { others } = reconcile([...OURS, change({ atMs: T0 + 9 * MINUTE, ...changes })], [known()], WINDOW);
      assert.equal(others.length, 1);
      assert.ok(others[0]!.told.startsWith(sentence), others[0]!.told);
      assert.equal(others[0]!.isRollback, false);
    });
  }

  test('code that was uploaded and published for a release of ours is no stranger’s', () => {
    const upload = change({ operation: 'UpdateFunctionCode', alias: null, version: null, atMs: T0 - 2 * MINUTE });
    const publish = (version: string) =>
      change({ operation: 'PublishVersion', alias: null, version, atMs: T0 - MINUTE });
    assert.deepEqual(reconcile([upload, publish('42'), ...OURS], [known()], WINDOW).others, []);
    assert.equal(reconcile([upload, publish('43'), ...OURS], [known()], WINDOW).others.length, 2);
    const other = { ...publish('42'), by: 'arn:aws:iam::1:user/eve' };
    assert.equal(reconcile([upload, other, ...OURS], [known()], WINDOW).others.length, 1);
  });

  test('what was refused, and what concerns other functions, aliases or regions, is left out', () => {
    const far = [
      change({ error: 'PreconditionFailedException' }),
      change({ function: 'billing' }),
      change({ alias: 'beta' }),
      change({ region: 'us-east-1' }),
    ];
    assert.deepEqual(reconcile([...OURS, ...far], [known()], WINDOW).others, []);
  });

  test('a write that CloudTrail should show by now and does not is told', () => {
    const { unseen } = reconcile([OURS[0]!], [known()], WINDOW);
    assert.deepEqual(
      unseen.map(({ releaseId, told: sentence }) => [releaseId, sentence]),
      [['r-1', 'version 42 alone']],
    );
    const soon = { ...WINDOW, nowMs: T0 + MINUTE + TRAIL_DELAY_MS - 1 };
    assert.deepEqual(reconcile([OURS[0]!], [known()], soon).unseen, []);
    assert.deepEqual(reconcile([], [known()], { ...WINDOW, fromMs: T0 + 30 * MINUTE }).unseen, []);
  });
});
