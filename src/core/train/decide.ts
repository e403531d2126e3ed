import { answered, departing, pause, promote, resume, rollback, told } from './apply.ts';
import type { TrainCommand } from './commands.ts';
import type { TrainEvent } from './events.ts';
import { goBack, patienceEnds } from './going-back.ts';
import { messages } from './messages.ts';
import { holdEnds, onward } from './onward.ts';
import { concluded, noticeTrouble } from './outcome.ts';
import { trainProblem } from './plan.ts';
import { isTrainOpen, type Train, type TrainDoc } from './train.ts';

export interface TrainDecision {
  readonly state: TrainDoc;
  readonly commands: readonly TrainCommand[];
}

/**
 * The train's own engine. Pure: the event is taken in, what follows from how the members stand is settled, and every member
 * whose orders are other than what it was told last gets a message. A stale or doubled event gives the very same document
 * back.
 */
export function decide(doc: TrainDoc, event: TrainEvent): TrainDecision {
  const before = doc.train;
  const applied = apply(doc, event);
  if (!applied) return { state: doc, commands: [] };
  const { train, commands } = messages(before, settled(applied, event.at));
  if (train === before && commands.length === 0) return { state: doc, commands };
  return { state: { ...doc, train, wakeAt: wakeAt(train) }, commands };
}

function settled(train: Train, at: number): Train {
  return concluded(onward(goBack(noticeTrouble(train, at), at), at), at);
}

/** The train with the event taken in; undefined where there is nothing to take in. */
function apply({ train }: TrainDoc, event: TrainEvent): Train | undefined {
  if (event.kind === 'start') {
    const isNew = train?.id !== event.trainId && !isTrainOpen(train) && trainProblem(event.plan) === undefined;
    return isNew ? departing(event) : undefined;
  }
  if (!train) return undefined;
  if (event.kind === 'tick') return train;
  if (train.id !== event.trainId) return undefined;
  switch (event.kind) {
    case 'told':
      return told(train, event);
    case 'result':
      return answered(train, event);
    case 'promote':
      return promote(train, event);
    case 'pause':
      return pause(train, event);
    case 'resume':
      return resume(train, event);
    case 'rollback':
      return rollback(train, event);
    default:
      return event satisfies never;
  }
}

/** When the train wants to be woken: the end of a hold between waves, or of the patience with one that goes back. */
function wakeAt(train: Train): number | null {
  const times = [holdEnds(train), patienceEnds(train)].filter((time) => time !== null);
  return times.length === 0 ? null : Math.min(...times);
}
