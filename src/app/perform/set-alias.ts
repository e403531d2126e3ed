import {
  type AliasKey,
  type AliasSnapshot,
  describeRouting,
  MAX_USER_DESCRIPTION,
  type OwnerTag,
  readDescription,
  writeDescription,
} from '../../core/release/alias.ts';
import type { CommandResult } from '../../core/release/commands.ts';
import { isMovedByLambda } from '../../core/release/provisioned.ts';
import { textOf } from '../error-text.ts';
import type { Aliases, Urgency } from '../ports/aliases.ts';
import type { Clock } from '../ports/clock.ts';
import type { TrafficFacts } from '../ports/traffic-facts.ts';
import { type Ownership, ownershipOf, type Sent, type SetAlias } from './ownership.ts';
import { failure, isKind, isRefused, isRetryable, Patience } from './patience.ts';

export interface SetAliasPorts {
  readonly aliases: Pick<Aliases, 'get' | 'update'>;
  readonly clock: Clock;
  /** At least 0, less than 1. */
  readonly random: () => number;
  /** The newest write that the engine has asked for on this alias; undefined where no engine can be asked. */
  readonly newest: (key: AliasKey) => Promise<OwnerTag | undefined>;
  /** Whether the alias has provisioned concurrency, asked where it shows weights that this write did not set. */
  readonly traffic: Pick<TrafficFacts, 'concurrency'>;
}

/** A read that says that somebody else moved the alias ends the release, so it is repeated: reads can be outdated. */
const FOREIGN_REREADS = 4;

/**
 * Moves an alias, fenced at AWS: the revision refuses a write that does not know of the latest change, the owner tag tells
 * afterwards whose change it was, and only what was read back counts as done. Never throws.
 */
export async function setAlias(command: SetAlias, ports: SetAliasPorts): Promise<CommandResult> {
  return new AliasWrite(command, ports).run();
}

type Failed = Extract<CommandResult, { outcome: 'failed' }>;

class AliasWrite {
  readonly #command: SetAlias;
  readonly #ports: SetAliasPorts;
  readonly #patience: Patience;
  readonly #urgency: Urgency;
  readonly #startedAt: number;
  #sentAt: number | undefined;
  #sent: Sent | undefined;

  constructor(command: SetAlias, ports: SetAliasPorts) {
    this.#command = command;
    this.#ports = ports;
    this.#patience = new Patience(ports.clock, ports.random);
    this.#urgency = command.urgent ? 'rollback' : 'step';
    this.#startedAt = ports.clock.now();
  }

  async run(): Promise<CommandResult> {
    const { last } = this.#command;
    // One call instead of three: where `last` is outdated its revision is refused and nothing happened.
    if (last && this.#judge(last).is === 'ours') {
      const failed = await this.#send(last);
      if (failed) return failed;
    }
    for (;;) {
      const found = await this.#read();
      if ('outcome' in found) return found;
      const failed = await this.#send(found);
      if (failed) return failed;
    }
  }

