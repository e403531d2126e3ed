import assert from 'node:assert/strict';
import { test } from 'node:test';
import { outgoing as asOutgoing } from '../../src/app/incident/sending.ts';
import type { ChannelSet } from '../../src/channels/index.ts';
import type { Audience, Stage } from '../../src/core/comms/audiences.ts';
import { isSettled, type Message, type MessageCommand } from '../../src/core/comms/outbox.ts';
import { SYSTEM } from '../../src/core/who.ts';
import { ALICE, BOB, Case, DIGEST } from '../core/incident/builders.ts';
import fc from '../property.ts';
import { JiraVendor } from './fakes/jira.ts';
import { PagerDutyVendor } from './fakes/pagerduty.ts';
import { ServiceNowVendor } from './fakes/servicenow.ts';
import { StatuspageVendor } from './fakes/statuspage.ts';
import { ABOUT, PLACES, stand } from './kit.ts';
import type { Fault, Reply, Vendor } from './server.ts';

/**
 * The outbox of an incident, its adapters and a vendor that fails, all real, in stories of faults, crashes and doubled
 * commands. The law: what may have arrived is never sent again by a channel that is not replay-safe, and every message ends.
 */
const RUNS = 15;
const TIMEOUT_MS = 80;
/** More turns than any story needs; one that takes more does not end. */
const MAX_TURNS = 500;

type Crash = 'none' | 'beforeSending' | 'afterSending' | 'doubled';

interface Plan {
  readonly stages: readonly Stage[];
  readonly faults: readonly (Fault | null)[];
  readonly readFaults: readonly (Fault | null)[];
  readonly crashes: readonly Crash[];
  readonly lag: number;
}

const reply = (...replies: readonly Reply[]) => fc.constantFrom(...replies);
const does = fc.constantFrom(true as const, undefined);
const fault: fc.Arbitrary<Fault | null> = fc.oneof(
  { weight: 4, arbitrary: fc.constant(null) },
  {
    weight: 3,
    arbitrary: fc
      .record({ answer: reply({ status: 500 }, { status: 502 }, { status: 503 }), does })
      .map(({ answer, does: done }): Fault => ({ kind: 'answer', reply: answer, ...(done ? { does: done } : {}) })),
  },
  {
    weight: 2,
    arbitrary: reply({ status: 429, headers: { 'retry-after': '5' } }, { status: 420 }, { status: 404 }).map(
      (answer): Fault => ({ kind: 'answer', reply: answer }),
    ),
  },
  {
    weight: 3,
    arbitrary: fc
      .record({ kind: fc.constantFrom('reset', 'half', 'hang'), does })
      .map(({ kind, does: done }): Fault => ({ kind, ...(done ? { does: done } : {}) })),
  },
);
const crash: fc.Arbitrary<Crash> = fc.constantFrom('none', 'none', 'none', 'beforeSending', 'afterSending', 'doubled');
const STAGES: readonly Stage[] = ['ack', 'update', 'mitigated', 'resolved'];
const plan: fc.Arbitrary<Plan> = fc.record({
  stages: fc.subarray([...STAGES], { minLength: 1 }),
  faults: fc.array(fault, { maxLength: 8 }),
  readFaults: fc.array(fault, { maxLength: 3 }),
  crashes: fc.array(crash, { maxLength: 8 }),
  lag: fc.integer({ min: 0, max: 3 }),
});

/** One incident whose messages go by one channel, until nothing moves by itself any more. */
class Story {
  readonly case = new Case().open().triaged('SEV-2').assign('comms_lead', BOB);
  readonly #channels: ChannelSet;
  readonly #crashes: Crash[];
  #read = this.case.log.length;
  #claims = 0;

  constructor(channels: ChannelSet, crashes: readonly Crash[]) {
    this.#channels = channels;
    this.#crashes = [...crashes];
  }

  send(audience: Audience, stage: Stage, text: string): void {
    const channels = this.#channels.channelsFor(audience, ABOUT);
    const order = { kind: 'send', audience, stage, text, digest: DIGEST, channels } as const;
    const id = `m-${stage}`;
    this.case.order(order, { who: audience === 'customers' || audience === 'x' ? ALICE : SYSTEM, id });
    if (this.case.incident.pending.some((each) => each.id === id))
      this.case.order({ kind: 'grant', order: id, binding: DIGEST }, { who: BOB });
  }

