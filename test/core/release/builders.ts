import type { AliasKey, AliasSnapshot, Routing } from '../../../src/core/release/alias.ts';
import { alone, writeDescription } from '../../../src/core/release/alias.ts';
import type { Command, CommandResult } from '../../../src/core/release/commands.ts';
import { decide } from '../../../src/core/release/decide.ts';
import type { AliasEvent } from '../../../src/core/release/events.ts';
import type { Observation } from '../../../src/core/release/observation.ts';
import type { Plan } from '../../../src/core/release/plan.ts';
import { type AliasDoc, emptyDoc, type Release } from '../../../src/core/release/release.ts';
import { SYSTEM, type Who } from '../../../src/core/who.ts';

export const KEY: AliasKey = { account: '123456789012', region: 'eu-west-1', function: 'checkout', alias: 'live' };
export const ALICE: Who = { name: 'alice', provedBy: 'os-user' };
export const T0 = Date.UTC(2026, 0, 5, 12, 0, 0);

export function plan(changes: Partial<Plan> = {}): Plan {
  return {
    key: KEY,
    stable: '41',
    candidate: '42',
    strategy: 'canary 10% 30s',
    steps: [
      { weightPercent: 10, holdMs: 30_000 },
      { weightPercent: 100, holdMs: 60_000 },
    ],
    gates: [],
    alarms: [],
    thresholds: [],
    judge: null,
    signals: { logs: true, metrics: true },
    blindSpots: [],
    warnings: [],
    description: 'the shop',
    deploymentId: 'd-ABCDEFGHI',
    secret: 'secret',
    ...changes,
  };
}

export function snapshot(routing: Routing, description = 'the shop', revisionId = 'rev'): AliasSnapshot {
  return { version: routing.version, second: routing.second, description, revisionId };
}

/** One alias actor, driven by hand: keeps the document, the clock and the commands that are still owed. */
export class Story {
  doc: AliasDoc = emptyDoc(KEY);
  at = T0;
  commands: Command[] = [];
  /** Everything that was ever commanded. */
  readonly log: Command[] = [];

  get release(): Release {
    if (!this.doc.release) throw new Error('no release yet');
    return this.doc.release;
  }

  tell(event: AliasEvent): this {
    const { state, commands } = decide(this.doc, event);
    this.doc = state;
    this.commands.push(...commands);
    this.log.push(...commands);
    return this;
  }

  start(changes: Partial<Plan> = {}): this {
    const alias = snapshot(alone('41'), 'the shop', 'rev-0');
    return this.tell({
      kind: 'start',
      at: this.at,
      who: ALICE,
      releaseId: 'r-1',
      plan: plan(changes),
      readings: { alias, alarms: [] },
    });
  }

  /** The oldest command of a kind that is owed. */
  owed<K extends Command['kind']>(kind: K): Extract<Command, { kind: K }> {
    const found = this.commands.find((command): command is Extract<Command, { kind: K }> => command.kind === kind);
    if (!found) throw new Error(`no ${kind} is owed: ${JSON.stringify(this.commands.map((c) => c.key))}`);
    return found;
  }

  /** Takes it out of what is owed. */
  take<K extends Command['kind']>(kind: K): Extract<Command, { kind: K }> {
    const found = this.owed(kind);
    this.commands.splice(this.commands.indexOf(found), 1);
    return found;
  }

  result(command: string, result: CommandResult): this {
    return this.tell({ kind: 'result', at: this.at, who: SYSTEM, releaseId: this.release.id, command, result });
  }

  /** Carries out the alias write that is owed, as AWS would. */
  write(): this {
    const command = this.take('setAlias');
    const tag = command.keepTag ? { releaseId: command.releaseId, fence: command.fence } : null;
    const after = snapshot(command.target, writeDescription(command.description, tag), `rev-${command.fence}`);
    return this.result(command.key, { outcome: 'aliasSet', snapshot: after, sentAt: this.at });
  }

  /** Answers the look that is owed. */
  look(observation: Observation = {}): this {
    return this.result(this.take('observe').key, { outcome: 'observed', observation });
  }

  observe(observation: Observation): this {
    return this.tell({ kind: 'observed', at: this.at, who: SYSTEM, releaseId: this.release.id, observation });
  }

  wait(ms: number): this {
    this.at += ms;
    return this.tell({ kind: 'tick', at: this.at, who: SYSTEM });
  }

  order(kind: 'pause' | 'resume' | 'rollback', why?: string): this {
    return this.tell({
      kind,
      at: this.at,
      who: ALICE,
      releaseId: this.release.id,
      ...(why === undefined ? {} : { why }),
    });
  }

  promote(full = false): this {
    return this.tell({ kind: 'promote', full, at: this.at, who: ALICE, releaseId: this.release.id });
  }
}
