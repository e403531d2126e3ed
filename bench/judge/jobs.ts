import { type LimitJob, type LimitResult, playLimit } from './limit.ts';
import { type NullJob, type NullResult, playNull } from './null.ts';
import { type PowerJob, type PowerResult, playPower } from './power.ts';
import { playStress, type StressJob, type StressResult } from './stress.ts';

/** One piece of work, plain data, so that it can be given to a worker. */
export type Job = NullJob | LimitJob | PowerJob | StressJob;
export type Result = NullResult | LimitResult | PowerResult | StressResult;

export function playJob(job: Job): Result {
  switch (job.kind) {
    case 'null':
      return playNull(job);
    case 'limit':
      return playLimit(job);
    case 'power':
      return playPower(job);
    case 'stress':
      return playStress(job);
  }
}
