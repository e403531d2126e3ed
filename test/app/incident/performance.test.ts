import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { performance } from '../../../src/app/incident/performance.ts';
import type { LedgerEntry } from '../../../src/app/ports/host.ts';
import type { AliasHost } from '../../../src/app/ports/index.ts';
import { aliasStanding, outcomeOf } from '../../../src/core/history/outcome.ts';
import type { Incident } from '../../../src/core/incident/incident.ts';
import { actorOf } from '../../../src/core/release/alias.ts';
import { decide } from '../../../src/core/release/decide.ts';
import type { AliasEvent } from '../../../src/core/release/events.ts';
import { type AliasDoc, emptyDoc } from '../../../src/core/release/release.ts';
import { wrap } from '../../../src/present/text/line.ts';
import { performanceText } from '../../../src/present/text/performance.ts';
import { Case, DAY } from '../../core/incident/builders.ts';
import { KEY, Story, T0 } from '../../core/release/builders.ts';

/** A ledger of one alias, as its host would have written it. */
class Recorded extends Story {
  readonly entries: LedgerEntry[] = [];

  override tell(event: AliasEvent): this {
    const before = this.doc;
    super.tell(event);
    const { commands } = decide(before, event);
    const outcome = outcomeOf(aliasStanding(before, this.doc), commands);
    const { at, who, kind } = event;
    const chain = { previousHash: '', hash: '' };
    const sequence = this.entries.length + 1;
    this.entries.push({ actor: actorOf(KEY), sequence, at, who, kind, event, outcome, ...chain });
    return this;
  }

  get host(): AliasHost {
    const stored = { actor: actorOf(KEY), sequence: this.entries.length, state: this.doc as AliasDoc };
    return {
      deliver: async () => stored,
      read: async () => stored,
      list: async ({ after }) => (after ? [] : [stored]),
      ledger: async (_actor, { after, limit }) =>
        this.entries.filter(({ sequence }) => sequence > after).slice(0, limit),
    };
  }
}

function rolledBack(): Recorded {
  const story = new Recorded().start({ origin: { committedAt: T0 - DAY } }).write();
  story.at += 10_000;
  story.order('rollback', 'customers call');
  while (story.commands.some(({ kind }) => kind === 'setAlias')) story.write();
  return story;
}

const listOf = (incidents: readonly Incident[]) => ({
  list: async ({ after }: { after?: string }) =>
    after
      ? []
      : incidents.map((incident) => ({
          actor: incident.id,
          sequence: 1,
          state: { v: 1, id: incident.id, incident, wakeAt: null } as const,
        })),
});

test('releases and incidents of a window are measured from the ledger; drills are left out and counted', async (t) => {
  const incident = new Case().open().triaged().contain().incident;
  const drill = new Case().open({ kind: 'drill' }).incident;
  const ports = { releases: rolledBack().host, incidents: listOf([incident, drill]) };
  const measured = await performance(ports, { fromMs: T0 - DAY, toMs: T0 + DAY });
  assert.deepEqual([measured.releases, measured.incidents, measured.leftOut], [1, 1, 1]);
  assert.deepEqual(measured.dora.changeFailRate, { state: 'recorded', value: 1 });
  assert.equal(measured.reports[0]?.metrics.contain.count, 1);
  const text = `${wrap(performanceText(measured), 140).join('\n')}\n`;
  t.assert.fileSnapshot(text, join(import.meta.dirname, '../../golden/text/performance.txt'), {
    serializers: [(value) => value],
  });
  const later = await performance(ports, { fromMs: T0 + DAY, toMs: T0 + 2 * DAY });
  assert.deepEqual([later.releases, later.incidents], [0, 0]);
  assert.equal(later.dora.changeFailRate.state, 'notApplicable');
});

test('an alias without a ledger measures nothing', async () => {
  const empty = new Recorded();
  empty.doc = emptyDoc(KEY);
  const measured = await performance({ releases: empty.host, incidents: listOf([]) }, { fromMs: 0, toMs: T0 });
  assert.equal(measured.releases, 0);
  assert.equal(measured.truncated, false);
});
