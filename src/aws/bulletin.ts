import type { Clock } from '../app/ports/clock.ts';
import type { Observation } from '../core/release/observation.ts';
import { isInvoked } from './log-sources.ts';
import type { LogTally } from './log-tally.ts';
import type { Minutes } from './metric-minutes.ts';

/** A busy function would tell with every record; five times a second is as fast as anyone decides. */
const TELL_GAP_MS = 200;

/** The paths of a watch; each is either seen or blind. */
export type Path = 'logs' | 'metrics' | 'alarms' | 'alias' | 'deployment';

/**
 * What changed since the last telling. The paths pin news here as they come; one teller at a time takes them off, so
 * tellings never overlap and nothing is told twice.
 */
export class Bulletin {
  readonly #clock: Clock;
  readonly #tally: LogTally | undefined;
  readonly #toldMinutes = new Map<number, string>();
  #minutes = new Map<number, Minutes[number]>();
  #alarms: Observation['alarms'];
  #toldAlarms: string | undefined;
  #alias: Observation['alias'];
  #toldAlias: string | undefined;
  #deployment: Observation['deployment'];
  #toldDeployment: string | undefined;
  readonly #blind = new Map<Path, string>();
  #toldBlind = '[]';
  #failureTold = false;
  #invoked = false;
  #wake: (() => void) | undefined;

  constructor(clock: Clock, tally: LogTally | undefined) {
    this.#clock = clock;
    this.#tally = tally;
  }

  /** The tally may have counted something. */
  logsRead(): void {
    this.#seen('logs');
  }

  /** Whether CloudWatch has counted any invocation. */
  get invoked(): boolean {
    return this.#invoked;
  }

  minutesRead(minutes: Minutes): void {
    this.#invoked ||= isInvoked(minutes);
    for (const minute of minutes) {
      const text = JSON.stringify(minute.counts);
      if (this.#toldMinutes.get(minute.minuteMs) === text) continue;
      this.#toldMinutes.set(minute.minuteMs, text);
      this.#minutes.set(minute.minuteMs, minute);
    }
    // CloudWatch is asked for the same stretch every time: what has left it cannot change any more.
    const oldest = minutes[0]?.minuteMs ?? 0;
    for (const minuteMs of this.#toldMinutes.keys()) if (minuteMs < oldest) this.#toldMinutes.delete(minuteMs);
    this.#seen('metrics');
  }

  alarmsRead(alarms: NonNullable<Observation['alarms']>): void {
    const text = JSON.stringify(alarms);
    if (text !== this.#toldAlarms) this.#alarms = alarms;
    this.#toldAlarms = text;
    this.#seen('alarms');
  }

  aliasRead(alias: NonNullable<Observation['alias']> | null): void {
    const text = JSON.stringify(alias);
    if (text !== this.#toldAlias) this.#alias = alias;
    this.#toldAlias = text;
    this.#seen('alias');
  }

  deploymentRead(deployment: NonNullable<Observation['deployment']>): void {
    const text = JSON.stringify(deployment);
    if (text !== this.#toldDeployment) this.#deployment = deployment;
    this.#toldDeployment = text;
    this.#seen('deployment');
  }

  /** A path cannot be read now; `sentence` says which and what that means. */
  blindTo(path: Path, sentence: string): void {
    this.#blind.set(path, sentence);
    this.#wake?.();
  }

  /** Tells until `signal` aborts; rejects where `tell` does. */
  async run(tell: (observation: Observation) => Promise<void>, signal: AbortSignal): Promise<void> {
    const stop = (): void => this.#wake?.();
    signal.addEventListener('abort', stop, { once: true });
    try {
      for (let toldAtMs = Number.NEGATIVE_INFINITY; ; toldAtMs = this.#clock.now()) {
        await this.#until(() => signal.aborted || this.#hasNews());
        await this.#gap(toldAtMs, signal);
        if (signal.aborted) return;
        await tell(this.#take());
      }
    } finally {
      signal.removeEventListener('abort', stop);
    }
  }

  #seen(path: Path): void {
    this.#blind.delete(path);
    this.#wake?.();
  }

  /** Waits for the end of the pause after a telling, unless the first failure comes. */
  async #gap(toldAtMs: number, signal: AbortSignal): Promise<void> {
    const pauseMs = toldAtMs + TELL_GAP_MS - this.#clock.now();
    if (pauseMs <= 0) return;
    const pause = new AbortController();
    const over = this.#clock.sleep(pauseMs, pause.signal).then(
      () => true,
      () => true,
    );
    let isOver = false;
    void over.then(() => {
      isOver = true;
      this.#wake?.();
    });
    await this.#until(() => isOver || signal.aborted || this.#isUrgent());
    pause.abort();
  }

  async #until(condition: () => boolean): Promise<void> {
    while (!condition())
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    this.#wake = undefined;
  }

  #isUrgent(): boolean {
    return !this.#failureTold && (this.#tally?.failing ?? false);
  }

  #hasNews(): boolean {
    return (
      (this.#tally?.changed ?? false) ||
      this.#minutes.size > 0 ||
      this.#alarms !== undefined ||
      this.#alias !== undefined ||
      this.#deployment !== undefined ||
      this.#blindText() !== this.#toldBlind
    );
  }

  #take(): Observation {
    const blind = this.#blindText();
    if (this.#tally?.failing) this.#failureTold = true;
    const observation: Observation = {
      ...(this.#tally?.changed ? { logs: this.#tally.take() } : {}),
      ...(this.#minutes.size > 0 ? { minutes: [...this.#minutes.values()] } : {}),
      ...(this.#alarms === undefined ? {} : { alarms: this.#alarms }),
      ...(this.#alias === undefined ? {} : { alias: this.#alias }),
      ...(this.#deployment === undefined ? {} : { deployment: this.#deployment }),
      ...(blind === this.#toldBlind ? {} : { blind: [...this.#blind.values()] }),
    };
    this.#minutes = new Map();
    this.#alarms = undefined;
    this.#alias = undefined;
    this.#deployment = undefined;
    this.#toldBlind = blind;
    return observation;
  }

  #blindText(): string {
    return JSON.stringify([...this.#blind.values()]);
  }
}
