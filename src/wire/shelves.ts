import { dirname, join } from 'node:path';
import type { Shelf } from '../app/ports/shelf.ts';
import type { Aws } from '../aws/index.ts';
import { kindOf } from '../hosts/kind.ts';

/** `gates`: files that gates need · `evidence`: reports that gates wrote · `messages`: what no channel takes · `postmortems` and `changes` are Markdown, for people. */
export type ShelfName = 'bundles' | 'calibrations' | 'messages' | 'postmortems' | 'changes' | 'gates' | 'evidence';

export interface ShelfOptions {
  readonly stateFile: string;
  readonly shelfFolder?: string;
}

/** Beside the state: a folder for a file, a prefix in S3. Restate keeps actors only, so there it is a folder here. */
export async function shelfFor(
  aws: Pick<Aws, 'objects'>,
  { stateFile, shelfFolder }: ShelfOptions,
  name: ShelfName,
): Promise<Shelf> {
  const { folderShelf, NO_SHELF, objectShelf } = await import('../app/shelf.ts');
  const kind = kindOf(stateFile);
  if (kind === 'restate') return shelfFolder === undefined ? NO_SHELF : folderShelf(join(shelfFolder, name));
  if (kind === 'file') return folderShelf(join(dirname(stateFile), name));
  const { readPlace } = await import('../hosts/s3/place.ts');
  const { bucket, prefix } = readPlace(stateFile);
  return objectShelf(aws.objects(bucket, `${prefix}${name}/`));
}

/** A shelf that is made at its first use: most commands end without one. */
export function lazyShelf(make: () => Promise<Shelf>): Shelf {
  return {
    read: async (name, maxBytes) => (await make()).read(name, maxBytes),
    write: async (name, text) => (await make()).write(name, text),
    list: async () => (await make()).list(),
    remove: async (name) => (await make()).remove(name),
  };
}

/** Where a text of a shelf lies, as a path that can be opened; undefined where it is no file. */
export function placeOf({ stateFile, shelfFolder }: ShelfOptions, name: ShelfName, text: string): string | undefined {
  const kind = kindOf(stateFile);
  const folder = kind === 'file' ? dirname(stateFile) : shelfFolder;
  return folder === undefined || kind === 's3' ? undefined : join(folder, name, text);
}
