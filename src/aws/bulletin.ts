import type { Observation } from '../core/release/observation.ts';
import { alarmsSeen } from '../core/release/watch.ts';
import { isInvoked } from './log-sources.ts';
import type { LogTally } from './log-tally.ts';
import type { Minutes } from './metric-minutes.ts';

/** The paths of a watch; each is either seen or blind. */
export type Path = 'logs' | 'metrics' | 'alarms' | 'alias' | 'deployment';

/** News that nobody has been told yet. */
interface News {
  minutes?: Map<number, Minutes[number]>;
  alarms?: NonNullable<Observation['alarms']>;
  alias?: NonNullable<Observation['alias']> | null;
  deployment?: NonNullable<Observation['deployment']>;
}

const NOT_BLIND = {};

/**
 * What changed since the last telling. The paths pin news here as they come; whoever tells takes them off, so nothing is
 * told twice. Thousands of these lie about with nothing on them, so each part is made when it is first needed.
 */
export class Bulletin {
  readonly #owner: { onNews(): void };
  /** Counts log records; undefined while the log is not read. */
  tally: LogTally | undefined;
  #news: News | undefined;
  #toldMinutes: Map<number, string> | undefined;
  #seenAlarms: string | undefined;
  #toldAlias: string | undefined;
  #toldDeployment: string | undefined;
  #blind: Readonly<Partial<Record<Path, string>>> = NOT_BLIND;
  #toldBlind: readonly string[] = [];
  #failureTold = false;
  #invoked = false;

  /** `onNews` is called whenever there may be something to tell; `alarmsSeen` as in the watch. */
  constructor(owner: { onNews(): void }, alarmsSeen: string | undefined) {
    this.#owner = owner;
    this.#seenAlarms = alarmsSeen;
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
      this.#toldMinutes ??= new Map();
      if (this.#toldMinutes.get(minute.minuteMs) === text) continue;
      this.#toldMinutes.set(minute.minuteMs, text);
      const news = this.#fresh();
      news.minutes ??= new Map();
      news.minutes.set(minute.minuteMs, minute);
    }
    // CloudWatch is asked for the same stretch every time: what has left it cannot change any more.
    const oldest = minutes[0]?.minuteMs ?? 0;
    for (const minuteMs of this.#toldMinutes?.keys() ?? []) if (minuteMs < oldest) this.#toldMinutes?.delete(minuteMs);
    this.#seen('metrics');
  }

  alarmsRead(alarms: NonNullable<Observation['alarms']>): void {
    const seen = alarmsSeen(alarms);
    if (seen !== this.#seenAlarms) this.#fresh().alarms = alarms;
    this.#seenAlarms = seen;
    this.#seen('alarms');
  }

  aliasRead(alias: NonNullable<Observation['alias']> | null): void {
    const text = JSON.stringify(alias);
    if (text !== this.#toldAlias) this.#fresh().alias = alias;
    this.#toldAlias = text;
    this.#seen('alias');
  }

  deploymentRead(deployment: NonNullable<Observation['deployment']>): void {
    const text = JSON.stringify(deployment);
    if (text !== this.#toldDeployment) this.#fresh().deployment = deployment;
    this.#toldDeployment = text;
    this.#seen('deployment');
  }

  /** A path was looked at, and there was nothing new. */
  quiet(path: Path): void {
    if (this.#blind[path] === undefined) return;
    this.#seen(path);
  }

  /** A path cannot be read now; `sentence` says which and what that means. */
  blindTo(path: Path, sentence: string): void {
    this.#blind = { ...this.#blind, [path]: sentence };
    this.#tellOf();
  }

  /** The first failure is worth an interruption of any pause. */
  get isUrgent(): boolean {
    return !this.#failureTold && (this.tally?.failing ?? false);
  }

  get hasNews(): boolean {
    return (this.tally?.changed ?? false) || this.#news !== undefined || this.#isNewlyBlind;
  }

  take(): Observation {
    const isNewlyBlind = this.#isNewlyBlind;
    if (isNewlyBlind) this.#toldBlind = Object.values(this.#blind);
    if (this.tally?.failing) this.#failureTold = true;
    const { minutes, ...rest } = this.#news ?? {};
    this.#news = undefined;
    return {
      ...(this.tally?.changed ? { logs: this.tally.take() } : {}),
      ...(minutes ? { minutes: [...minutes.values()] } : {}),
      ...rest,
      ...(isNewlyBlind ? { blind: this.#toldBlind } : {}),
    };
  }

  #fresh(): News {
    this.#news ??= {};
    return this.#news;
  }

  #seen(path: Path): void {
    if (this.#blind[path] !== undefined) {
      const { [path]: _seen, ...blind } = this.#blind;
      this.#blind = blind;
    }
    this.#tellOf();
  }

  #tellOf(): void {
    if (this.hasNews) this.#owner.onNews();
  }

  get #isNewlyBlind(): boolean {
    const now = Object.values(this.#blind);
    return now.length !== this.#toldBlind.length || now.some((sentence, at) => sentence !== this.#toldBlind[at]);
  }
}
