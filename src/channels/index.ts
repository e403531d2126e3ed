import { setTimeout as pause } from 'node:timers/promises';
import type { ChannelConfig } from '../app/channels-schema.ts';
import { textOf } from '../app/error-text.ts';
import type { Announcer } from '../app/ports/announcer.ts';
import type { About, Channels, Outgoing } from '../app/ports/channels.ts';
import type { Clock } from '../app/ports/clock.ts';
import type { Topics } from '../app/ports/topics.ts';
import type { Audience } from '../core/comms/audiences.ts';
import type { Channel, LookAnswer, SendAnswer } from '../core/comms/outbox.ts';
import { redact } from '../core/comms/redact.ts';
import type { Adapter, Tools } from './adapter.ts';
import { createPace, type Pace } from './pace.ts';
import { adapterOf, audiencesOf, hearsNearMisses, hearsReleases, paceOf } from './registry.ts';
import { createSecrets, type SecretSources } from './secrets.ts';
import { type Answer, createTransport, type HttpRequest } from './transport.ts';

/** One request as it was made and answered, without anything secret in it. */
export interface ExchangeRecord {
  readonly channel: string;
  readonly at: number;
  readonly tookMs: number;
  readonly method: string;
  /** Without query; secrets in it are masked. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
  /** The status, or what became of it instead. */
  readonly answer: number | 'notSent' | 'cutOff' | 'forbidden';
}

export interface ChannelsOptions {
  readonly configs: Readonly<Record<string, ChannelConfig>>;
  readonly clock: Clock;
  readonly topics: Topics;
  readonly secrets: SecretSources;
  /** What takes messages of channels that stand in no configuration, where there is such a thing. */
  readonly sink?: Channels;
  readonly resolve?: (host: string) => Promise<readonly string[]>;
  /** How long an answer is waited for; for tests. */
  readonly timeoutMs?: number;
  /** From 0 to 1, for waits that are spread. */
  readonly random?: () => number;
  readonly onExchange?: (record: ExchangeRecord) => void;
  /** Told, as a sentence, what went wrong where nobody waits for an answer. */
  readonly report?: (problem: string) => void;
  /** Answers instead of the world: nothing leaves. */
  readonly instead?: (request: HttpRequest) => Answer;
}

/** A channel of the configuration, ready to be used. */
export interface ReadyChannel {
  readonly name: string;
  readonly config: ChannelConfig;
  readonly adapter: Adapter;
}

export interface ChannelSet extends Channels, Announcer {
  readonly ready: readonly ReadyChannel[];
  /** Whether every secret of a channel can be read: what cannot, in sentences. */
  missing(name: string): Promise<readonly string[]>;
  /** The text with every secret in it masked. */
  mask(text: string): string;
}

/** No adapter takes longer than this, or the outbox would take it for dead (`SENDING_MS`, 120 s). */
const PATIENCE_MS = 90_000;
const FIRST_WAIT_MS = 2_000;
const LONGEST_WAIT_MS = 900_000;
/** What is added to a wait that a vendor asked for, so that not everybody comes back in the same second. */
const SPREAD_MS = 5_000;

