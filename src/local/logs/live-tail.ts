import type { LiveTailSessionLogEvent, StartLiveTailResponseStream } from '@aws-sdk/client-cloudwatch-logs';
import type { Clock } from '../clock.ts';
import { AwsError } from '../wire/service.ts';
import type { Group, StoredEvent, Stream } from './groups.ts';
import type { Matcher } from './pattern/pattern.ts';

/** What one session wants to see. */
export interface TailRequest {
  readonly groups: readonly { readonly group: Group; readonly arn: string }[];
  readonly streamNames: readonly string[] | undefined;
  readonly streamPrefixes: readonly string[] | undefined;
  readonly matches: Matcher;
  readonly pattern: string | undefined;
  readonly sessionId: string;
  readonly requestId: string;
}

/** CloudWatch Logs sends one update a second with at most so many events, and a sample where there were more. */
const UPDATE_MS = 1_000;
const UPDATE_EVENTS = 500;
const SESSION_MS = 3 * 3_600_000;
/** Sessions at once; AWS allows 15 an account. */
const MAX_SESSIONS = 100;

interface Session {
  readonly request: TailRequest;
  buffer: LiveTailSessionLogEvent[];
  /** How many matched since the last update, kept or not. */
  matched: number;
}

/** Live tail: hands new events on to whoever has a session open. */
export class LiveTail {
  readonly #clock: Clock;
  readonly #sessions = new Set<Session>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get isFull(): boolean {
    return this.#sessions.size >= MAX_SESSIONS;
  }

  /** Told of every event as it is stored. */
  offer(group: Group, stream: Stream, events: readonly StoredEvent[]): void {
    for (const session of this.#sessions) {
      const wanted = session.request.groups.find((entry) => entry.group === group);
      if (!wanted || !wantsStream(session.request, stream.name)) continue;
      for (const event of events) if (session.request.matches(event.message)) keep(session, wanted.arn, stream, event);
    }
  }

  /** One session, until the caller goes away; after three hours it throws, as CloudWatch Logs ends it. */
  async *open(request: TailRequest, signal: AbortSignal): AsyncGenerator<StartLiveTailResponseStream> {
    const session: Session = { request, buffer: [], matched: 0 };
    this.#sessions.add(session);
    const endsAt = this.#clock.now() + SESSION_MS;
    const ticks = this.#ticks(signal);
    try {
      yield { sessionStart: startOf(request) } as StartLiveTailResponseStream;
      while (await ticks.next()) {
        const { buffer, matched } = session;
        session.buffer = [];
        session.matched = 0;
        const sessionMetadata = { sampled: matched > buffer.length };
        yield { sessionUpdate: { sessionMetadata, sessionResults: buffer } } as StartLiveTailResponseStream;
        if (this.#clock.now() >= endsAt) {
          throw new AwsError('SessionTimeoutException', 'The session has ended after three hours.');
        }
      }
    } finally {
      ticks.stop();
      this.#sessions.delete(session);
    }
  }

  /** Ends every session. */
  close(): void {
    this.#sessions.clear();
  }

  /** `next` resolves at each second, or with false once the caller has gone. A slow reader misses no event, only updates. */
  #ticks(signal: AbortSignal): { next(): Promise<boolean>; stop(): void } {
    let due = false;
    let wake: (() => void) | undefined;
    const cancel = this.#clock.every(UPDATE_MS, () => {
      due = true;
      wake?.();
    });
    const onAbort = (): void => wake?.();
    signal.addEventListener('abort', onAbort);
    return {
      async next() {
        while (!due && !signal.aborted) {
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
        due = false;
        return !signal.aborted;
      },
      stop() {
        cancel();
        signal.removeEventListener('abort', onAbort);
      },
    };
  }
}

function wantsStream({ streamNames, streamPrefixes }: TailRequest, name: string): boolean {
  if (streamNames && streamNames.length > 0) return streamNames.includes(name);
  return !streamPrefixes || streamPrefixes.length === 0 || streamPrefixes.some((prefix) => name.startsWith(prefix));
}

/** Keeps an event, or, where the update is full, lets it replace one by chance: every event is as likely to be sent. */
function keep(session: Session, arn: string, stream: Stream, { atMs, ingestedMs, message }: StoredEvent): void {
  session.matched += 1;
  const event = {
    logStreamName: stream.name,
    logGroupIdentifier: arn,
    message,
    timestamp: atMs,
    ingestionTime: ingestedMs,
  };
  if (session.buffer.length < UPDATE_EVENTS) session.buffer.push(event);
  else {
    const place = Math.floor(Math.random() * session.matched);
    if (place < UPDATE_EVENTS) session.buffer[place] = event;
  }
}

function startOf(request: TailRequest) {
  return {
    requestId: request.requestId,
    sessionId: request.sessionId,
    logGroupIdentifiers: request.groups.map(({ arn }) => arn),
    ...(request.streamNames ? { logStreamNames: [...request.streamNames] } : {}),
    ...(request.streamPrefixes ? { logStreamNamePrefixes: [...request.streamPrefixes] } : {}),
    logEventFilterPattern: request.pattern ?? '',
  };
}
