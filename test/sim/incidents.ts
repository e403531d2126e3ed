import { isQueued, isSettled, type Message } from '../../src/core/comms/outbox.ts';
import { commandOf, type IncidentCommand } from '../../src/core/incident/commands.ts';
import { decide } from '../../src/core/incident/decide.ts';
import type { IncidentEvent, Order } from '../../src/core/incident/events.ts';
import { incidentFromRelease } from '../../src/core/incident/from-release.ts';
import { emptyIncident, type Incident, type IncidentDoc } from '../../src/core/incident/incident.ts';
import { DEFAULT_POLICY } from '../../src/core/incident/policy.ts';
import type { Release } from '../../src/core/release/release.ts';
import { SYSTEM, type Who } from '../../src/core/who.ts';
import { ALICE, BOB, DIGEST, MAIL, PAGE, PAGER, PUBLIC_TEXT, SLACK, TICKETS } from '../core/incident/builders.ts';
import { SimActor } from './actor.ts';
import type { Mutation, Troubles } from './aws.ts';
import type { Process } from './process.ts';
import { Receiver } from './receivers.ts';

type Actor = SimActor<IncidentDoc, IncidentEvent, IncidentCommand>;

/** A person looks this long after a doubt began whether a message has arrived after all. */
const LOOK_BY_HAND_MS = 600_000;

/** The incidents that the releases of one world lead to, each an actor, with their messages and the people on them. */
export class Incidents {
  readonly actors = new Map<string, Actor>();
  readonly receivers: ReadonlyMap<string, Receiver>;
  /** Releases that have ended, as the ledger holds them. */
  readonly ended = new Map<string, Release>();
  /** Messages that a person was called for. */
  readonly called = new Set<string>();
  readonly #process: Process;
  readonly #mutation: Mutation;
  #claims = 0;
  #orders = 0;

  constructor(process: Process, troubles: Troubles, mutation: Mutation) {
    this.#process = process;
    this.#mutation = mutation;
    const { timeline, random } = process;
    this.receivers = new Map(
      [SLACK, PAGER, PAGE, TICKETS, MAIL].map((channel) => [
        channel.name,
        new Receiver(channel, timeline, random, troubles),
      ]),
    );
  }

  /** To be told again by every process that begins: the one before may have died in between. */
  releaseEnded(release: Release): void {
    this.ended.set(release.id, release);
    this.#open(release);
  }

  /** Whether anything is still on its way that does not wait for a person who has been called. */
  isBusy(): boolean {
    return [...this.actors.values()].some(
      ({ doc, outbox }) => outbox.size > 0 || doc.incident?.messages.some((one) => isMoving(one, doc.incident!)),
    );
  }

  #open(release: Release): void {
    const id = `INC-${release.id}`;
    const actor = this.actors.get(id) ?? this.#actor(id);
    this.actors.set(id, actor);
    if (actor.doc.incident) return;
    const facts = { nowMs: this.#now(), service: 'Checkout', components: ['checkout'], policy: DEFAULT_POLICY };
    const opening = incidentFromRelease(release, facts);
    if (!opening) return;
    const told = this.#order(actor, { kind: 'open', opening }, SYSTEM, `${id}/open`);
    if (told === 'diskFull') this.#later(10_000, () => this.#process.up && this.#open(release));
    else if (told === 'stored') this.#people(actor);
  }

