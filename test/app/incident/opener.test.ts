import assert from 'node:assert/strict';
import { test } from 'node:test';
import { incidentIdOf } from '../../../src/app/incident/ids.ts';
import { createOpener } from '../../../src/app/incident/opener.ts';
import { DEFAULT_SETUP } from '../../../src/app/incident/setup.ts';
import { incidentActor } from '../../../src/app/incident-actor.ts';
import { commandOf, type IncidentCommand } from '../../../src/core/incident/commands.ts';
import type { IncidentEvent } from '../../../src/core/incident/events.ts';
import type { IncidentDoc } from '../../../src/core/incident/incident.ts';
import { actorOf } from '../../../src/core/release/alias.ts';
import type { AliasDoc } from '../../../src/core/release/release.ts';
import { SYSTEM } from '../../../src/core/who.ts';
import { MINUTE, opening } from '../../core/incident/builders.ts';
import { ALICE, KEY, Story, T0 } from '../../core/release/builders.ts';
import { TestClock } from '../clock.ts';
import { MemoryHost } from '../memory-host.ts';

const ACTOR = actorOf(KEY);
const COUNTS = { timeouts: 0, throttles: 0, coldStarts: 0, slow: [] };

/** An opener between one alias, whose document the test sets, and incidents in memory. */
class Desk {
  readonly clock = new TestClock();
  readonly problems: string[] = [];
  readonly incidents = new MemoryHost<IncidentDoc, IncidentEvent, IncidentCommand>({
    logic: incidentActor,
    commandOf,
    clock: this.clock,
    report: (problem) => this.problems.push(problem),
    perform: async (_, command) =>
      command.kind === 'contain'
        ? {
            kind: 'containmentEnded',
            at: this.clock.now(),
            who: SYSTEM,
            command: command.key,
            result: { outcome: 'done', told: 'read back' },
          }
        : undefined,
  });
  doc: AliasDoc | undefined;
  mine = true;
  broken = false;
  reads = 0;
  /** Times that all incidents were read. */
  lists = 0;

  constructor() {
    this.clock.advance(T0 + MINUTE - this.clock.now());
  }

  opener(open = true) {
    return createOpener({
      releases: {
        read: async (actor) => {
          this.reads += 1;
          if (this.broken) throw new Error('the state is locked');
          return this.doc && { actor, sequence: 1, state: this.doc };
        },
        list: async ({ after }) => (this.doc && !after ? [{ actor: ACTOR, sequence: 1, state: this.doc }] : []),
      },
      incidents: {
        deliver: (id, event) => this.incidents.deliver(id, event),
        read: (id) => this.incidents.read(id),
        briefs: (query) => this.incidents.briefs(query),
        list: (query) => {
          this.lists += 1;
          return this.incidents.list(query);
        },
      },
      clock: this.clock,
      setup: async () => ({ ...DEFAULT_SETUP, open }),
      isMine: () => this.mine,
      report: (problem) => this.problems.push(problem),
    });
  }

  async ids(): Promise<string[]> {
    return (await this.incidents.list({ limit: 10 })).map(({ actor }) => actor);
  }

  async incident(id: string) {
    return (await this.incidents.read(id))?.state.incident;
  }
}

function rolledBack(): AliasDoc {
  const story = new Story().start().write();
  story.at += 10_000;
  const counts = {
    '41': { invocations: 900, errors: 0, ...COUNTS },
    '42': { invocations: 100, errors: 30, ...COUNTS },
  };
  story.observe({ logs: { cursor: 'c', sampled: false, counts } });
  story.order('rollback', 'customers call');
  while (story.commands.some(({ kind }) => kind === 'setAlias')) story.write();
  return story.doc;
}

function held(at: number): AliasDoc {
  const { doc, release } = new Story().start().write();
  return {
    ...doc,
    release: { ...release, held: { by: 'judge', at, who: SYSTEM, reason: 'both versions are worse' } },
  };
}

test('a release that was rolled back has its incident, once, whoever looks and however often', async () => {
  const desk = new Desk();
  desk.doc = rolledBack();
  const [first, second] = [desk.opener(), desk.opener()];
  first.noticed(ACTOR);
  first.noticed(ACTOR);
  await Promise.all([first.flush(), second.look(ACTOR), second.catchUp(new AbortController().signal)]);
  await first.look(ACTOR);
  assert.deepEqual(await desk.ids(), [incidentIdOf('r-1')]);
  const incident = await desk.incident('INC-1');
  assert.equal(incident?.phase, 'contained');
  assert.equal(incident?.timeline.filter(({ kind }) => kind === 'incident.declared').length, 1);
  assert.deepEqual(desk.problems, []);
});

test('what ended while no process was there is found at the next start; what ended long ago is left in peace', async () => {
  const desk = new Desk();
  desk.doc = rolledBack();
  desk.clock.advance(25 * 60 * MINUTE);
  await desk.opener().catchUp(new AbortController().signal);
  assert.deepEqual(await desk.ids(), []);
  const earlier = new Desk();
  earlier.doc = rolledBack();
  earlier.clock.advance(23 * 60 * MINUTE);
  await earlier.opener().catchUp(new AbortController().signal);
  assert.deepEqual(await earlier.ids(), ['INC-1']);
});

