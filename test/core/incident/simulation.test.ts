import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AUDIENCES } from '../../../src/core/comms/audiences.ts';
import { isQueued, isSettled, type Message } from '../../../src/core/comms/outbox.ts';
import type { IncidentCommand } from '../../../src/core/incident/commands.ts';
import { decide } from '../../../src/core/incident/decide.ts';
import type { IncidentEvent, Order, OrderEvent } from '../../../src/core/incident/events.ts';
import {
  emptyIncident,
  type Incident,
  type IncidentDoc,
  type IncidentPhase,
} from '../../../src/core/incident/incident.ts';
import { needsPostmortem } from '../../../src/core/incident/levels.ts';
import { SYSTEM } from '../../../src/core/who.ts';
import { Random } from '../../sim/random.ts';
import { KEY, T0 } from '../release/builders.ts';
import {
  ALICE,
  BOB,
  CAROL,
  DAY,
  DIGEST,
  impact,
  MAIL,
  MINUTE,
  OTHER_DIGEST,
  opening,
  PAGE,
  PAGER,
  PUBLIC_TEXT,
  SLACK,
} from './builders.ts';

/** Seeded stories of orders, answers, time and doubled events in any order; every law is checked after every turn. */
const STORIES = 300;
const EVENTS = 120;

const PEOPLE = [ALICE, BOB, CAROL, SYSTEM];
const ROLES = ['incident_commander', 'operations', 'comms_lead', 'approver', 'observer'] as const;
const REGION = { kind: 'isolateRegion', account: KEY.account, region: 'eu-west-1', function: 'checkout' } as const;
const STOP = { ...REGION, kind: 'limitConcurrency', limit: 0 } as const;
const BACK = { kind: 'rollback', alias: KEY, toVersion: '41' } as const;
const ITEM = { title: 't', owner: 'o', priority: 'low', ticket: null } as const;

class Chaos {
  doc: IncidentDoc = emptyIncident('INC-1');
  at = T0;
  readonly random: Random;
  readonly past: IncidentEvent[] = [];
  readonly owed: IncidentCommand[] = [];
  /** Every containment command that was ever asked for. */
  readonly contains: IncidentCommand[] = [];
  readonly arrived = new Map<string, number>();
  #ids = 0;
  #claims = 0;

  constructor(seed: number) {
    this.random = new Random(seed);
  }

  step(): void {
    const { random } = this;
    if (random.chance(0.1) && this.past.length > 0) {
      this.tell(random.pick(this.past));
      return;
    }
    this.at += random.chance(0.03) ? DAY : random.int(0, 3 * MINUTE);
    if (random.chance(0.1)) this.tell({ kind: 'tick', at: this.doc.wakeAt ?? this.at, who: SYSTEM });
    else if (random.chance(0.35) && this.owed.length > 0) this.perform(random.int(0, this.owed.length - 1));
    else this.tell(this.order());
  }

  tell(event: IncidentEvent): void {
    const before = this.doc;
    const { state, commands } = decide(before, event);
    this.past.push(event);
    this.doc = state;
    this.owed.push(...commands.filter(({ kind }) => kind !== 'remind' && kind !== 'draft'));
    this.contains.push(...commands.filter(({ kind }) => kind === 'contain'));
    check(before, state, event);
    assert.equal(decide(state, event).state, state, `told again at once it changes something: ${event.kind}`);
  }

  order(): OrderEvent {
    const { random, doc } = this;
    this.#ids += 1;
    const order = this.pick(doc.incident);
    const who = order.kind === 'grant' || order.kind === 'send' ? random.pick(PEOPLE) : random.pick(PEOPLE.slice(0, 3));
    return { ...order, at: this.at, who, id: `o${this.#ids}`, why: 'because' };
  }

