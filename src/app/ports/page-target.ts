/** Where the files of a status page lie: a folder, or objects that a web server or CDN stands before. */
export interface PageTarget {
  /** For people: a path or an S3 address. */
  readonly place: string;
  /** Writes one file whole or not at all. `path` has names and slashes alone. */
  write(path: string, text: string, contentType: string): Promise<void>;
}
