import type { Clock } from '../app/ports/clock.ts';
import type { Wire } from '../wire.ts';

export interface Sink {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
}

/** The world as the command line sees it. Tests hand in their own. */
export interface Io {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly stdout: Sink;
  readonly stderr: Sink;
  readonly clock: Clock;
  readonly wire: Wire;
  /** Asks one question on the terminal; undefined where there is none. */
  readonly ask: ((question: string) => Promise<string>) | undefined;
  /** Tells of the first Ctrl-C or polite kill; the second one ends the process as usual. Answers what stops it. */
  onInterrupt(listener: () => void): () => void;
}

/** This process. */
export function processIo(): Io {
  return {
    env: process.env,
    cwd: process.cwd(),
    stdout: process.stdout,
    stderr: process.stderr,
    clock,
    wire: async (options) => (await import('../wire.ts')).wire(options),
    ask: process.stdin.isTTY && process.stderr.isTTY ? ask : undefined,
    onInterrupt(listener) {
      const off = (): void => void process.off('SIGINT', first).off('SIGTERM', first);
      const first = (): void => {
        off();
        listener();
      };
      process.on('SIGINT', first).on('SIGTERM', first);
      return off;
    },
  };
}

const clock: Clock = {
  now: () => Date.now(),
  sleep: async (ms, signal) => {
    const { setTimeout: pause } = await import('node:timers/promises');
    await pause(ms, undefined, signal ? { signal } : {});
  },
};

async function ask(question: string): Promise<string> {
  const { createInterface } = await import('node:readline/promises');
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return (await terminal.question(question)).trim();
  } finally {
    terminal.close();
  }
}