  pick(incident: Incident | null): Order {
    const { random } = this;
    if (!incident) {
      const contained = { at: T0, requestedAt: T0, toVersion: '41', by: 'switchback', told: 'read back' };
      const kind = random.pick(['incident', 'incident', 'nearMiss', 'drill'] as const);
      return { kind: 'open', opening: opening({ kind, contained: random.chance(0.3) ? contained : null }) };
    }
    const waiting = random.pick([...incident.pending, undefined]);
    const message = random.pick([...incident.messages, undefined])?.id ?? 'none';
    const audience = random.pick(['customers', 'responders', 'ticket'] as const);
    const digest = random.chance(0.2) ? OTHER_DIGEST : DIGEST;
    const channels = random.pick([[SLACK], [PAGER, MAIL], [PAGE], [PAGE], []]);
    const stage = random.pick(['ack', 'update', 'resolved', 'retracted'] as const);
    const person = random.pick(PEOPLE).name;
    const orders: readonly Order[] = [
      { kind: 'acknowledge' },
      { kind: 'triage' },
      { kind: 'setSeverity', level: random.pick(['SEV-1', 'SEV-2', 'SEV-3'] as const) },
      { kind: 'assignRole', role: random.pick(ROLES), person },
      { kind: 'assignRole', role: random.pick(ROLES), person },
      { kind: 'handOff', role: random.pick(ROLES), to: person },
      { kind: 'acceptHandOff', role: random.pick(ROLES) },
      { kind: 'releaseRole', role: random.pick(ROLES), person },
      { kind: 'note', entry: 'note', text: 'n' },
      { kind: 'contain', action: random.pick([BACK, REGION, STOP]) },
      { kind: 'contain', action: random.pick([REGION, STOP]), ...(random.chance(0.3) ? { breakGlass: true } : {}) },
      { kind: 'containedOtherwise', text: 't', evidence: [{ kind: 'link', label: 'l', ref: 'r' }] },
      { kind: 'recur' },
      { kind: 'allowForward' },
      { kind: 'resolve', summary: 's' },
      { kind: 'resolve', summary: 's' },
      { kind: 'reopen' },
      { kind: 'decline' },
      ...(random.chance(0.05) ? [{ kind: 'mergeInto', into: 'INC-2', phase: 'triaged' } as const] : []),
      { kind: 'beginReview' },
      {
        kind: 'postmortem',
        stage: random.pick(['draft', 'inReview', 'reviewed', 'published'] as const),
        ref: 'r',
        digest,
      },
      { kind: 'waivePostmortem' },
      {
        kind: 'addActionItem',
        item: { ...ITEM, type: random.pick(['prevent', 'detect'] as const), dueAt: this.at + DAY },
      },
      { kind: 'finishActionItem', item: incident.actionItems[0]?.id ?? 'none' },
      { kind: 'close' },
      { kind: 'close' },
      { kind: 'send', audience, stage, text: PUBLIC_TEXT, digest, channels },
      { kind: 'waivePublic' },
      { kind: 'settle', message, as: random.pick(['arrived', 'givenUp', 'tryAgain'] as const) },
      { kind: 'grant', order: waiting?.id ?? 'none', binding: random.chance(0.1) ? 'wrong' : (waiting?.binding ?? '') },
      { kind: 'grant', order: waiting?.id ?? 'none', binding: waiting?.binding ?? '' },
      { kind: 'deny', order: waiting?.id ?? 'none' },
      { kind: 'review', review: incident.reviews[0]?.id ?? 'none' },
    ];
    return random.pick(orders);
  }

  perform(index: number): void {
    const { random } = this;
    const command = this.owed[index]!;
    const again = random.chance(0.1);
    if (!again) this.owed.splice(index, 1);
    const stamp = { at: this.at, who: SYSTEM } as const;
    if (command.kind === 'contain') {
      const outcome = random.chance(0.8) ? 'done' : 'failed';
      this.tell({ ...stamp, kind: 'containmentEnded', command: command.key, result: { outcome, told: 't' } });
    } else if (command.kind === 'measureImpact') {
      const measured = impact({ errorRate: random.next(), badRequests: random.int(0, 50) });
      this.tell({ ...stamp, kind: 'impactMeasured', command: command.key, impact: measured });
    } else if (command.kind === 'deliver') {
      this.deliver(command.message, command.attempt);
    } else if (command.kind === 'lookUp') {
      const { message, look } = command;
      const found = this.arrived.has(message);
      const answer = found ? ({ outcome: 'found', ref: 'r' } as const) : ({ outcome: 'absent' } as const);
      this.tell({ ...stamp, kind: 'message', event: { kind: 'lookAnswered', message, look, answer } });
    }
  }

