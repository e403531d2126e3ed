import type { Followed, Reader } from '../../src/app/ports/signals.ts';

/** Follows nothing and tells nothing. */
export function followNothing(): Followed {
  return { stop: async () => undefined };
}

/** Signals that cannot be followed, for this reason. */
export function unfollowable(error: Error): (reader: Reader) => Followed {
  return (reader) => {
    queueMicrotask(() => reader.ended(error));
    return followNothing();
  };
}