test('a hold that lasts opens an incident when its time has come, and the rollback that follows contains it', async () => {
  const desk = new Desk();
  const opener = desk.opener();
  desk.doc = held(desk.clock.now());
  await opener.look(ACTOR);
  desk.clock.advance(9 * MINUTE);
  await opener.flush();
  assert.deepEqual(await desk.ids(), []);
  desk.clock.advance(MINUTE);
  await opener.flush();
  assert.equal((await desk.incident('INC-1'))?.phase, 'detected');
  const { release } = desk.doc;
  const at = desk.clock.now();
  desk.doc = {
    ...desk.doc,
    release: release && {
      ...release,
      phase: 'ended',
      held: null,
      rollback: { at, who: ALICE, reason: 'enough' },
      outcome: { state: 'rolledBack', at, who: ALICE, reason: 'enough' },
    },
  };
  desk.clock.advance(1_000);
  await opener.look(ACTOR);
  await desk.incidents.idle();
  const incident = await desk.incident('INC-1');
  assert.equal(incident?.phase, 'contained');
  assert.ok(incident?.timeline.some(({ kind, text }) => kind === 'release.aborted' && text.includes('enough')));
});

test('a rollback during a live incident about the same alias belongs to it, also for whoever looks after it was closed', async () => {
  const desk = new Desk();
  const order = { kind: 'open', opening: opening(), id: 'o-1', at: T0, who: ALICE } as const;
  await desk.incidents.deliver('INC-alarm', order);
  desk.doc = rolledBack();
  await desk.opener().look(ACTOR);
  await desk.incidents.idle();
  assert.deepEqual(await desk.ids(), ['INC-alarm']);
  const incident = await desk.incident('INC-alarm');
  assert.equal(incident?.phase, 'contained');
  const merge = { kind: 'mergeInto', into: 'INC-other', phase: 'detected', id: 'o-2', at: T0, who: ALICE } as const;
  await desk.incidents.deliver('INC-alarm', merge);
  await desk.opener().look(ACTOR);
  assert.deepEqual(await desk.ids(), ['INC-alarm']);
});

test('a rollback that has just been noticed finds the live incident of its alias without reading all of them', async () => {
  const desk = new Desk();
  const order = { kind: 'open', id: 'o-1', at: T0, who: ALICE } as const;
  const elsewhere = { ...opening(), subject: { ...opening().subject!, alias: { ...KEY, function: 'cart' } } };
  await desk.incidents.deliver('INC-cart', { ...order, opening: elsewhere });
  await desk.incidents.deliver('INC-alarm', { ...order, opening: opening() });
  desk.doc = rolledBack();
  const opener = desk.opener();
  opener.noticed(ACTOR);
  await opener.flush();
  await desk.incidents.idle();
  assert.deepEqual(await desk.ids(), ['INC-alarm', 'INC-cart']);
  assert.equal((await desk.incident('INC-alarm'))?.phase, 'contained');
  assert.equal((await desk.incident('INC-cart'))?.phase, 'detected');
  assert.equal(desk.lists, 0);
});

test('nothing is opened for a release that ended well, for one of another account, or where the team says so', async () => {
  const desk = new Desk();
  desk.doc = new Story().start().write().doc;
  await desk.opener().look(ACTOR);
  desk.doc = rolledBack();
  await desk.opener(false).look(ACTOR);
  desk.mine = false;
  await desk.opener().look(ACTOR);
  assert.deepEqual(await desk.ids(), []);
});

test('a state that does not answer is reported and looked at again later', async () => {
  const desk = new Desk();
  const opener = desk.opener();
  desk.doc = rolledBack();
  desk.broken = true;
  await opener.look(ACTOR);
  assert.match(desk.problems.join(), /the state is locked/);
  desk.broken = false;
  await opener.flush();
  assert.deepEqual(await desk.ids(), []);
  desk.clock.advance(15_000);
  await opener.flush();
  assert.deepEqual(await desk.ids(), ['INC-1']);
});

test('two members of a train that both failed have one incident, which knows of both', async () => {
  const desk = new Desk();
  const train = { actor: 'a', trainId: 't-7', train: 'shop', member: 'checkout' };
  const member = (id: string, fn: string): AliasDoc => {
    const doc = rolledBack();
    const key = { ...doc.key, function: fn };
    return { ...doc, key, release: doc.release && { ...doc.release, id, plan: { ...doc.release.plan, key, train } } };
  };
  desk.doc = member('r-1', 'checkout');
  await desk.opener().look(ACTOR);
  desk.doc = member('r-2', 'cart');
  await desk.opener().look(ACTOR);
  assert.deepEqual(await desk.ids(), ['INC-T7']);
  const incident = await desk.incident('INC-T7');
  assert.ok(incident?.timeline.some(({ kind, text }) => kind === 'release.aborted' && text.includes('r-2')));
});

test('a release that is held is read when its time comes, not at each look of its guards', async () => {
  const desk = new Desk();
  const opener = desk.opener();
  desk.doc = held(desk.clock.now());
  opener.noticed(ACTOR, 'r-1');
  await opener.flush();
  const before = desk.reads;
  for (let look = 0; look < 10; look += 1) {
    opener.noticed(ACTOR, 'r-1');
    await opener.flush();
  }
  assert.equal(desk.reads, before);
  desk.clock.advance(10 * MINUTE);
  await opener.flush();
  assert.deepEqual(await desk.ids(), ['INC-1']);
  const after = desk.reads;
  opener.noticed(ACTOR, 'r-1');
  await opener.flush();
  assert.equal(desk.reads, after);
  opener.noticed(ACTOR);
  await opener.flush();
  assert.equal(desk.reads, after + 1);
  opener.noticed(ACTOR, 'r-2');
  await opener.flush();
  assert.equal(desk.reads, after + 2);
});