  /** An adapter that keeps the protocol, on a wire that does not. */
  deliver(message: string, attempt: number): void {
    this.#claims += 1;
    const claim = `c${this.#claims}`;
    const stamp = { kind: 'message', at: this.at, who: SYSTEM } as const;
    this.tell({ ...stamp, event: { kind: 'sendBegun', message, attempt, claim } });
    const now = this.doc.incident?.messages.find(({ id }) => id === message)?.now;
    if (now?.state !== 'sending' || now.claim !== claim || this.random.chance(0.1)) return;
    const fate = this.random.pick(['accepted', 'accepted', 'later', 'refused', 'inDoubt', 'silent'] as const);
    const lands = fate === 'accepted' || ((fate === 'inDoubt' || fate === 'silent') && this.random.chance(0.5));
    if (lands) this.arrived.set(message, (this.arrived.get(message) ?? 0) + 1);
    if (fate === 'silent') return;
    const answer =
      fate === 'accepted'
        ? ({ outcome: fate, ref: 'r' } as const)
        : fate === 'later'
          ? ({ outcome: fate, told: '429', afterMs: null } as const)
          : ({ outcome: fate, told: 't' } as const);
    this.tell({ ...stamp, event: { kind: 'sendAnswered', message, attempt, claim, answer } });
  }

  /** Nobody orders anything any more: what is owed is carried out, and time passes. */
  settle(): void {
    for (let i = 0; i < 400; i += 1) {
      const deliveries = this.owed.filter(({ kind }) => kind === 'deliver' || kind === 'lookUp');
      const next = deliveries[0];
      if (next) this.perform(this.owed.indexOf(next));
      else if (this.doc.incident?.messages.every(isSettled) || this.doc.wakeAt === null) return;
      else {
        this.at = Math.max(this.at, this.doc.wakeAt);
        this.tell({ kind: 'tick', at: this.at, who: SYSTEM });
      }
    }
  }
}

const MAY: Readonly<Record<IncidentPhase, readonly IncidentPhase[]>> = {
  detected: ['triaged', 'contained', 'declined', 'merged'],
  triaged: ['contained', 'merged'],
  contained: ['triaged', 'detected', 'resolved', 'merged'],
  resolved: ['review', 'closed', 'triaged'],
  review: ['closed', 'triaged'],
  closed: [],
  declined: [],
  merged: [],
};

/** The laws of one turn. */
function check(
  { incident: before }: IncidentDoc,
  { incident: after, wakeAt }: IncidentDoc,
  event: IncidentEvent,
): void {
  if (!after) return;
  const told = JSON.stringify(event);
  if (before) {
    if (before.phase !== after.phase)
      assert.ok(MAY[before.phase].includes(after.phase), `${before.phase} to ${after.phase}: ${told}`);
    assert.ok(after.timeline.length >= before.timeline.length, 'entries are only added');
    before.timeline.forEach((entry, index) => {
      assert.equal(after.timeline[index], entry, 'and none is changed');
    });
    assert.deepEqual(
      after.messages.slice(0, before.messages.length).map(({ id }) => id),
      before.messages.map(({ id }) => id),
    );
  }
  if (event.kind === 'tick')
    assert.ok(wakeAt === null || wakeAt > event.at || after === before, `it wakes at ${wakeAt} again`);
  if (after.phase === 'closed' && before?.phase !== 'closed') {
    assert.ok(
      after.reviews.every(({ reviewed }) => reviewed),
      'a broken glass was reviewed',
    );
    assert.ok(after.messages.every(isSettled), 'everything is told');
    if (needsPostmortem(after))
      assert.ok(['published', 'waived'].includes(after.postmortem.stage), 'the postmortem is there');
  }
  const { detectedAt, containedAt, resolvedAt, triagedAt } = after.marks;
  if (containedAt !== undefined) assert.ok(containedAt >= detectedAt);
  if (resolvedAt !== undefined)
    assert.ok(containedAt !== undefined && resolvedAt >= containedAt && triagedAt !== undefined);
  for (const { channel } of after.messages.filter((each) => each.channel.ordered)) {
    const open: readonly Message[] = after.messages.filter(
      (each) => each.channel.name === channel.name && !isSettled(each),
    );
    assert.equal(
      open.filter((each) => !isQueued(each)).length,
      open.length > 0 ? 1 : 0,
      'one at a time, and one always',
    );
  }
  if (after.kind === 'drill') assert.ok(after.messages.every(({ audience }) => !AUDIENCES[audience].public));
  assert.ok(new Set(after.timeline.map(({ id }) => id)).size === after.timeline.length);
}

