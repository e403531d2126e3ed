import { sha256Of } from '../../../src/app/gates/files.ts';
import type { Clock } from '../../../src/app/ports/clock.ts';
import type { GateFiles } from '../../../src/app/ports/gate-files.ts';
import type { RunCheck } from '../../../src/core/gates/checks.ts';
import type { Command, GateSubject } from '../../../src/core/release/commands.ts';

export const SUBJECT: GateSubject = {
  releaseId: 'r-1',
  alias: { account: '123456789012', region: 'eu-west-1', function: 'checkout', alias: 'live' },
  stable: '41',
  candidate: '42',
  weightPercent: 0,
  step: 1,
};

export function order(check: RunCheck, subject: Partial<GateSubject> = {}): Extract<Command, { kind: 'runGate' }> {
  const deadline = Date.now() + 60_000;
  return { kind: 'runGate', key: 'r-1/gate', run: 'gate', check, subject: { ...SUBJECT, ...subject }, deadline };
}

/** Gate files in memory. */
export class MemoryFiles implements GateFiles {
  readonly needed = new Map<string, string>();
  readonly reports = new Map<string, string>();

  ref(name: string, value: unknown) {
    const text = JSON.stringify(value);
    const sha256 = sha256Of(text);
    this.needed.set(sha256, text);
    return { name, sha256, bytes: text.length };
  }

  async keep(files: ReadonlyMap<string, string>): Promise<void> {
    for (const [sha256, text] of files) this.needed.set(sha256, text);
  }

  async read(sha256: string, name: string): Promise<string> {
    const text = this.needed.get(sha256);
    if (text === undefined) throw new Error(`file "${name}" was not kept beside the state`);
    return text;
  }

  async report(name: string, text: string): Promise<string> {
    this.reports.set(name, text);
    return sha256Of(text);
  }
}

/** A clock that jumps to the next sleeper once nothing else happens; for loads of minutes in milliseconds. */
export class FastClock implements Clock {
  #now = 1_000_000;
  readonly #sleepers: { readonly dueMs: number; readonly wake: () => void }[] = [];
  #running = false;

  now(): number {
    return this.#now;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((wake, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      this.#sleepers.push({ dueMs: this.#now + ms, wake });
      signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
      void this.#run();
    });
  }

  async #run(): Promise<void> {
    if (this.#running) return;
    this.#running = true;
    while (this.#sleepers.length > 0) {
      for (let turn = 0; turn < 4; turn += 1) await new Promise((next) => setImmediate(next));
      this.#sleepers.sort((a, b) => a.dueMs - b.dueMs);
      const next = this.#sleepers.shift();
      if (!next) break;
      this.#now = Math.max(this.#now, next.dueMs);
      next.wake();
    }
    this.#running = false;
  }
}

export const LIVE = new AbortController().signal;