/** The team's channels, behind the port by which an incident speaks. */
export function createChannels(options: ChannelsOptions): ChannelSet {
  const { configs, clock, topics, sink, report, random = Math.random } = options;
  const secrets = createSecrets(options.secrets, () => clock.now());
  const paces = new Map<string, Pace>();
  const ready = Object.entries(configs).map(([name, config]): ReadyChannel => {
    const { key, gapMs } = paceOf(config, name);
    const pace = paces.get(key) ?? createPace(clock, gapMs);
    paces.set(key, pace);
    return { name, config, adapter: adapterOf(config, toolsOf(options, name, config, pace, secrets), topics) };
  });
  const find = ({ message: { channel } }: Outgoing): Adapter | string => {
    const found = ready.find(({ name }) => name === channel.name);
    if (!found)
      return `there is no channel ${channel.name} in the configuration any more: put it back, or give the message up`;
    return found.config.kind === channel.kind
      ? found.adapter
      : `${channel.name} is ${found.config.kind} now and was ${channel.kind}: give the message up and send another`;
  };
  const isSinks = ({ message }: Outgoing): boolean =>
    sink !== undefined && !ready.some(({ name }) => name === message.channel.name) && message.channel.kind === 'file';

  const channelsFor = (audience: Audience, about: About): readonly Channel[] =>
    ready
      .filter(({ config }) => audiencesOf(config).includes(audience) && isWanted(config, about))
      .map(({ name, config: { kind }, adapter: { replaySafe, canReconcile, ordered } }) => ({
        name,
        kind,
        replaySafe,
        canReconcile,
        ...(ordered ? { ordered } : {}),
      }));

  return {
    ready,
    mask: (text) => secrets.mask(text),
    async missing(name) {
      const config = ready.find((each) => each.name === name)?.config ?? {};
      const references = Object.values(config).filter(
        (value) => typeof value === 'string' && /^(?:env|file):/.test(value),
      );
      const read = await Promise.all(references.map((reference) => secrets.read(String(reference))));
      return read.flatMap((secret) => (secret.ok ? [] : [secret.told]));
    },
    channelsFor: (audience, about) =>
      ready.length === 0 && sink ? sink.channelsFor(audience, about) : channelsFor(audience, about),
    async deliver(outgoing) {
      if (sink && isSinks(outgoing)) return sink.deliver(outgoing);
      const adapter = find(outgoing);
      if (typeof adapter === 'string') return { outcome: 'refused', told: adapter };
      const answer = await bounded(adapter.deliver(redacted(outgoing)));
      return spread(masked(answer), outgoing.message.attempts, random());
    },
    async lookUp(outgoing) {
      if (sink && isSinks(outgoing)) return sink.lookUp(outgoing);
      const adapter = find(outgoing);
      if (typeof adapter === 'string' || !adapter.lookUp)
        return {
          outcome: 'cannotTell',
          told: typeof adapter === 'string' ? adapter : 'nothing can be looked up there',
        };
      const answer = await adapter.lookUp(redacted(outgoing)).catch(unclear);
      return answer.outcome === 'cannotTell' ? { ...answer, told: secrets.mask(answer.told) } : answer;
    },
    async announce(news) {
      const safe = { ...news, text: redact(news.text).text };
      const wanted = ready.filter(({ config }) => {
        const hears = hearsReleases(config);
        return hears === 'steps' || (hears === 'ends' && news.kind !== 'shifted');
      });
      const answers = wanted.flatMap(({ name, adapter }) =>
        adapter.announce ? [bounded(adapter.announce(safe)).then((answer) => ({ name, answer: masked(answer) }))] : [],
      );
      for (const { name, answer } of await Promise.all(answers)) {
        if (answer.outcome !== 'accepted') report?.(`${name} was not told of release ${news.release}: ${answer.told}`);
      }
    },
    async remind(reminder) {
      const able = channelsFor('responders', reminder.about).flatMap(({ name }) => {
        const remind = ready.find((each) => each.name === name)?.adapter.remind;
        return remind ? [remind] : [];
      });
      if (able.length === 0)
        return sink?.remind(reminder) ?? { outcome: 'refused', told: 'no channel reaches the responders' };
      const safe = { ...reminder, told: redact(reminder.told).text };
      const answers = await Promise.all(able.map(async (remind) => masked(await bounded(remind(safe)))));
      const rank = ['accepted', 'inDoubt', 'later', 'refused'] as const;
      const best = rank.flatMap((outcome) => answers.filter((answer) => answer.outcome === outcome))[0]!;
      return spread(best, 1, random());
    },
  };

  function masked(answer: SendAnswer): SendAnswer {
    return answer.outcome === 'accepted' ? answer : { ...answer, told: secrets.mask(answer.told) };
  }
}

