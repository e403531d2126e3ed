import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type Channel,
  dueAt,
  isSettled,
  LOOK_AFTER_MS,
  MAX_ATTEMPTS,
  MAX_LOOKS,
  type Message,
  type MessageCommand,
  type MessageEvent,
  type MessageState,
  oweMessage,
  SENDING_MS,
  skipMessage,
  stepMessage,
  wakeMessage,
} from '../../../src/core/comms/outbox.ts';
import fc from '../../property.ts';

const AT = 1_000_000;

function fresh(channel: Partial<Channel> = {}, notAfter: number | null = null): Message {
  return oweMessage({
    id: 'm',
    channel: { name: 'c', kind: 'slack', replaySafe: false, canReconcile: true, ...channel },
    audience: 'responders',
    stage: 'update',
    text: 't',
    digest: 'd',
    createdAt: AT,
    notAfter,
  }).message;
}

const STATES: Readonly<Record<MessageState['state'], MessageState>> = {
  owed: { state: 'owed', retryAt: null, told: '' },
  sending: { state: 'sending', claim: 'a', since: AT },
  sent: { state: 'sent', at: AT, ref: 'r' },
  failed: { state: 'failed', at: AT, told: 'no' },
  unknown: { state: 'unknown', since: AT, told: 'timed out', lookAt: null, looks: 1, looking: true },
  skipped: { state: 'skipped', at: AT, told: 'merged' },
};

const EVENTS = {
  begun: { kind: 'sendBegun', message: 'm', attempt: 2, claim: 'b' },
  cutOff: { kind: 'sendBegun', message: 'm', attempt: 1, claim: 'b' },
  accepted: { kind: 'sendAnswered', message: 'm', attempt: 1, claim: 'a', answer: { outcome: 'accepted', ref: 'r' } },
  later: {
    kind: 'sendAnswered',
    message: 'm',
    attempt: 1,
    claim: 'a',
    answer: { outcome: 'later', told: '429', afterMs: 5_000 },
  },
  refused: {
    kind: 'sendAnswered',
    message: 'm',
    attempt: 1,
    claim: 'a',
    answer: { outcome: 'refused', told: 'no_team' },
  },
  inDoubt: {
    kind: 'sendAnswered',
    message: 'm',
    attempt: 1,
    claim: 'a',
    answer: { outcome: 'inDoubt', told: 'reset' },
  },
  found: { kind: 'lookAnswered', message: 'm', look: 1, answer: { outcome: 'found', ref: 'r' } },
  absent: { kind: 'lookAnswered', message: 'm', look: 1, answer: { outcome: 'absent' } },
  arrived: { kind: 'settled', message: 'm', as: 'arrived' },
  notThere: { kind: 'settled', message: 'm', as: 'absent' },
  givenUp: { kind: 'settled', message: 'm', as: 'givenUp' },
  tryAgain: { kind: 'tryAgain', message: 'm' },
} as const satisfies Record<string, MessageEvent>;

/** From a state, by an event, to a state; what is not named here changes nothing. The channel is not replay-safe. */
const TABLE: Readonly<Record<MessageState['state'], Partial<Record<keyof typeof EVENTS, MessageState['state']>>>> = {
  owed: { begun: 'sending', accepted: 'sent', givenUp: 'failed' },
  sending: { cutOff: 'unknown', accepted: 'sent', later: 'owed', refused: 'failed', inDoubt: 'unknown' },
  sent: {},
  failed: { tryAgain: 'owed' },
  unknown: {
    accepted: 'sent',
    found: 'sent',
    absent: 'unknown',
    arrived: 'sent',
    notThere: 'owed',
    givenUp: 'failed',
  },
  skipped: {},
};

test('a message moves as the table says, and nothing else moves it', () => {
  for (const from of Object.keys(STATES) as MessageState['state'][]) {
    for (const [name, event] of Object.entries(EVENTS)) {
      const message: Message = { ...fresh(), attempts: 1, looks: 1, now: STATES[from] };
      const turn = stepMessage(message, event, AT);
      const expected = TABLE[from][name as keyof typeof EVENTS];
      assert.equal(turn?.message.now.state, expected, `${from} by ${name}`);
    }
  }
});

test('a replay-safe channel is simply sent to again where another would be in doubt', () => {
  const message: Message = { ...fresh({ replaySafe: true }), attempts: 1, now: STATES.sending };
  for (const name of ['cutOff', 'inDoubt'] as const) {
    assert.equal(stepMessage(message, EVENTS[name], AT)?.message.now.state, 'owed');
  }
});

test('a look-up is taken as proof of absence only after the last one: indexes lag', () => {
  let message: Message = { ...fresh(), attempts: 1, now: STATES.sending };
  message = stepMessage(message, EVENTS.inDoubt, AT)!.message;
  let at = AT;
  for (let look = 1; look <= MAX_LOOKS; look += 1) {
    assert.equal(message.now.state, 'unknown');
    at = dueAt(message)!;
    const woken = wakeMessage(message, at)!;
    assert.deepEqual(woken.commands, [{ kind: 'lookUp', key: `m?${look}`, message: 'm', look }]);
    message = stepMessage(woken.message, { ...EVENTS.absent, look }, at)!.message;
  }
  assert.equal(message.now.state, 'owed');
  assert.ok(at - AT >= LOOK_AFTER_MS * MAX_LOOKS);
});

test('a sender that falls silent leaves a doubt, and an approval that has expired stops what is still owed', () => {
  const sending: Message = { ...fresh(), attempts: 1, now: STATES.sending };
  assert.equal(wakeMessage(sending, AT + SENDING_MS - 1), undefined);
  assert.equal(wakeMessage(sending, AT + SENDING_MS)?.message.now.state, 'unknown');
  const old = fresh({}, AT + 10);
  const begin = { ...EVENTS.begun, attempt: 1 };
  assert.equal(stepMessage(old, begin, AT + 10)?.message.now.state, 'failed');
  assert.equal(skipMessage(sending, 'merged', AT), undefined, 'what is under way cannot be called back');
});