  /** Reads until the alias is ours to write, and answers it; or what became of the command. */
  async #read(): Promise<AliasSnapshot | CommandResult> {
    for (let foreign = 0; ; ) {
      const found = await this.#get();
      if (found && 'outcome' in found) return found;
      const ownership: Ownership = found ? this.#judge(found) : { is: 'foreign' };
      if (ownership.is === 'done') return this.#done(found!);
      if (ownership.is === 'superseded') return { outcome: 'superseded', by: ownership.by };
      if (ownership.is === 'ours') return (await this.#overtaken()) ?? found!;
      const moving = ownership.is === 'moving' ? await this.#moving(found!) : undefined;
      if (ownership.is === 'foreign' || (ownership.is === 'moving' && moving === undefined)) foreign += 1;
      if (foreign > FOREIGN_REREADS) return { outcome: 'aliasForeign', found: found ?? null };
      if (!(await this.#patience.settle())) return moving ?? this.#timedOut(found);
    }
  }

  /** What to answer if Lambda does not get done in time; undefined where the weights are not Lambda's own. */
  async #moving(found: AliasSnapshot): Promise<Failed | undefined> {
    try {
      const { provisioned } = await this.#ports.traffic.concurrency(this.#command.alias);
      if (!isMovedByLambda(found, provisioned)) return undefined;
      const to = `version ${found.version} is warm (provisioned concurrency, ${provisioned?.status})`;
      const error = `Lambda itself keeps ${found.second?.weightPercent} % of the traffic on version ${found.second?.version} until ${to}`;
      return { outcome: 'failed', error, retryable: true };
    } catch (error) {
      return failure(error);
    }
  }

  /** Reads the alias, trying again while AWS does not answer. */
  async #get(): Promise<AliasSnapshot | undefined | Failed> {
    for (;;) {
      try {
        return await this.#ports.aliases.get(this.#command.alias, this.#urgency);
      } catch (error) {
        if (!isRetryable(error)) return failure(error);
        if (!(await this.#patience.wait())) return failure(error);
      }
    }
  }

  /** Sends one `UpdateAlias`. Answers only where nothing more can be done: whatever else happened, a read tells. */
  async #send(from: AliasSnapshot): Promise<CommandResult | undefined> {
    const { aliases, clock } = this.#ports;
    if (this.#patience.isOver) return this.#timedOut(from);
    this.#sentAt ??= clock.now();
    try {
      await aliases.update(this.#command.alias, this.#wanted(from), from.revisionId, this.#urgency);
      this.#sent = { base: from.revisionId, accepted: true };
      return undefined;
    } catch (error) {
      if (!isRefused(error)) this.#sent = { base: from.revisionId, accepted: false };
      if (isKind(error, 'precondition')) return undefined;
      if (isKind(error, 'missing')) return this.#missing(error);
      if (!isRetryable(error) || !(await this.#patience.wait())) return failure(error);
      return undefined;
    }
  }

  /** The alias is gone, which somebody did; or the version is, which no trying helps. */
  async #missing(error: unknown): Promise<CommandResult> {
    const found = await this.#get();
    return found === undefined ? { outcome: 'aliasForeign', found: null } : failure(error);
  }

  /** Where this write fell behind while it waited, the engine has asked for a later one. */
  async #overtaken(): Promise<CommandResult | undefined> {
    const { releaseId, fence, alias } = this.#command;
    try {
      const newest = await this.#ports.newest(alias);
      if (newest === undefined || (newest.releaseId === releaseId && newest.fence <= fence)) return undefined;
      return { outcome: 'superseded', by: newest };
    } catch (error) {
      return { outcome: 'failed', error: `the engine could not be asked: ${textOf(error)}`, retryable: true };
    }
  }

  #judge(found: AliasSnapshot): Ownership {
    return ownershipOf(this.#command, found, this.#sent);
  }

  /** The user's text as it is now: they may have edited it since the release began. */
  #wanted(from: AliasSnapshot) {
    const { target, keepTag, releaseId, fence, description } = this.#command;
    const { text } = readDescription(from.description);
    const kept = text.length <= MAX_USER_DESCRIPTION ? text : description;
    return { ...target, description: writeDescription(kept, keepTag ? { releaseId, fence } : null) };
  }

  #done(snapshot: AliasSnapshot): CommandResult {
    // Our tag tells that a write of this command went through, but not which: it may be one of a process that died.
    const over = this.#sent?.accepted ? { over: this.#sent.base } : {};
    return { outcome: 'aliasSet', snapshot, sentAt: this.#sentAt ?? this.#startedAt, ...over };
  }

  #timedOut(found: AliasSnapshot | undefined): Failed {
    const { alias, target } = this.#command;
    const now = found ? `sends ${describeRouting(found)}` : 'does not exist';
    const error = `alias ${alias.alias} was to send ${describeRouting(target)}; as last read it ${now}`;
    return { outcome: 'failed', error, retryable: true };
  }
}
