import type { Observation, Watch } from '../core/release/observation.ts';
import { Bulletin } from './bulletin.ts';

/** One watch that is followed: what was seen, and whom to tell. */
export class Follower {
  readonly watch: Watch;
  readonly bulletin: Bulletin;
  readonly tell: (observation: Observation) => Promise<void>;
  /** Ends the following with a reason. */
  readonly fail: (error: unknown) => void;
  /** When the log seats are few, the higher rank has one. */
  rank = 0;
  /** CloudWatch's counts of the alias as last probed, to notice that there are new ones. */
  probed: string | undefined;
  toldAtMs = Number.NEGATIVE_INFINITY;
  telling: Promise<void> | undefined;
  isGone = false;

  constructor(
    watch: Watch,
    tell: (observation: Observation) => Promise<void>,
    callbacks: { readonly onNews: (follower: Follower) => void; readonly fail: (error: unknown) => void },
  ) {
    this.watch = watch;
    this.tell = tell;
    this.fail = callbacks.fail;
    this.bulletin = new Bulletin(() => callbacks.onNews(this), watch.alarmsSeen);
  }
}
