import type { Outgoing } from '../app/ports/channels.ts';
import type { TopicMessage } from '../app/ports/topics.ts';
import type { Audience } from '../core/comms/audiences.ts';
import { nothingKnown } from '../core/comms/facts.ts';
import type { SendAnswer } from '../core/comms/outbox.ts';
import {
  type ChannelSet,
  type ChannelsOptions,
  createChannels,
  type ExchangeRecord,
  type ReadyChannel,
} from './index.ts';
import { audiencesOf } from './registry.ts';
import type { Answer, HttpRequest } from './transport.ts';

/** A channel as it is set up. */
export interface ListedChannel {
  readonly name: string;
  readonly kind: string;
  readonly audiences: readonly Audience[];
  /** Whether what may have arrived is sent again by itself, looked up first, or left to a person. */
  readonly inDoubt: 'sent again' | 'looked up' | 'asks a person';
  /** What keeps it from working, as far as can be told without asking the vendor. */
  readonly missing: readonly string[];
}

/** What came of trying a channel. `checked`: address, token and permissions are right, and nothing was said. */
export interface Trial {
  readonly name: string;
  readonly kind: string;
  readonly outcome: 'sent' | 'checked' | 'wouldSend' | 'later' | 'refused' | 'inDoubt';
  readonly told: string;
  readonly exchanges: readonly Shown[];
}

/** One thing that went over the wire, or would, without anything secret in it. */
export type Shown =
  | ({ readonly over: 'http' } & ExchangeRecord)
  | { readonly over: 'smtp'; readonly text: string }
  | { readonly over: 'sns'; readonly message: TopicMessage };

export interface Trials {
  list(): Promise<readonly ListedChannel[]>;
  readonly names: readonly string[];
  /** `at`: epoch milliseconds; makes the trial's message its own, so that no vendor takes it for one that it knows. */
  attempt(name: string, at: number): Promise<Trial | undefined>;
}

type Options = Omit<ChannelsOptions, 'onExchange' | 'instead' | 'sink'>;

/** Channels to be tried one by one. `dry`: what would be sent is shown, and nothing leaves. */
export function createTrials(options: Options, dry: boolean): Trials {
  const seen: Shown[] = [];
  const set = createChannels({
    ...options,
    onExchange: (record) => seen.push({ over: 'http', ...record }),
    ...(dry ? { instead: nothing, topics: silent(seen) } : {}),
  });
  return {
    names: set.ready.map(({ name }) => name),
    list: () => Promise.all(set.ready.map((each) => listed(each, set))),
    async attempt(name, at) {
      const channel = set.ready.find((each) => each.name === name);
      if (!channel) return undefined;
      seen.length = 0;
      const out = trialMessage(channel, at);
      const { kind } = channel.config;
      if (dry) {
        const preview = await channel.adapter.preview?.(out);
        if (preview !== undefined) seen.push({ over: 'smtp', text: set.mask(preview) });
        const answer = preview === undefined ? await set.deliver(out) : undefined;
        // With nothing to show, what keeps it from being sent is the answer.
        const told = seen.length === 0 && answer && 'told' in answer ? answer.told : 'nothing was sent';
        return { name, kind, outcome: seen.length === 0 ? 'refused' : 'wouldSend', told, exchanges: [...seen] };
      }
      const { check, tidy } = channel.adapter;
      const answer = check ? await check() : await set.deliver(out);
      const tidied = answer.outcome === 'accepted' && tidy ? await tidy(out) : undefined;
      return { name, kind, ...resultOf(answer, check !== undefined, tidied, set), exchanges: [...seen] };
    },
  };
}

async function listed({ name, config, adapter }: ReadyChannel, set: ChannelSet): Promise<ListedChannel> {
  const inDoubt = adapter.replaySafe ? 'sent again' : adapter.canReconcile ? 'looked up' : 'asks a person';
  return { name, kind: config.kind, audiences: audiencesOf(config), inDoubt, missing: await set.missing(name) };
}

function resultOf(
  answer: SendAnswer,
  checked: boolean,
  tidied: SendAnswer | undefined,
  set: ChannelSet,
): Pick<Trial, 'outcome' | 'told'> {
  if (answer.outcome !== 'accepted') return { outcome: answer.outcome, told: set.mask(answer.told) };
  if (checked) return { outcome: 'checked', told: `${answer.ref}; nothing was written there` };
  if (tidied === undefined) return { outcome: 'sent', told: answer.ref };
  return tidied.outcome === 'accepted'
    ? { outcome: 'sent', told: `${answer.ref}, and resolved again` }
    : { outcome: tidied.outcome, told: `it was sent, and not taken back: ${set.mask(tidied.told)}` };
}

/** A message that says of itself that it is none. */
function trialMessage({ name, config, adapter }: ReadyChannel, at: number): Outgoing {
  const audience = audiencesOf(config)[0]!;
  const { replaySafe, canReconcile } = adapter;
  return {
    message: {
      id: `trial/${at}/${name}`,
      channel: { name, kind: config.kind, replaySafe, canReconcile },
      audience,
      stage: 'ack',
      text: `This is a test of Switchback's channel "${name}". Nothing is wrong, and nobody has to do anything.`,
      digest: '',
      createdAt: at,
      notAfter: null,
      attempts: 1,
      looks: 0,
      now: { state: 'sending', claim: 'trial', since: at },
    },
    subject: `TEST of Switchback, channel ${name}`,
    about: {
      facts: {
        ...nothingKnown({
          id: 'TEST',
          title: 'test of a channel',
          service: 'Switchback',
          phase: 'test',
          detectedAt: at,
        }),
        drill: true,
        severity: 'SEV-3',
      },
      source: 'manual',
      type: 'operational',
      kind: 'drill',
      private: false,
      region: null,
      rolledBack: false,
    },
    earlier: [],
  };
}

/** No vendor at all: what asks is answered with nothing, what writes was not sent. */
function nothing({ method, reads }: HttpRequest): Answer {
  return method === 'GET' || reads
    ? { kind: 'answered', status: 200, headers: {}, body: '{}' }
    : { kind: 'notSent', told: 'nothing was sent' };
}

function silent(seen: Shown[]): Options['topics'] {
  return {
    publish(message) {
      seen.push({ over: 'sns', message });
      return Promise.reject(new Error('nothing was sent'));
    },
  };
}
