/**
 * Why the state cannot be used, by what a person does about it: `corrupt` restore or use another · `readOnly`, `full`
 * make it writable · `locked` find the process that holds it · `network` move it to a local disk · `newer` upgrade ·
 * `foreign` it belongs to another program · `tooLarge` one document exceeds its limit · `closed` the host was closed ·
 * `unreadable` the operating system refused.
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
  | 'unreadable';

export class StateProblem extends Error {
  readonly kind: StateProblemKind;
  /** The state file. */
  readonly file: string;

  constructor(kind: StateProblemKind, file: string, message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'StateProblem';
    this.kind = kind;
    this.file = file;
  }
}
