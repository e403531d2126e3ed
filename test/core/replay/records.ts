import { releasesOf, replay, turnsOf } from '../../../src/core/history/replay.ts';
import type { Counts } from '../../../src/core/judge/counts.ts';
import type { AliasEvent } from '../../../src/core/release/events.ts';
import type { Plan } from '../../../src/core/release/plan.ts';
import { parseThreshold } from '../../../src/core/release/threshold.ts';
import { recordOf } from '../../../src/core/replay/bundle.ts';
import type { ReleaseRecord } from '../../../src/core/replay/record.ts';
import { KEY, Story } from '../release/builders.ts';

/** What each version does in a second, as a release of some minutes sees it. */
export interface Told {
  readonly id?: string;
  readonly minutes: number;
  readonly stable: readonly [invocations: number, errors: number];
  readonly candidate: readonly [invocations: number, errors: number];
  readonly plan?: Partial<Plan>;
  /** Look by look, every so many seconds; 5 unless told. */
  readonly everySeconds?: number;
}

export function threshold(text: string): Plan['thresholds'][number] {
  const read = parseThreshold(text);
  if (!read.ok) throw new Error(read.problem);
  return read.threshold;
}

/** A story that also keeps its ledger. */
export class Recorded extends Story {
  readonly ledger: AliasEvent[] = [];

  override tell(event: AliasEvent): this {
    this.ledger.push(event);
    return super.tell(event);
  }

  /** The release with this id as a record. */
  record(id: string): ReleaseRecord {
    const turns = replay(KEY, this.ledger);
    const past = releasesOf(turns).find(({ release }) => release.id === id);
    const record = recordOf(turnsOf(turns, id), past?.rolledBackBy ?? null);
    if (!record) throw new Error(`${id} is not in the ledger`);
    return record;
  }
}

/** Tells a release: half of the time at 10 %, half at 100 %, or until its guards end it. */
export function told({ minutes, stable, candidate, plan = {}, everySeconds = 5 }: Told): Recorded {
  const holdMs = minutes * 30_000;
  const story = new Recorded().start({
    steps: [
      { weightPercent: 10, holdMs },
      { weightPercent: 100, holdMs },
    ],
    ...plan,
  });
  story.write();
  for (let cursor = 1; cursor <= (minutes * 60) / everySeconds && story.release.phase !== 'ended'; cursor += 1) {
    story.at += everySeconds * 1_000;
    const full = story.release.step === 1;
    const counts = {
      ...(full ? {} : { '41': counted(stable, everySeconds) }),
      '42': counted(full ? [stable[0] + candidate[0], candidate[1]] : candidate, everySeconds),
    };
    story.observe({ logs: { cursor: String(cursor), counts, sampled: false } });
    settle(story);
    story.tell({ kind: 'tick', at: story.at, who: { name: 'switchback', provedBy: 'system' } });
    settle(story);
  }
  return story;
}

function counted([invocations, errors]: readonly [number, number], seconds: number): Counts {
  return {
    invocations: invocations * seconds,
    errors: Math.round(errors * seconds),
    timeouts: 0,
    throttles: 0,
    coldStarts: 0,
    slow: [],
  };
}

/** Does what the engine asks for, as a world without trouble does. */
function settle(story: Story): void {
  for (;;) {
    const command = story.commands[0];
    if (command?.kind === 'setAlias') story.write();
    else if (command?.kind === 'observe') story.look();
    else return;
  }
}