  async run(): Promise<void> {
    for (let turn = 0; turn < MAX_TURNS; turn += 1) {
      const commands = this.case.log.slice(this.#read).filter(isMessages);
      this.#read = this.case.log.length;
      for (const command of commands) await this.#perform(command);
      if (commands.length > 0) continue;
      const { wakeAt } = this.case.doc;
      if (wakeAt === null || this.case.incident.messages.every((each) => isSettled(each) || isForPeople(each))) return;
      this.case.at = Math.max(this.case.at, wakeAt);
      this.case.tell({ kind: 'tick', at: this.case.at, who: SYSTEM });
    }
    assert.fail('it does not end');
  }

  async #perform(command: MessageCommand): Promise<void> {
    const crash = this.#crashes.shift() ?? 'none';
    if (crash === 'beforeSending') return this.#perform(command);
    if (command.kind === 'lookUp') {
      const answer = await this.#channels.lookUp(this.#outgoing(command.message));
      this.#tell({ kind: 'lookAnswered', message: command.message, look: command.look, answer });
      return;
    }
    this.#claims += 1;
    const claim = `c${this.#claims}`;
    const { message, attempt } = command;
    this.#tell({ kind: 'sendBegun', message, attempt, claim });
    const { now } = this.#message(message);
    if (now.state !== 'sending' || now.claim !== claim) return;
    const answer = await this.#channels.deliver(this.#outgoing(message));
    // A process that dies here has sent and told nobody; the next one performs the command again.
    if (crash === 'afterSending') return this.#perform(command);
    this.#tell({ kind: 'sendAnswered', message, attempt, claim, answer });
    if (crash === 'doubled') await this.#perform(command);
  }

  #tell(event: Extract<Parameters<Case['tell']>[0], { kind: 'message' }>['event']): void {
    this.case.tell({ kind: 'message', at: this.case.at, who: SYSTEM, event });
  }

  #message(id: string): Message {
    return this.case.incident.messages.find((each) => each.id === id)!;
  }

  #outgoing(id: string) {
    return asOutgoing(this.case.incident, this.#message(id), this.case.at);
  }
}

function isMessages(command: { readonly kind: string }): command is MessageCommand {
  return command.kind === 'deliver' || command.kind === 'lookUp';
}

/** Nobody but a person can say what became of it, or it waits behind such a one. */
function isForPeople({ now }: Message): boolean {
  return (
    (now.state === 'unknown' && now.lookAt === null && !now.looking) || (now.state === 'owed' && now.behind === true)
  );
}

const WORDS: Readonly<Record<string, string>> = {
  ack: 'Some users may be seeing errors. Next update by 12:30 UTC.',
  update: 'We are still working on it. Next update by 13:00 UTC.',
  mitigated: 'The errors have stopped. Next update by 13:30 UTC.',
  resolved: 'This is resolved. We are sorry for the trouble.',
};

async function holds(place: string, { stages, faults, readFaults, crashes, lag }: Plan): Promise<void> {
  const { channels, server, vendor } = await stand<Vendor>(undefined, place, {}, { timeoutMs: TIMEOUT_MS });
  try {
    if (vendor instanceof JiraVendor) vendor.lag = lag;
    server.faults.push(...faults);
    server.readFaults.push(...readFaults);
    const story = new Story(channels, crashes);
    for (const stage of stages) story.send(PLACES[place]!.audience, stage, WORDS[stage]!);
    await story.run();
    check(place, story.case.incident.messages, channels, vendor);
  } finally {
    await server.stop();
  }
}

function check(place: string, messages: readonly Message[], channels: ChannelSet, vendor: Vendor): void {
  const { adapter } = channels.ready[0]!;
  const seen = vendor.seen();
  for (const message of messages) {
    const { stage, now, channel } = message;
    const text = WORDS[stage]!.split('.')[0]!;
    const times = seen.filter((each) => each.includes(text)).length;
    const label = `${place}, ${stage}, ${now.state}`;
    assert.ok(isSettled(message) || isForPeople(message), `${label}: it does not end`);
    if (!channel.replaySafe) assert.ok(times <= 1, `${label}: ${times} times`);
    if (now.state === 'sent' && !(vendor instanceof PagerDutyVendor))
      assert.ok(times >= 1, `${label}: it is not there`);
    if (now.state === 'failed') assert.notEqual(now.told, '', label);
    if (now.state === 'unknown' && adapter.canReconcile)
      assert.match(now.told, /\S/, `${label}: a doubt that could be looked up says why it was not`);
  }
  if (vendor instanceof JiraVendor) assert.ok(vendor.issues.length <= 1, `${vendor.issues.length} tickets`);
  if (vendor instanceof ServiceNowVendor) assert.ok(vendor.rows.length <= 1, `${vendor.rows.length} records`);
  if (vendor instanceof StatuspageVendor) assert.ok(vendor.incidents.length <= 1, `${vendor.incidents.length} entries`);
}

for (const place of Object.keys(PLACES)) {
  test(`${place}: nothing is said twice, nothing is lost, whatever the vendor and our processes do`, async () => {
    await fc.assert(
      fc.asyncProperty(plan, (each) => holds(place, each)),
      { numRuns: RUNS },
    );
  });
}
