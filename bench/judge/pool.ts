import { Worker } from 'node:worker_threads';
import type { Job, Result } from './jobs.ts';
import { playJob } from './jobs.ts';

/** Plays the jobs on several threads and returns their results in the jobs' order; one thread means this one. */
export async function playAll(
  jobs: readonly Job[],
  threads: number,
  onDone: (done: number, of: number) => void,
): Promise<readonly Result[]> {
  if (threads <= 1) return jobs.map((job) => playJob(job));
  const results = new Array<Result>(jobs.length);
  let next = 0;
  let done = 0;
  const work = (worker: Worker): Promise<void> =>
    new Promise((resolve, reject) => {
      let current = -1;
      const give = (): void => {
        current = next++;
        const job = jobs[current];
        if (job) worker.postMessage(job);
        else resolve();
      };
      worker.on('message', (result: Result) => {
        results[current] = result;
        done++;
        onDone(done, jobs.length);
        give();
      });
      worker.on('error', reject);
      give();
    });
  const workers = Array.from({ length: threads }, () => new Worker(new URL('./worker.ts', import.meta.url)));
  try {
    await Promise.all(workers.map(work));
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
  return results;
}
