/** Texts that gates need or leave behind; they lie beside the state, so that whoever drives the release finds them. */
export interface GateFiles {
  /** Keeps files that a plan refers to, by their SHA-256. */
  keep(files: ReadonlyMap<string, string>): Promise<void>;
  /** A file by its SHA-256. Throws, with a sentence, where it is not there or is another one. */
  read(sha256: string, name: string): Promise<string>;
  /** Keeps a report of a gate, and answers its SHA-256. */
  report(name: string, text: string): Promise<string>;
}
