/** Time for the local AWS: handed in, so that alarm and retry tests run on a clock of their own. */
export interface Clock {
  /** Epoch milliseconds. */
  now(): number;
  /** Calls `run` every `ms`; the returned function stops it. Never keeps the process alive. */
  every(ms: number, run: () => void): () => void;
  /** Calls `run` once after `ms`; the returned function cancels it. Never keeps the process alive. */
  after(ms: number, run: () => void): () => void;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  every(ms, run) {
    const timer = setInterval(run, ms);
    timer.unref();
    return () => clearInterval(timer);
  },
  after(ms, run) {
    const timer = setTimeout(run, ms);
    timer.unref();
    return () => clearTimeout(timer);
  },
};