test('a channel that is always busy is given up after a bounded number of tries', () => {
  let message = fresh();
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
    message = stepMessage(message, { kind: 'sendBegun', message: 'm', attempt, claim: 'a' }, AT)!.message;
    message = stepMessage(message, EVENTS.later, AT)!.message;
  }
  assert.equal(message.now.state, 'failed');
  assert.match(message.now.state === 'failed' ? message.now.told : '', /429; 12 tries/);
});

/**
 * A world with one receiver and an adapter that keeps the protocol: it says that it begins, sends only where the claim
 * is its own, may lose the answer, be killed before or after sending, and is asked again for every command (at least once).
 */
class Wire {
  message: Message;
  at = AT;
  arrived = 0;
  claims = 0;
  readonly owed: MessageCommand[] = [];
  /** Sends made although an earlier one may have arrived and nothing has proved that it did not. */
  risky = 0;

  constructor(channel: Partial<Channel>) {
    const { replaySafe = false, canReconcile = true } = channel;
    const turn = oweMessage({ ...fresh({ replaySafe, canReconcile }) });
    this.message = turn.message;
    this.owed.push(...turn.commands);
  }

  tell(event: MessageEvent): void {
    const turn = stepMessage(this.message, event, this.at);
    if (!turn) return;
    this.message = turn.message;
    this.owed.push(...turn.commands);
  }

  wake(): void {
    this.at = Math.max(this.at, dueAt(this.message) ?? this.at);
    const turn = wakeMessage(this.message, this.at);
    if (!turn) return;
    this.message = turn.message;
    this.owed.push(...turn.commands);
  }

  perform(index: number, fate: 'fine' | 'busy' | 'lost' | 'killedBefore' | 'killedAfter' | 'cannotTell'): void {
    const command = this.owed[index % Math.max(1, this.owed.length)];
    if (!command) return;
    const done = (): void => void this.owed.splice(this.owed.indexOf(command), 1);
    if (command.kind === 'lookUp') {
      done();
      const answer =
        fate === 'cannotTell'
          ? ({ outcome: 'cannotTell', told: 'down' } as const)
          : this.arrived > 0
            ? ({ outcome: 'found', ref: 'r' } as const)
            : ({ outcome: 'absent' } as const);
      this.tell({ kind: 'lookAnswered', message: 'm', look: command.look, answer });
      return;
    }
    this.claims += 1;
    const claim = `c${this.claims}`;
    this.tell({ kind: 'sendBegun', message: 'm', attempt: command.attempt, claim });
    if (this.message.now.state !== 'sending' || this.message.now.claim !== claim) {
      done();
      return;
    }
    if (fate === 'killedBefore') return;
    if (fate !== 'busy') {
      if (this.arrived > 0) this.risky += 1;
      this.arrived += 1;
    }
    if (fate === 'killedAfter') return;
    done();
    const answer =
      fate === 'busy'
        ? ({ outcome: 'later', told: '429', afterMs: null } as const)
        : fate === 'lost'
          ? ({ outcome: 'inDoubt', told: 'reset' } as const)
          : ({ outcome: 'accepted', ref: 'r' } as const);
    this.tell({ kind: 'sendAnswered', message: 'm', attempt: command.attempt, claim, answer });
  }
}

const FATES = fc.constantFrom('fine', 'busy', 'lost', 'killedBefore', 'killedAfter', 'cannotTell');
const STEPS = fc.array(fc.oneof(fc.record({ index: fc.nat(5), fate: FATES }), fc.constant('wake' as const)), {
  maxLength: 60,
});

function play(wire: Wire, steps: readonly ('wake' | { index: number; fate: Parameters<Wire['perform']>[1] })[]): void {
  for (const step of steps) {
    if (step === 'wake') wire.wake();
    else wire.perform(step.index, step.fate);
  }
}

test('a channel that is not replay-safe never gets a message twice, whatever is lost or killed', () => {
  fc.assert(
    fc.property(STEPS, fc.boolean(), (steps, canReconcile) => {
      const wire = new Wire({ canReconcile });
      play(wire, steps);
      assert.equal(wire.risky, 0);
      assert.ok(wire.arrived <= 1);
    }),
    { numRuns: 500 },
  );
});

test('no message is lost: left alone with a working channel, each ends sent, failed with a reason, or before a person', () => {
  fc.assert(
    fc.property(STEPS, fc.boolean(), fc.boolean(), (steps, replaySafe, canReconcile) => {
      const wire = new Wire({ replaySafe, canReconcile });
      play(wire, steps);
      for (let i = 0; i < 200 && !(isSettled(wire.message) && wire.owed.length === 0); i += 1) {
        if (wire.owed.length > 0) wire.perform(0, 'fine');
        else wire.wake();
      }
      const { now } = wire.message;
      if (now.state === 'unknown') assert.ok(!canReconcile || now.looks >= MAX_LOOKS, 'a person is asked only last');
      else assert.ok(isSettled(wire.message), now.state);
      if (now.state === 'sent') assert.ok(wire.arrived >= 1, 'nothing is called sent that never arrived');
    }),
    { numRuns: 500 },
  );
});

test('a public text whose approval expires while its sender is silent is not owed any longer', () => {
  const message: Message = { ...fresh({ replaySafe: true }, AT + SENDING_MS), attempts: 1, now: STATES.sending };
  const woken = wakeMessage(message, AT + SENDING_MS);
  assert.equal(woken?.message.now.state, 'failed');
});
