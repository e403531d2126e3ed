/**
 * Why the state cannot be used, by what a person does about it: `corrupt` restore or use another · `readOnly`, `full`
 * make it writable · `locked` find the process that holds it · `network` move it to a local disk · `newer` upgrade ·
 * `foreign` it belongs to another program · `tooLarge` one document exceeds its limit · `closed` the host was closed ·
 * `unreadable` the operating system refused · `unreachable` start what serves it · `moved` use the place that is named.
 */
export type StateProblemKind =
  | 'corrupt'
  | 'readOnly'
  | 'full'
  | 'locked'
  | 'network'
  | 'newer'
  | 'foreign'
  | 'tooLarge'
  | 'closed'
  | 'unreadable'
  | 'unreachable'
  | 'moved';

export class StateProblem extends Error {
  readonly kind: StateProblemKind;
  /** The state file, or the place where the state lies. */
  readonly file: string;

  constructor(kind: StateProblemKind, file: string, message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'StateProblem';
    this.kind = kind;
    this.file = file;
  }
}

/** For an actor that lives elsewhere now; `to` is where, as `--state` takes it. */
export function movedAway(place: string, actor: string, to: string): StateProblem {
  return new StateProblem('moved', place, `state ${place}: ${actor} was moved to ${to}: use --state ${to}`);
}

/** For an actor whose move to this place has begun and not ended. */
export function stillArriving(place: string, actor: string): StateProblem {
  const next = 'run the same "switchback move" again, it goes on where it stopped';
  return new StateProblem('moved', place, `state ${place}: the move of ${actor} to this place has not ended: ${next}`);
}
