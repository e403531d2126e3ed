/** A program of the team's own, or npm: never read by a shell. */
export interface ProgramOrder {
  readonly command: readonly string[];
  readonly folder: string;
  /** Besides this process's own environment. */
  readonly env: Readonly<Record<string, string>>;
}

export interface ProgramEnd {
  /** The exit code; null where a signal ended it. */
  readonly code: number | null;
  readonly signal: string | null;
  /** The beginning and the end of what it wrote, stdout and stderr as they came. */
  readonly output: string;
  /** stdout alone, from its beginning. */
  readonly stdout: string;
}

export interface Programs {
  /** Runs it to its end, or until `signal` aborts: then it is ended with everything it started. Throws where it cannot be started. */
  run(order: ProgramOrder, signal: AbortSignal): Promise<ProgramEnd>;
}