/** The laws of a whole story. */
function checkStory(story: Chaos): void {
  const { incident } = story.doc;
  if (!incident) return;
  for (const { id, channel } of incident.messages) {
    if (!channel.replaySafe)
      assert.ok((story.arrived.get(id) ?? 0) <= 1, `${id} arrived ${story.arrived.get(id)} times`);
  }
  for (const { now, channel } of incident.messages)
    assert.ok(!mustMove(now, channel), `a message is stuck: ${now.state}`);
  twoPeople(story, incident);
  seconded(story, incident);
}

/** What the public reads beyond the first word was approved by somebody else than its author. */
function seconded({ past }: Chaos, { messages }: Incident): void {
  for (const { id, audience, stage } of messages) {
    if (!AUDIENCES[audience].public || stage === 'ack') continue;
    const order = past.find((event) => 'id' in event && id.startsWith(`${event.id}/`));
    const grants = past.filter((event) => event.kind === 'grant' && order && 'id' in order && event.order === order.id);
    const others = grants.filter(({ who }) => who.name !== order?.who.name && who.name !== SYSTEM.name);
    assert.ok(others.length > 0, `${id} was approved by nobody else`);
  }
}

/** Only a channel that cannot look anything up may leave a doubt, and then a person has been called. */
function mustMove(now: Message['now'], channel: Message['channel']): boolean {
  if (now.state === 'unknown') return channel.canReconcile;
  return now.state === 'owed' || now.state === 'sending';
}

/** Every action that takes two people had two, or broke the glass and left a review. */
function twoPeople({ contains, past }: Chaos, { reviews, containments }: Incident): void {
  const guarded = contains.filter((command) => command.kind === 'contain' && command.action.kind !== 'rollback');
  const keys = new Set(guarded.map(({ key }) => key));
  assert.equal(keys.size, guarded.length, 'nothing is contained twice');
  const granted = new Map<string, Set<string>>();
  for (const event of past) {
    if (event.kind !== 'grant') continue;
    granted.set(event.order, (granted.get(event.order) ?? new Set()).add(event.who.name));
  }
  for (const { key, by, orderedAt } of containments.filter((each) => keys.has(each.key))) {
    const alone = reviews.some((review) => review.at === orderedAt && review.by.name === by);
    const orders = past.filter((event) => event.kind === 'contain' && event.who.name === by && event.at <= orderedAt);
    const seconded = orders.some((event) =>
      [...(('id' in event && granted.get(event.id)) || [])].some((name) => name !== by && name !== SYSTEM.name),
    );
    assert.ok(alone || seconded, `${key} was ordered by ${by} alone`);
  }
}

test(`the laws of an incident hold in ${STORIES} stories of whatever happens in whatever order`, () => {
  const reached = new Set<string>();
  let messages = 0;
  for (let seed = 1; seed <= STORIES; seed += 1) {
    const story = new Chaos(seed);
    try {
      for (let i = 0; i < EVENTS; i += 1) {
        story.step();
        if (story.doc.incident) reached.add(story.doc.incident.phase);
      }
      story.settle();
      checkStory(story);
    } catch (error) {
      throw new Error(`story ${seed}`, { cause: error });
    }
    messages += story.doc.incident?.messages.length ?? 0;
    if (story.contains.some((command) => command.kind === 'contain' && command.action.kind === 'isolateRegion'))
      reached.add('isolated');
  }
  assert.deepEqual(
    [...reached].sort(),
    ['closed', 'contained', 'declined', 'detected', 'isolated', 'merged', 'resolved', 'review', 'triaged'],
    'the stories reach every corner',
  );
  assert.ok(messages > STORIES);
});
