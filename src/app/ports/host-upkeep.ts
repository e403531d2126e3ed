/** What a host offers to the process that keeps an eye on it, apart from taking turns. */
export interface HostUpkeep {
  /** Takes over the commands whose process died before they were answered. Answers how many. */
  recover(): Promise<number>;
  /**
   * Tells which actors changed, whichever process changed them, at the latest about `withinMs` after the commit (the
   * host's own pace where it is not given). One change may be told more than once: where the host looks for itself, it also
   * meets what it was told of. Answers the function that stops it.
   */
  onChange(listener: (actors: readonly string[]) => void, withinMs?: number): () => void;
  /**
   * The open actors, as a runner has to know them (`brief` of their logic), by name from behind `after` on: thousands of
   * them within a fraction of a second where the host can. Bounded by `limit`.
   */
  briefs(query: { after?: string; limit: number }): Promise<readonly Brief[]>;
  /** How long a runner that died still counts as alive; not at all where it is not given. */
  readonly leaseMs?: number;
  /** Makes this process the one that delivers ticks; undefined where another process is it. Ends with the process. */
  tryBecomeRunner(): Promise<RunnerLease | undefined>;
}

export interface Brief {
  readonly actor: string;
  /** What its logic says; null where there is nothing to know. */
  readonly brief: unknown;
}

export interface RunnerLease {
  /** Aborts where another process has become the runner, because this one gave no sign of life for too long. */
  readonly lost: AbortSignal;
  /** Stops delivering ticks and lets another process become the runner. */
  release(): Promise<void>;
}
