import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type IncidentPhase, isLive } from '../../src/core/incident/incident.ts';
import { incidentJson } from '../../src/present/json/incident.ts';
import { incidentList, incidentScreen, PHASE_WORDS } from '../../src/present/text/incident.ts';
import { nextCommand } from '../../src/present/text/incident-next.ts';
import { type Line, wrap } from '../../src/present/text/line.ts';
import { ALICE, BOB, Case, DIGEST, impact, MINUTE, PAGE, PUBLIC_TEXT, SLACK } from '../core/incident/builders.ts';

function golden(t: TestContext, name: string, lines: readonly Line[]): void {
  const text = `${wrap(lines, 110).join('\n')}\n`;
  t.assert.fileSnapshot(text, join(import.meta.dirname, '../golden/text', `${name}.txt`), {
    serializers: [(value) => value],
  });
}

/** In the middle of everything: told, waiting, offered, failed. */
function busy(): Case {
  const story = new Case().open({ impact: impact({ p95DurationRatio: 3 }) }).triaged('SEV-1');
  story.order({
    kind: 'send',
    audience: 'responders',
    stage: 'ack',
    text: 'it fails',
    digest: DIGEST,
    channels: [SLACK],
  });
  story.delivered(story.incident.messages[0]!.id);
  story.order(
    { kind: 'send', audience: 'customers', stage: 'ack', text: PUBLIC_TEXT, digest: DIGEST, channels: [PAGE] },
    { who: BOB },
  );
  story.at += MINUTE;
  story.order({
    kind: 'note',
    entry: 'hypothesis',
    text: 'the cache',
    evidence: [{ kind: 'link', label: 'graph', ref: 'https://example.com/g' }],
  });
  story.order({ kind: 'amend', entry: story.incident.timeline.at(-1)!.id, text: 'not the cache' });
  story.order({ kind: 'handOff', role: 'incident_commander', to: 'bob' });
  story.order(
    { kind: 'contain', action: { kind: 'rollback', alias: story.incident.subject!.alias, toVersion: '41' } },
    { why: 'customers call' },
  );
  return story.contained('failed');
}

test('a detected incident, one in the middle of everything, and one that is over', (t) => {
  golden(t, 'incident-detected', incidentScreen(new Case().open().incident, new Case().at + 30_000));
  const story = busy();
  golden(t, 'incident-busy', incidentScreen(story.incident, story.at + 40 * MINUTE));
  const done = new Case().open().triaged().contain();
  done.at += 5 * MINUTE;
  done.order({ kind: 'resolve', summary: 'The old version serves.' }).order({ kind: 'beginReview' });
  golden(t, 'incident-review', incidentScreen(done.incident, done.at));
});

test('lists show what everybody may know', (t) => {
  const [first, second] = [new Case().open().incident, new Case().open({ kind: 'nearMiss' }).incident];
  golden(
    t,
    'incident-list',
    incidentList([
      { incident: first, title: first.title },
      { incident: second, title: 'restricted incident' },
    ]),
  );
});

test('every phase has its word and, as long as something is left to do, a next command', () => {
  const { incident } = new Case().open();
  for (const phase of Object.keys(PHASE_WORDS) as IncidentPhase[]) {
    const next = nextCommand({ ...incident, phase });
    const over = phase === 'closed' || phase === 'declined' || phase === 'merged';
    assert.equal(next === null, over, phase);
    if (next !== null) assert.match(next, /^switchback (incident|postmortem) [a-z]+ INC-1/);
    assert.ok(incidentScreen({ ...incident, phase }, 0).length > 5);
  }
});

test('scripts read the same facts, with nothing unknown made up', () => {
  const json = incidentJson(busy().incident);
  assert.equal(json.live, true);
  assert.equal(json.target, 'checkout:live');
  assert.equal(json.metrics.resolve.state, 'pending');
  assert.deepEqual(
    json.messages.map(({ channel, state }) => [channel, state]),
    [['war-room', 'sent']],
  );
  assert.equal(json.pending[0]?.text, PUBLIC_TEXT);
  assert.equal(json.pending[0]?.by, BOB);
  assert.ok(isLive(json));
  assert.equal(JSON.parse(JSON.stringify(json)).opened.who.name, ALICE.name);
});
