/** Small texts under names, kept beside the state: bundles of past releases, calibrations. */
export interface Shelf {
  /** Undefined where there is no such text. Throws where it is larger than `maxBytes`. */
  read(name: string, maxBytes: number): Promise<string | undefined>;
  /** Writes it whole or not at all; what was there is replaced. */
  write(name: string, text: string): Promise<void>;
  /** The names, in their order; at most some thousands. */
  list(): Promise<readonly string[]>;
  remove(name: string): Promise<void>;
}
