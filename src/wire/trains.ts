import type { TellTrain } from '../app/perform.ts';
import type { Clock } from '../app/ports/clock.ts';
import type { HostUpkeep } from '../app/ports/host-upkeep.ts';
import type { AliasHost } from '../app/ports/index.ts';
import type { Regions as IsolatesRegions } from '../app/ports/regions.ts';
import type { Relocation } from '../app/ports/relocation.ts';
import type { TrainHost } from '../app/train/operate.ts';
import type { TrainCommand } from '../core/train/commands.ts';
import type { TrainEvent } from '../core/train/events.ts';
import type { TrainDoc } from '../core/train/train.ts';
import type { ServedKind } from '../hosts/restate/serve.ts';
import type { OpenedHost, OpenHost } from './hosts.ts';
import type { Regions } from './regions.ts';

/** Where the trains live. */
export interface TrainHome {
  readonly host: TrainHost & HostUpkeep;
  readonly relocation: Relocation | undefined;
}

export interface TrainWiring {
  readonly openHost: OpenHost;
  readonly regions: Regions;
  /** The members' own actors. */
  readonly aliases: () => AliasHost;
  /** The account that the credentials lead to; rejects while there are none. */
  readonly account: () => Promise<string>;
  readonly clock: Clock;
  readonly report: (problem: string) => void;
}

export interface Trains {
  /** Opens the trains' side of the state at the first call. */
  home(): Promise<TrainHome>;
  readonly tell: TellTrain;
  /** Takes a region's members back, for an incident. */
  readonly isolation: IsolatesRegions;
  /** Resolves when this process has sent the messages that it took up; answers how many it has sent so far. */
  settle(): Promise<number>;
  served(): Promise<ServedKind | undefined>;
  close(): Promise<void>;
}

type Opened = OpenedHost<TrainDoc, TrainEvent>;

/** The trains of a state. Nothing is opened before one is needed: most releases travel alone. */
export function wireTrains(wiring: TrainWiring): Trains {
  let sent = 0;
  let opened: Promise<Opened> | undefined;
  const open = (): Promise<Opened> => {
    opened ??= openTrains(wiring, () => {
      sent += 1;
    }).catch((error: unknown) => {
      opened = undefined;
      throw error;
    });
    return opened;
  };
  return {
    home: open,
    async tell(command) {
      const [{ host }, { tellTrain }] = await Promise.all([open(), import('../app/train/perform.ts')]);
      await tellTrain(host, wiring.clock)(command);
    },
    isolation: {
      async isolate(functionName, region) {
        const { trainRegions } = await import('../app/train/isolate.ts');
        const trains = async () => (await open()).host;
        return trainRegions({ trains, clock: wiring.clock }).isolate(functionName, region);
      },
    },
    async settle() {
      await (await opened)?.host.idle();
      return sent;
    },
    served: async () => (await open()).served,
    async close() {
      await (await opened?.catch(() => undefined))?.host.close();
    },
  };
}

async function openTrains(wiring: TrainWiring, performed: () => void): Promise<Opened> {
  const { openHost, regions, aliases, account, clock, report } = wiring;
  const [{ trainActor }, { trainPerform, trainCommandOf }] = await Promise.all([
    import('../app/train-actor.ts'),
    import('../app/train/perform.ts'),
  ]);
  const perform = trainPerform({
    aliasHost: { deliver: (actor, event) => aliases().deliver(actor, event), read: (actor) => aliases().read(actor) },
    aliases: { get: async (key) => (await regions.at(key.region)).aliases.get(key) },
    clock,
  });
  return openHost<TrainDoc, TrainEvent, TrainCommand>({
    logic: trainActor,
    async perform(actor, command, doc) {
      if (doc.account !== (await account())) throw new Error(`it belongs to account ${doc.account}`);
      performed();
      return perform(actor, command, doc);
    },
    commandOf: trainCommandOf,
    clock,
    report,
  });
}
