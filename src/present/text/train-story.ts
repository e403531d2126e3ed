import type { Consequence } from '../../core/history/consequence.ts';
import type { TrainEvent } from '../../core/train/events.ts';
import type { Story } from './story.ts';

/** One event of a train as a sentence, with what followed from it. */
export function trainStoryOf(event: TrainEvent, then: Consequence | null): Story {
  const what = happened(event);
  if (!then) return { text: what ?? '', tone: null, routine: what === null };
  return { text: what === null ? then.text : `${what}; ${then.text}`, tone: then.tone, routine: then.routine };
}

/** What a person did; null for what members and clocks do by themselves. */
function happened(event: TrainEvent): string | null {
  const by = event.who.name;
  const why = event.why === undefined ? '' : `: ${event.why}`;
  const where = 'region' in event && event.region !== undefined ? ` in ${event.region} alone` : '';
  switch (event.kind) {
    case 'start':
      return `${by} started train ${event.trainId} (${event.plan.strategy})${why}`;
    case 'promote':
      return `${by} promoted ${event.full ? 'to 100 % at once' : 'to what is next'}${why}`;
    case 'pause':
      return `${by} paused${where}${why}`;
    case 'resume':
      return `${by} resumed${where}${why}`;
    case 'rollback':
      return `${by} ordered a rollback${where}${why}`;
    case 'told':
    case 'result':
    case 'tick':
      return null;
    default:
      return event satisfies never;
  }
}
