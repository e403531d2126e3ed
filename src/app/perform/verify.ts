import { shareOf } from '../../core/release/alias.ts';
import type { Command, Verification } from '../../core/release/commands.ts';
import type { CountsByVersion, Observation } from '../../core/release/observation.ts';
import { textOf } from '../error-text.ts';
import type { Clock } from '../ports/clock.ts';
import type { Signals } from '../ports/signals.ts';

export type Verify = Extract<Command, { kind: 'verify' }>;

/** How long the candidate must be silent: records of invocations from before the switch arrive for some seconds. */
const QUIET_MS = 2_000;
const MAX_NOTES = 10;

/**
 * Asks traffic whether a rollback worked: follows the signals until stable has served and the candidate has been silent
 * for a while, at most `waitMs`. Never throws; what limits the proof stands in its notes.
 */
export async function verify(command: Verify, ports: { signals: Signals; clock: Clock }): Promise<Verification> {
  const { clock, signals } = ports;
  const startedAt = clock.now();
  const endsAt = startedAt + command.waitMs;
  const tally = new Tally(command, startedAt);
  let hasEnded = false;
  let nap: AbortController | undefined;
  const following = signals.follow({
    watch: command.watch,
    async tell(observation) {
      tally.add(observation, clock.now());
      nap?.abort();
    },
    ended(error) {
      tally.note(`the signals could not be followed: ${textOf(error)}`);
      hasEnded = true;
      nap?.abort();
    },
  });
  while (!hasEnded) {
    const leftMs = Math.min(endsAt, tally.provenAt) - clock.now();
    if (leftMs <= 0) break;
    nap = new AbortController();
    await clock.sleep(leftMs, nap.signal).catch(() => undefined);
  }
  const waitedMs = clock.now() - startedAt;
  await following.stop();
  return tally.verification(waitedMs);
}

interface Served {
  readonly invocations: number;
  readonly errors: number;
}

const NONE: Served = { invocations: 0, errors: 0 };

/** Invocations per version since the rollback: from log records where there are any, else from CloudWatch's minutes. */
class Tally {
  readonly #command: Verify;
  readonly #logs = new Map<string, Served>();
  readonly #minutes = new Map<number, CountsByVersion>();
  readonly #notes = new Set<string>();
  #hasLogs = false;
  #candidateAt: number;
  #candidatePercent = 0;

  constructor(command: Verify, startedAt: number) {
    this.#command = command;
    this.#candidateAt = startedAt;
  }

  add(observation: Observation, now: number): void {
    const { candidate } = this.#command.watch;
    const before = this.#served(candidate).invocations;
    if (observation.logs) {
      this.#hasLogs = true;
      for (const [version, counts] of Object.entries(observation.logs.counts)) {
        this.#logs.set(version, plus(this.#logs.get(version) ?? NONE, counts));
      }
      if (observation.logs.sampled) this.note('the log records were a sample: there was more traffic than was counted');
    }
    for (const { minuteMs, counts } of observation.minutes ?? []) {
      // A minute that began before the switch also holds the traffic that made it necessary.
      if (minuteMs >= this.#command.restoredAt) this.#minutes.set(minuteMs, counts);
    }
    if (observation.alias) this.#candidatePercent = shareOf(observation.alias, candidate);
    for (const sentence of observation.blind ?? []) this.note(sentence);
    if (this.#served(candidate).invocations > before) this.#candidateAt = now;
  }

  note(sentence: string): void {
    if (this.#notes.size < MAX_NOTES) this.#notes.add(sentence);
  }

  /** When it will be proven if nothing else is told; never where something else has to be told first. */
  get provenAt(): number {
    const { stable } = this.#command.watch;
    const isServing = this.#served(stable).invocations > 0 && this.#candidatePercent === 0;
    return isServing ? this.#candidateAt + QUIET_MS : Number.POSITIVE_INFINITY;
  }

  verification(waitedMs: number): Verification {
    const { stable, candidate, logs, metrics } = this.#command.watch;
    const good = this.#served(stable);
    const bad = this.#served(candidate);
    if (this.#candidatePercent > 0) {
      this.note(`the alias gives version ${candidate} ${this.#candidatePercent} % of the traffic again`);
    }
    if (good.invocations === 0) {
      this.note(
        `no invocation of version ${stable} was seen in ${Math.round(waitedMs / 1_000)} s: nothing proves yet that it serves`,
      );
    }
    if (bad.invocations > 0) {
      const records = `${bad.invocations} invocations of version ${candidate} were still reported`;
      this.note(`${records}; those can have begun before the switch`);
    }
    if (!logs && metrics)
      this.note('log records are not read: the counts are CloudWatch minutes, which arrive minutes later');
    if (!logs && !metrics) this.note('neither log records nor metrics are read: there is nothing to count');
    return { waitedMs, stable: good, candidate: { invocations: bad.invocations }, notes: [...this.#notes] };
  }

  #served(version: string): Served {
    if (this.#hasLogs) return this.#logs.get(version) ?? NONE;
    return [...this.#minutes.values()].reduce((sum, counts) => plus(sum, counts[version] ?? NONE), NONE);
  }
}

function plus(a: Served, b: Served): Served {
  return { invocations: a.invocations + b.invocations, errors: a.errors + b.errors };
}
