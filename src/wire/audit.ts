import type { ActorLogic } from '../app/ports/actor.ts';
import type { Clock } from '../app/ports/clock.ts';
import type { LedgerPlace, LedgerRoom } from '../app/ports/ledger.ts';
import type { Aws } from '../aws/index.ts';
import type { ActorEvent } from '../hosts/host-options.ts';
import { hostFor, type OpenedHost, type StateOptions } from './hosts.ts';

/** The ledger of a state, opened for an audit: nothing is driven and nothing is performed by it. */
export async function openLedger(
  aws: Aws,
  clock: Clock,
  options: StateOptions & { readonly report: (problem: string) => void },
): Promise<{ readonly place: LedgerPlace; close(): Promise<void> }> {
  const [openHost, { aliasActor }, { trainActor }, { incidentActor }] = await Promise.all([
    hostFor(aws, options),
    import('../app/alias-actor.ts'),
    import('../app/train-actor.ts'),
    import('../app/incident-actor.ts'),
  ]);
  const opened: OpenedHost<unknown, never>[] = [];
  const room = <State, Event extends ActorEvent, Command extends { readonly key: string }>(
    logic: ActorLogic<State, Event, Command>,
  ): LedgerRoom => {
    const host = openHost<State, Event, Command>({
      logic,
      perform: () => Promise.reject(new Error('an audit performs nothing')),
      commandOf: () => undefined,
      clock,
      report: options.report,
    });
    opened.push(host as unknown as OpenedHost<unknown, never>);
    return { kind: logic.kind, host: host.host, redaction: host.redaction };
  };
  const rooms = [room(aliasActor), room(trainActor), room(incidentActor)];
  return {
    place: { place: options.stateFile, rooms, anchors: opened[0]?.anchors },
    async close() {
      await Promise.all(opened.map(({ host }) => host.close()));
    },
  };
}
