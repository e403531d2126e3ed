import type { TrainCommand } from '../core/train/commands.ts';
import { decide } from '../core/train/decide.ts';
import type { TrainEvent } from '../core/train/events.ts';
import { trainOf } from '../core/train/plan.ts';
import { trainStanding } from '../core/train/standing.ts';
import { emptyTrain, isTrainOpen, type TrainDoc } from '../core/train/train.ts';
import { SYSTEM } from '../core/who.ts';
import type { ActorLogic } from './ports/actor.ts';

/** A train and its runs, as a host needs to know them. */
export const trainActor: ActorLogic<TrainDoc, TrainEvent, TrainCommand> = {
  kind: 'train',
  initial(actor) {
    const named = trainOf(actor);
    if (!named) throw new Error(`${actor} names no train: account/train/name is expected`);
    return emptyTrain(named.account, named.name);
  },
  decide,
  upcast(document) {
    if (!isTrainDoc(document))
      throw new Error(`the stored train is of version ${versionOf(document)}; this Switchback knows 1: upgrade`);
    return document;
  },
  isOpen: ({ train }) => isTrainOpen(train),
  wakeAt: ({ wakeAt }) => wakeAt,
  tick: (at) => ({ kind: 'tick', at, who: SYSTEM }),
  standing: trainStanding,
};

function isTrainDoc(document: unknown): document is TrainDoc {
  return versionOf(document) === '1';
}

function versionOf(document: unknown): string {
  return typeof document === 'object' && document !== null && 'v' in document ? String(document.v) : 'none';
}
