import assert from 'node:assert/strict';
import { test } from 'node:test';
import { allIncidents, findIncident } from '../../../src/app/incident/find.ts';
import { emptyIncident, type IncidentDoc } from '../../../src/core/incident/incident.ts';
import { Case } from '../../core/incident/builders.ts';

/** A state of `count` incidents, of which each began a second after the one before. */
function stateOf(count: number) {
  const first = new Case().open().incident;
  const idOf = (n: number): string => `INC-${String(n).padStart(6, '0')}`;
  const docs = Array.from({ length: count }, (_, n): { actor: string; sequence: number; state: IncidentDoc } => {
    const marks = { ...first.marks, detectedAt: first.marks.detectedAt + n * 1_000 };
    const state = { ...emptyIncident(idOf(n)), incident: { ...first, id: idOf(n), marks } };
    return { actor: idOf(n), sequence: 1, state };
  });
  return {
    idOf,
    read: async (actor: string) => docs.find((doc) => doc.actor === actor),
    list: async ({ after = '', limit }: { after?: string; limit: number }) => {
      const from = docs.findIndex(({ actor }) => actor > after);
      return from < 0 ? [] : docs.slice(from, from + limit);
    },
  };
}

test('of more incidents than are kept at a time the newest are there, newest first', async () => {
  const state = stateOf(5_300);
  const found = await allIncidents(state);
  assert.equal(found.length, 5_000);
  assert.equal(found[0]?.id, state.idOf(5_299));
  assert.equal(found.at(-1)?.id, state.idOf(300));
});

test('an incident is found by the ending of its id, however many there are', async () => {
  const state = stateOf(5_300);
  const newest = await findIncident(state, '05299');
  assert.ok(newest.ok && newest.value.id === state.idOf(5_299));
});
