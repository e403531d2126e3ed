import type { Aliases } from '../../src/app/ports/aliases.ts';
import { AwsProblem, type ProblemKind } from '../../src/app/ports/problem.ts';
import { type AliasKey, type AliasSnapshot, actorOf, type Routing } from '../../src/core/release/alias.ts';

/**
 * What a call meets: `lostBefore` the connection breaks and nothing was done · `lostAfter` it was done, the answer is
 * lost · a problem kind: AWS refuses · `stale` (reads) the answer is one change old.
 */
export type Fault = 'lostBefore' | 'lostAfter' | 'stale' | Exclude<ProblemKind, 'unavailable'>;

export interface AppliedWrite {
  readonly by: string;
  readonly before: AliasSnapshot;
  readonly after: AliasSnapshot;
}

/**
 * Lambda's aliases in memory. Its contract, as far as the product relies on it:
 * every change gives the alias a revision never seen before · an update for another revision than the current one is
 * refused (`precondition`) and changes nothing · an update replaces routing and description as a whole · a read answers
 * what was true at some time, mostly the latest · whoever loses an answer cannot know whether the update was done.
 */
export class FakeAliases implements Aliases {
  readonly writes: AppliedWrite[] = [];
  /** Taken from the front, one for each call of that operation; undefined lets the call through. */
  readonly faults: { get: (Fault | undefined)[]; update: (Fault | undefined)[] } = { get: [], update: [] };
  readonly calls: string[] = [];
  /** Runs when an update has arrived and before it is looked at: the place for a race. */
  onUpdate: () => void = () => undefined;
  readonly #aliases = new Map<string, { now: AliasSnapshot; past: AliasSnapshot }>();
  #revision = 0;

  put(key: AliasKey, routing: Routing, description: string): AliasSnapshot {
    const snapshot = this.#snapshot(routing, description);
    this.#aliases.set(actorOf(key), { now: snapshot, past: snapshot });
    return snapshot;
  }

  now(key: AliasKey): AliasSnapshot {
    const found = this.#aliases.get(actorOf(key));
    if (!found) throw new Error(`no alias ${actorOf(key)}`);
    return found.now;
  }

  remove(key: AliasKey): void {
    this.#aliases.delete(actorOf(key));
  }

  /** A change by somebody who knows nothing of releases; without a description the present one stays, as at AWS. */
  foreign(key: AliasKey, routing: Routing, description = this.now(key).description): AliasSnapshot {
    return this.#apply(key, 'somebody else', routing, description);
  }

  /** The same service as seen by one caller, named in `writes`. */
  as(by: string): Aliases {
    return {
      get: (key) => this.get(key),
      update: (key, to, revisionId) => this.update(key, to, revisionId, by),
      create: (key, version, description) => this.create(key, version, description),
    };
  }

  async get(key: AliasKey): Promise<AliasSnapshot | undefined> {
    this.calls.push('GetAlias');
    const fault = this.faults.get.shift();
    if (fault === 'lostBefore' || fault === 'lostAfter') throw lost('GetAlias');
    if (fault !== undefined && fault !== 'stale') throw new AwsProblem(fault, 'GetAlias', fault, 'as arranged');
    const found = this.#aliases.get(actorOf(key));
    return fault === 'stale' ? found?.past : found?.now;
  }

  async update(
    key: AliasKey,
    to: Routing & { description: string },
    revisionId: string,
    by = 'switchback',
  ): Promise<AliasSnapshot> {
    this.calls.push('UpdateAlias');
    const fault = this.faults.update.shift();
    if (fault === 'lostBefore') throw lost('UpdateAlias');
    if (fault !== undefined && fault !== 'lostAfter' && fault !== 'stale') {
      throw new AwsProblem(fault, 'UpdateAlias', fault, 'as arranged');
    }
    this.onUpdate();
    const found = this.#aliases.get(actorOf(key));
    if (!found) throw new AwsProblem('missing', 'UpdateAlias', 'ResourceNotFoundException', 'no such alias');
    if (found.now.revisionId !== revisionId) {
      throw new AwsProblem('precondition', 'UpdateAlias', 'PreconditionFailedException', 'another revision');
    }
    const snapshot = this.#apply(key, by, to, to.description);
    if (fault === 'lostAfter') throw lost('UpdateAlias');
    return snapshot;
  }

  async create(key: AliasKey, version: string, description: string): Promise<AliasSnapshot> {
    return this.put(key, { version, second: null }, description);
  }

  #apply(key: AliasKey, by: string, routing: Routing, description: string): AliasSnapshot {
    const before = this.now(key);
    const after = this.#snapshot(routing, description);
    this.#aliases.set(actorOf(key), { now: after, past: before });
    this.writes.push({ by, before, after });
    return after;
  }

  #snapshot({ version, second }: Routing, description: string): AliasSnapshot {
    this.#revision += 1;
    return { version, second, description, revisionId: `revision-${this.#revision}` };
  }
}

function lost(operation: string): AwsProblem {
  return new AwsProblem('unavailable', operation, 'TimeoutError', 'the connection was lost');
}
