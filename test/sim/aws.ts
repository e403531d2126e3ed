import type { Aliases } from '../../src/app/ports/aliases.ts';
import { AwsProblem } from '../../src/app/ports/problem.ts';
import { type AliasSnapshot, alone, type Routing, readDescription } from '../../src/core/release/alias.ts';
import type { Random } from './random.ts';
import type { Timeline } from './timeline.ts';

/** How likely each trouble is, per call. */
export interface Troubles {
  /** Refused before anything was done. */
  readonly throttled: number;
  readonly serverError: number;
  /** Done, but the caller never hears of it. */
  readonly lostAnswer: number;
  /** The call never arrives. */
  readonly lostRequest: number;
  /** A read answers the alias as it was before one of the last writes. */
  readonly staleRead: number;
  /** The call takes seconds, and may land long after its sender has died. */
  readonly slow: number;
}

/** A protection that is taken out, to see whether the laws notice: what AWS, or our fencing, would no longer do. */
export type Mutation =
  | 'none'
  | 'noRevisionCheck'
  | 'noOwnerTag'
  | 'noReadBack'
  /** Whoever delivers a message does not ask whether somebody else has begun to. */
  | 'noSendClaim';

/** For how long a read may be outdated where more than one write has been made since; AWS's are so for some seconds. */
export const OUTDATED_MS = 20_000;
const WRITES_AGO = [1, 1, 1, 2, 3] as const;

/** One write that AWS applied. `by`: the release whose write it was, or `foreign`. */
export interface Applied {
  readonly at: number;
  readonly by: string;
  /** Of the command; empty for strangers. */
  readonly key: string;
  readonly fence: number | null;
  readonly before: AliasSnapshot;
  readonly after: AliasSnapshot;
}

/**
 * One alias at AWS. Contract: a write is applied if and only if its revision is the current one when it ARRIVES; each
 * applied write makes a new revision; a caller may hear late, never, or something else than what happened.
 */
export class SimAws {
  readonly applied: Applied[] = [];
  alias: AliasSnapshot;
  /** As it was before anything happened. */
  readonly first: AliasSnapshot;
  #revision = 1;
  readonly #timeline: Timeline;
  readonly #random: Random;
  readonly #troubles: Troubles;
  readonly #mutation: Mutation;

  constructor(timeline: Timeline, random: Random, troubles: Troubles, version: string, mutation: Mutation) {
    this.#mutation = mutation;
    this.#timeline = timeline;
    this.#random = random;
    this.#troubles = troubles;
    this.alias = { ...alone(version), description: 'the shop', revisionId: 'rev-1' };
    this.first = this.alias;
  }

  /** The alias as one process sees it: its calls stop answering when that process dies. `by` is the release, `key` the command. */
  portFor(by: string, key: string, alive: () => boolean): Aliases {
    const call = <T>(apply: () => T): Promise<T> => this.#call(apply, alive);
    let believed: AliasSnapshot | undefined;
    return {
      get: () => {
        // Without a read-back the engine takes its own word for what it sent.
        if (this.#mutation === 'noReadBack' && believed) return Promise.resolve(believed);
        return call(() => this.read());
      },
      update: (_key, to, revisionId) => {
        const sent =
          this.#mutation === 'noOwnerTag' ? { ...to, description: readDescription(to.description).text } : to;
        if (this.#mutation === 'noReadBack') believed = { ...to, revisionId: 'believed' };
        return call(() => this.#write(sent, revisionId, by, key));
      },
      create: () => Promise.reject(new Error('the simulation creates no aliases')),
    };
  }

  /** As AWS answers a read: the alias, or as it was before the last write, or before one of the last seconds. */
  read(): AliasSnapshot {
    if (!this.#random.chance(this.#troubles.staleRead)) return this.alias;
    return this.#before(this.#random.pick(WRITES_AGO), OUTDATED_MS) ?? this.applied.at(-1)?.before ?? this.first;
  }

  /** The same, by an AWS whose reads are not outdated for longer than that. */
  readWithin(ms: number): AliasSnapshot {
    const past = this.#random.chance(this.#troubles.staleRead) ? this.#before(1, ms) : undefined;
    return past ?? this.alias;
  }

  #before(writesAgo: number, withinMs: number): AliasSnapshot | undefined {
    const write = this.applied.at(-writesAgo);
    return write && write.at > this.#timeline.now - withinMs ? write.before : undefined;
  }

  /** Somebody else moves the alias, without asking anybody. */
  foreign(routing: Routing, description = 'moved by hand'): void {
    this.#apply({ ...routing, description }, 'foreign', '', null);
  }

  #write(to: Routing & { description: string }, revisionId: string, by: string, key: string): AliasSnapshot {
    if (this.#mutation !== 'noRevisionCheck' && revisionId !== this.alias.revisionId) {
      throw new AwsProblem(
        'precondition',
        'UpdateAlias',
        'PreconditionFailedException',
        'the revision is not the latest',
      );
    }
    return this.#apply(to, by, key, readDescription(to.description).tag?.fence ?? null);
  }

  #apply(to: Routing & { description: string }, by: string, key: string, fence: number | null): AliasSnapshot {
    this.#revision += 1;
    const after = {
      version: to.version,
      second: to.second,
      description: to.description,
      revisionId: `rev-${this.#revision}`,
    };
    this.applied.push({ at: this.#timeline.now, by, key, fence, before: this.alias, after });
    this.alias = after;
    return after;
  }

  #call<T>(apply: () => T, alive: () => boolean): Promise<T> {
    const random = this.#random;
    const { throttled, serverError, lostAnswer, lostRequest, slow } = this.#troubles;
    const trip = random.chance(slow) ? random.int(500, 20_000) : random.int(2, 40);
    return this.#timeline.promise((resolve, reject) => {
      const answer = (run: () => void): void => this.#timeline.after(random.int(1, 20), () => alive() && run());
      this.#timeline.after(trip, () => {
        if (random.chance(throttled)) return answer(() => reject(problem('throttled', 'TooManyRequestsException')));
        if (random.chance(serverError)) return answer(() => reject(problem('unavailable', 'ServiceException')));
        if (random.chance(lostRequest))
          return this.#timeline.after(5_000, () => alive() && reject(problem('unavailable', 'TimeoutError')));
        try {
          const value = apply();
          if (random.chance(lostAnswer))
            this.#timeline.after(5_000, () => alive() && reject(problem('unavailable', 'TimeoutError')));
          else answer(() => resolve(value));
        } catch (error) {
          answer(() => reject(error));
        }
      });
    });
  }
}

function problem(kind: 'throttled' | 'unavailable', code: string): AwsProblem {
  return new AwsProblem(kind, 'UpdateAlias', code, 'simulated');
}
