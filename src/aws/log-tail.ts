import type { Clients } from './clients.ts';
import { LOG_FILTER } from './log-records.ts';
import type { LogEvent } from './log-tally.ts';
import { call, problemOf } from './problem.ts';

export type TailUpdate =
  | { readonly kind: 'started' }
  | { readonly kind: 'events'; readonly events: readonly LogEvent[]; readonly sampled: boolean };

const ACTION = 'logs:StartLiveTail';

/**
 * One live tail session over the log groups: `started` once, then an update a second while events match. Ends when
 * CloudWatch ends it (after three hours) or `signal` aborts; throws an AwsProblem where it cannot start or breaks.
 */
export async function* tailLogs(
  clients: Clients,
  groupArns: readonly string[],
  signal: AbortSignal,
): AsyncGenerator<TailUpdate> {
  const answer = await call(ACTION, async () => {
    const tail = await clients.tail();
    return tail.startLiveTail(
      { logGroupIdentifiers: [...groupArns], logEventFilterPattern: LOG_FILTER },
      { abortSignal: signal },
    );
  });
  try {
    for await (const item of answer.responseStream ?? []) {
      if (item.SessionStreamingException) throw item.SessionStreamingException;
      if (item.SessionTimeoutException) return;
      if (item.sessionStart) yield { kind: 'started' };
      if (item.sessionUpdate) {
        const { sessionResults = [], sessionMetadata } = item.sessionUpdate;
        const events = sessionResults.map(
          ({ logStreamName = '', timestamp = 0, ingestionTime, message = '', logGroupIdentifier }) => ({
            stream: logStreamName,
            timestampMs: timestamp,
            ingestedMs: ingestionTime ?? timestamp,
            message,
            // `ACCOUNT:NAME` or an ARN, and no name of a log group has a colon.
            ...(logGroupIdentifier === undefined
              ? {}
              : { group: logGroupIdentifier.replace(/:\*$/, '').replace(/^.*:/, '') }),
          }),
        );
        yield { kind: 'events', events, sampled: sessionMetadata?.sampled ?? false };
      }
    }
  } catch (error) {
    throw problemOf(ACTION, error);
  }
}