function isWanted(config: ChannelConfig, { facts, kind }: About): boolean {
  if (kind === 'nearMiss' && !hearsNearMisses(config)) return false;
  return config.severities === undefined || facts.severity === null || config.severities.includes(facts.severity);
}

function toolsOf(
  { clock, onExchange, instead, resolve, timeoutMs }: ChannelsOptions,
  channel: string,
  config: ChannelConfig,
  pace: Pace,
  secrets: ReturnType<typeof createSecrets>,
): Tools {
  const transport = createTransport({
    allowInsecureLoopback: config.allowInsecureLoopback === true,
    ...(resolve ? { resolve } : {}),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  });
  const exchange = async (request: HttpRequest): Promise<Answer> => {
    if (instead) return instead(request);
    const wait = await pace.turn();
    if (wait !== null) return { kind: 'notSent', told: `it takes no more at once: ${Math.ceil(wait / 1_000)} s to go` };
    return transport.exchange(request);
  };
  return {
    clock,
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    secret: (reference) => secrets.read(reference),
    async exchange(request) {
      const at = clock.now();
      const answer = await exchange(request);
      onExchange?.({
        channel,
        at,
        tookMs: clock.now() - at,
        method: request.method,
        url: shown(request.url, secrets.mask),
        headers: Object.fromEntries(
          Object.entries(request.headers).map(([name, value]) => [name, shownHeader(name, value, secrets.mask)]),
        ),
        body: request.body === undefined ? null : secrets.mask(request.body),
        answer: answer.kind === 'answered' ? answer.status : answer.kind,
      });
      return answer;
    },
  };
}

function shown(url: string, mask: (text: string) => string): string {
  const masked = mask(url);
  if (!URL.canParse(masked)) return masked;
  const { origin, pathname } = new URL(masked);
  return `${origin}${mask(pathname)}`;
}

function shownHeader(name: string, value: string, mask: (text: string) => string): string {
  return name === 'authorization' ? `${value.split(' ')[0]} (secret)` : mask(value);
}

/** What leaves holds no secret and no customer's data, whatever a title or an error's text holds. */
function redacted(outgoing: Outgoing): Outgoing {
  const { message, about, subject } = outgoing;
  const clean = (text: string): string => redact(text).text;
  const { facts } = about;
  return {
    ...outgoing,
    subject: clean(subject),
    message: { ...message, text: clean(message.text) },
    about: {
      ...about,
      facts: {
        ...facts,
        title: clean(facts.title),
        breach: facts.breach === null ? null : clean(facts.breach),
        summary: facts.summary === null ? null : clean(facts.summary),
        containment: facts.containment.map(clean),
        links: facts.links.map(clean),
      },
    },
  };
}

/** An adapter that throws or falls silent may have sent all the same. */
async function bounded(answer: Promise<SendAnswer>): Promise<SendAnswer> {
  const stop = new AbortController();
  const late = pause(PATIENCE_MS, undefined, { signal: stop.signal, ref: false }).then(
    (): SendAnswer => ({ outcome: 'inDoubt', told: `no answer within ${PATIENCE_MS / 1_000} s` }),
  );
  try {
    return await Promise.race([answer, late]);
  } catch (error) {
    return { outcome: 'inDoubt', told: textOf(error) };
  } finally {
    stop.abort();
    late.catch(() => undefined);
  }
}

function unclear(error: unknown): LookAnswer {
  return { outcome: 'cannotTell', told: textOf(error) };
}

/**
 * Spreads waits, so that a hundred messages that a vendor turned away do not come back at the same moment: twice the
 * outbox's own wait at most, or a little more than what the vendor asked for. `share`: from 0 to 1.
 */
export function spread(answer: SendAnswer, attempts: number, share: number): SendAnswer {
  if (answer.outcome !== 'later') return answer;
  const usual = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.max(0, attempts - 1));
  const afterMs = answer.afterMs ?? usual;
  const more = answer.afterMs === null ? usual : Math.min(SPREAD_MS, Math.max(1_000, afterMs));
  return { ...answer, afterMs: Math.round(afterMs + share * more) };
}
