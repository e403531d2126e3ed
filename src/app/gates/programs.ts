import { spawn } from 'node:child_process';
import type { Programs } from '../ports/programs.ts';

/** Of an output this much is kept from its beginning, and as much from its end. */
const KEPT_CHARS = 32_000;
/** npm's report of a large package. */
const MAX_STDOUT_CHARS = 20_000_000;
/** A program that is asked to end has this long to clean up. */
const GRACE_MS = 2_000;

/** What no program of a team is handed: they are keys to Switchback itself. */
const PRIVATE = ['SWITCHBACK_API_TOKENS', 'SWITCHBACK_RESTATE_TOKEN', 'SWITCHBACK_RESTATE_IDENTITY'];

/** Runs programs as children of this process, in a group of their own, so that what they start ends with them. */
export function createPrograms(env: Readonly<Record<string, string | undefined>> = process.env): Programs {
  return {
    run: (order, signal) =>
      new Promise((ended, failed) => {
        const [program = '', ...args] = order.command;
        const inherited = Object.fromEntries(Object.entries(env).filter(([name]) => !PRIVATE.includes(name)));
        const child = spawn(program, args, {
          cwd: order.folder,
          env: { ...inherited, ...order.env },
          shell: false,
          detached: true,
          stdio: ['ignore', 'pipe', 'pipe'],
        });
        const output = new Kept();
        let stdout = '';
        child.stdout.setEncoding('utf8').on('data', (text: string) => {
          output.add(text);
          if (stdout.length < MAX_STDOUT_CHARS) stdout += text.slice(0, MAX_STDOUT_CHARS - stdout.length);
        });
        child.stderr.setEncoding('utf8').on('data', (text: string) => output.add(text));
        let killing: NodeJS.Timeout | undefined;
        const stop = (): void => {
          kill(child.pid, 'SIGTERM');
          killing = setTimeout(() => kill(child.pid, 'SIGKILL'), GRACE_MS);
        };
        // A process that ends takes what it started with it.
        const onExit = (): void => kill(child.pid, 'SIGKILL');
        process.once('exit', onExit);
        const done = (): void => {
          clearTimeout(killing);
          process.off('exit', onExit);
          signal.removeEventListener('abort', stop);
        };
        if (signal.aborted) stop();
        else signal.addEventListener('abort', stop, { once: true });
        child.once('error', (error) => {
          done();
          failed(new Error(startProblem(program, order.folder, error)));
        });
        child.once('close', (code, name) => {
          done();
          // Children that it left behind in its group.
          kill(child.pid, 'SIGKILL');
          ended({ code, signal: name, output: output.text, stdout });
        });
      }),
  };
}

function kill(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // It has ended already.
  }
}

function startProblem(program: string, folder: string, error: Error): string {
  const code = 'code' in error ? String(error.code) : error.message;
  return code === 'ENOENT'
    ? `program "${program}" was not found, or its folder "${folder}" is not on this machine`
    : `program "${program}" could not be started: ${code}`;
}

/** The beginning and the end of a text that may be endless. */
class Kept {
  #head = '';
  #tail = '';
  #left = 0;

  add(text: string): void {
    const room = KEPT_CHARS - this.#head.length;
    this.#head += text.slice(0, room);
    const tail = this.#tail + text.slice(Math.max(0, room));
    this.#left += Math.max(0, tail.length - KEPT_CHARS);
    this.#tail = tail.slice(-KEPT_CHARS);
  }

  get text(): string {
    return this.#left === 0
      ? this.#head + this.#tail
      : `${this.#head}\n… ${this.#left} characters left out …\n${this.#tail}`;
  }
}