  #actor(id: string): Actor {
    const actor: Actor = new SimActor<IncidentDoc, IncidentEvent, IncidentCommand>(this.#process, {
      initial: emptyIncident(id),
      decide,
      commandOf,
      wakeAt: ({ wakeAt }) => wakeAt,
      tick: (at) => ({ kind: 'tick', at, who: SYSTEM }),
      perform: (command, alive) => this.#perform(actor, command, alive),
    });
    return actor;
  }

  async #perform(actor: Actor, command: IncidentCommand, alive: () => boolean): Promise<IncidentEvent | undefined> {
    const stamp = () => ({ at: this.#now(), who: SYSTEM });
    switch (command.kind) {
      case 'draft': {
        await this.#process.timeline.clock.sleep(this.#process.random.int(1, 200));
        const channels = this.#channelsFor(command.audience);
        if (channels.length === 0) return undefined;
        const { key: id, audience, stage } = command;
        return { kind: 'send', id, audience, stage, text: PUBLIC_TEXT, digest: DIGEST, channels, ...stamp() };
      }
      case 'remind':
        for (const { id } of actor.doc.incident?.messages ?? []) if (command.key.startsWith(id)) this.called.add(id);
        return undefined;
      case 'contain':
        return {
          kind: 'containmentEnded',
          command: command.key,
          result: { outcome: 'done', told: 'done' },
          ...stamp(),
        };
      case 'measureImpact':
        return undefined;
      case 'deliver':
        return this.#deliver(actor, command.message, command.attempt, alive);
      case 'lookUp': {
        const { message, look } = command;
        const receiver = this.receiverOf(actor.doc.incident!, message);
        const answer = await receiver.lookUp(message, alive);
        return { kind: 'message', event: { kind: 'lookAnswered', message, look, answer }, ...stamp() };
      }
    }
  }

  /** As the outbox asks for it: begin under a claim of one's own, and send only where that claim was taken. */
  async #deliver(actor: Actor, id: string, attempt: number, alive: () => boolean): Promise<IncidentEvent | undefined> {
    this.#claims += 1;
    const claim = `c${this.#claims}`;
    const stamp = () => ({ at: this.#now(), who: SYSTEM });
    const told = actor.deliver({
      kind: 'message',
      event: { kind: 'sendBegun', message: id, attempt, claim },
      ...stamp(),
    });
    if (told === 'diskFull') throw new Error('the beginning could not be stored');
    if (!alive()) return new Promise(() => undefined);
    const message = actor.doc.incident?.messages.find((each) => each.id === id);
    const mine = message?.now.state === 'sending' && message.now.claim === claim;
    if (!mine && this.#mutation !== 'noSendClaim') return undefined;
    const answer = await this.receiverOf(actor.doc.incident!, id).send(id, alive);
    return { kind: 'message', event: { kind: 'sendAnswered', message: id, attempt, claim, answer }, ...stamp() };
  }

  receiverOf({ messages }: Incident, id: string): Receiver {
    return this.receivers.get(messages.find((message) => message.id === id)!.channel.name)!;
  }

  #channelsFor(audience: string) {
    const channels = {
      responders: [SLACK, PAGER],
      employees: [MAIL],
      customers: [PAGE],
      ticket: [TICKETS],
      change: [TICKETS],
    };
    return channels[audience as keyof typeof channels] ?? [];
  }

  /** Somebody comes, acknowledges, tells the public, looks after what nobody knows, and resolves it. */
  #people(actor: Actor): void {
    const { random } = this.#process;
    const text = { text: PUBLIC_TEXT, digest: DIGEST, channels: [PAGE], audience: 'customers' } as const;
    let at = random.int(1_000, 900_000);
    const then = (order: Order, who: Who = ALICE): void => {
      const id = this.#orderId();
      this.#later(at, () => this.#insist(actor, order, who, id));
      at += random.int(1_000, 300_000);
    };
    then({ kind: 'acknowledge' });
    then({ kind: 'setSeverity', level: random.pick(['SEV-1', 'SEV-2', 'SEV-3'] as const) });
    then({ kind: 'assignRole', role: 'incident_commander', person: ALICE.name });
    then({ kind: 'assignRole', role: 'approver', person: BOB.name });
    then({ kind: 'triage' });
    const told = random.chance(0.5);
    if (told) {
      then({ kind: 'send', stage: 'update', ...text });
      this.#later(at, () => this.#grantAll(actor));
    }
    this.#later(at + 60_000, () => this.#settleByHand(actor));
    at += 1_800_000;
    then({ kind: 'resolve', summary: 'it was rolled back' });
    this.#later(at, () => this.#grantAll(actor));
  }

  #grantAll(actor: Actor): void {
    for (const { id, binding } of actor.doc.incident?.pending ?? [])
      this.#insist(actor, { kind: 'grant', order: id, binding }, BOB, this.#orderId());
  }

  /** A person tells what became of messages in doubt, and looks properly before. */
  #settleByHand(actor: Actor): void {
    const { incident } = actor.doc;
    for (const { id, now } of incident?.messages ?? []) {
      if (now.state !== 'unknown' || now.lookAt !== null || now.looking || !incident) continue;
      if (this.#process.random.chance(0.5)) continue;
      this.#later(LOOK_BY_HAND_MS, () => {
        const as = this.receiverOf(incident, id).has(id) ? 'arrived' : 'givenUp';
        this.#insist(actor, { kind: 'settle', message: id, as }, ALICE, this.#orderId());
      });
    }
  }

  /** Orders again where nothing was stored, with the same id. */
  #insist(actor: Actor, order: Order, who: Who, id: string): void {
    const told = this.#order(actor, order, who, id);
    if (told === 'diskFull' || told === 'down') this.#later(20_000, () => this.#insist(actor, order, who, id));
  }

  #order(actor: Actor, order: Order, who: Who, id: string) {
    return actor.deliver({ ...order, id, at: this.#now(), who, why: 'because' });
  }

  #orderId(): string {
    this.#orders += 1;
    return `o-${this.#orders}`;
  }

  #later(ms: number, run: () => void): void {
    this.#process.timeline.after(ms, run);
  }

  #now(): number {
    return this.#process.clock.now();
  }
}

/** Whether it will still move by itself: a doubt may be a person's to end, and later messages of its channel wait for that. */
export function isMoving(message: Message, { messages }: Incident): boolean {
  if (isSettled(message) || isInDoubt(message)) return false;
  return !(
    isQueued(message) && messages.some((other) => other.channel.name === message.channel.name && isInDoubt(other))
  );
}

function isInDoubt({ now }: Message): boolean {
  return now.state === 'unknown' && now.lookAt === null && !now.looking;
}
