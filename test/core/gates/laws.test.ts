import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { GateCheck } from '../../../src/core/gates/checks.ts';
import { type Gate, type GatePlace, isSettled, owedAt, type Stop } from '../../../src/core/gates/gate.ts';
import { hookGate } from '../../../src/core/gates/upgrade.ts';
import { alone, shareOf } from '../../../src/core/release/alias.ts';
import type { Command } from '../../../src/core/release/commands.ts';
import { isOpen, stateOf } from '../../../src/core/release/release.ts';
import { SYSTEM } from '../../../src/core/who.ts';
import fc from '../../property.ts';
import { Story, snapshot } from '../release/builders.ts';

const STEPS = [5, 50, 100].map((weightPercent) => ({ weightPercent, holdMs: 10_000 }));
const PLACES: readonly GatePlace[] = [
  'beforeTraffic',
  'everyStep',
  { step: 2 },
  { step: 3 },
  'afterTraffic',
  'beforePromotion',
];
const CHECKS: readonly GateCheck[] = [
  { kind: 'command', command: ['true'], folder: '/' },
  { kind: 'approval', title: 'UAT', people: ['bob'], roles: [], fourEyes: false },
];

const rule = fc.constantFrom('rollback', 'hold', 'continue') as fc.Arbitrary<Gate['onFail']>;
const oneGate = fc
  .record({
    at: fc.constantFrom(...PLACES),
    kind: fc.constantFrom('hook', 'command', 'approval'),
    onFail: rule,
    onSilence: rule,
  })
  .map(({ at, kind, onFail, onSilence }): Gate => {
    const check = CHECKS.find((each) => each.kind === kind);
    const strict = (given: Gate['onFail']) => (kind === 'approval' && given === 'continue' ? 'hold' : given);
    const base = check ? { id: '', at, check, timeoutMs: 30_000 } : hookGate('', at, 'smoke', 30_000);
    return { ...base, onFail: strict(onFail), onSilence: strict(onSilence) };
  });
const gates = fc.array(oneGate, { maxLength: 5 }).map((drawn) => drawn.map((gate, n) => ({ ...gate, id: `g${n}` })));

/** What happens next: mostly the world does its part, sometimes people do, sometimes a message comes twice or late. */
const happening = fc.oneof(
  { weight: 12, arbitrary: fc.constantFrom('work', 'pass', 'wait') },
  { weight: 4, arbitrary: fc.constantFrom('fail', 'inconclusive', 'silence', 'approve', 'wrongApproval', 'replay') },
  { weight: 2, arbitrary: fc.constantFrom('pause', 'resume', 'promote', 'promoteFull', 'strayLook', 'blind') },
  { weight: 1, arbitrary: fc.constant('rollback') },
);

/** A release in a world that can be told what to do next, checking the laws at every command. */
class Told extends Story {
  readonly past: { command: string; result: Parameters<Story['result']>[1] }[] = [];
  #checked = 0;

  next(what: string): unknown {
    this.at += 100;
    const { release } = this;
    switch (what) {
      case 'work':
        return this.#work();
      case 'pass':
      case 'fail':
      case 'inconclusive':
        return this.#answer(what);
      case 'silence':
        return this.wait(30_000);
      case 'wait':
        return this.wait(10_000);
      case 'approve':
      case 'wrongApproval':
        return this.#approve(what === 'approve');
      case 'replay': {
        const old = this.past[Math.floor(this.past.length / 2)];
        return old ? this.result(old.command, old.result) : undefined;
      }
      case 'promote':
      case 'promoteFull':
        return this.promote(what === 'promoteFull');
      case 'strayLook':
        return this.observe({ alias: snapshot(alone('41')) });
      case 'blind':
        return this.#look({ blind: ['logs cannot be read'] });
      case 'rollback':
        return release.phase === 'ended' ? undefined : this.order('rollback', 'enough');
      default:
        return this.order(what as 'pause' | 'resume');
    }
  }

  /** Carries out what is owed to AWS: writes first, then looks. */
  #work(): void {
    if (this.commands.some(({ kind }) => kind === 'setAlias')) {
      this.write();
      return;
    }
    this.#look({});
  }

  #look(more: { readonly blind?: readonly string[] }): void {
    const command = this.commands.find(({ kind }) => kind === 'observe');
    if (!command) return;
    this.commands.splice(this.commands.indexOf(command), 1);
    const alias = this.release.seen ?? snapshot(alone('41'));
    this.#result(command.key, { outcome: 'observed', observation: { alias, ...more } });
  }

  #answer(outcome: 'pass' | 'fail' | 'inconclusive'): void {
    const command = this.commands.find(({ kind }) => kind === 'runGate' || kind === 'invokeHook');
    if (!command) return;
    this.commands.splice(this.commands.indexOf(command), 1);
    const verdict = { outcome, reason: `it is ${outcome}` };
    if (command.kind === 'runGate')
      this.#result(command.key, { outcome: 'gateDone', verdict, evidence: { facts: [] } });
    else this.#result(command.key, { outcome: 'hookReturned', status: outcome === 'pass' ? 'Succeeded' : 'Failed' });
  }

  #result(command: string, result: Parameters<Story['result']>[1]): void {
    this.past.push({ command, result });
    this.result(command, result);
  }

  #approve(right: boolean): void {
    const [name, run] =
      Object.entries(this.release.gates).find(([, { status, digest }]) => status === 'waiting' && digest) ?? [];
    if (!name) return;
    const digest = right ? (run?.digest ?? '') : 'f'.repeat(64);
    const who = { name: 'bob', provedBy: 'token' as const };
    this.tell({
      kind: 'approve',
      at: this.at,
      who,
      roles: [],
      releaseId: 'r-1',
      gate: name,
      decision: 'approve',
      digest,
    });
  }

  /** Every command that was added since the last check, against the laws. */
  check(): void {
    for (const command of this.log.slice(this.#checked)) this.#allowed(command);
    this.#checked = this.log.length;
    const waiting = Object.values(this.release.gates).filter(({ status }) => status === 'waiting');
    assert.ok(waiting.length <= 1, 'one gate at a time');
    for (const { gate, status, decidedBy } of Object.values(this.release.gates)) {
      const { check } = this.release.plan.gates.find(({ id }) => id === gate)!;
      if (check.kind === 'approval' && isSettled({ status } as never))
        assert.equal(decidedBy, 'bob', 'only a person’s own word');
    }
  }

  #allowed(command: Command): void {
    const { release } = this;
    const settled = (stop: Stop): boolean =>
      owedAt(release.plan.gates, stop).every(({ run }) => isSettled(release.gates[run]));
    if (command.kind === 'setAlias') {
      const weight = shareOf(command.target, '42');
      const step = STEPS.findIndex(({ weightPercent }) => weightPercent === weight);
      if (weight > 0 && command.keepTag) assert.ok(settled(step), `${weight} % was sent past a gate`);
      if (weight === 100 && !command.keepTag)
        assert.ok(settled('beforePromotion') && settled('afterTraffic'), 'promoted past a gate');
    }
    if (command.kind === 'runGate' || command.kind === 'invokeHook')
      assert.equal(release.rollback, null, 'a gate after the rollback');
  }
}

test('whatever happens, no weight is set and nothing is promoted past a gate, and every story can be brought to an end', () => {
  fc.assert(
    fc.property(gates, fc.array(happening, { maxLength: 80 }), (drawn, story) => {
      const told = new Told().start({ gates: drawn, steps: STEPS }) as Told;
      told.check();
      for (const what of story) {
        told.next(what);
        told.check();
      }
      // People and the world do all they can: then every release ends.
      for (let n = 0; n < 200 && isOpen(told.release); n += 1) {
        for (const what of ['resume', 'work', 'pass', 'approve', 'work', 'wait']) {
          told.next(what);
          told.check();
        }
      }
      assert.ok(
        !isOpen(told.release),
        `${told.release.phase} ${stateOf(told.release)} ${JSON.stringify(told.release.gates)}`,
      );
    }),
    { numRuns: 500 },
  );
});

test('a release with gates before any traffic never touches the alias until they have passed', () => {
  fc.assert(
    fc.property(fc.array(happening, { maxLength: 30 }), (story) => {
      const first: Gate = { ...hookGate('g0', 'beforeTraffic', 'smoke', 30_000), check: CHECKS[0]! };
      const told = new Told().start({ gates: [first], steps: STEPS }) as Told;
      for (const what of story.filter((each) => each !== 'pass')) {
        told.next(what);
        if (!isSettled(told.release.gates.g0)) assert.ok(!told.log.some(({ kind }) => kind === 'setAlias'));
      }
      assert.equal(told.tell({ kind: 'tick', at: told.at, who: SYSTEM }), told);
    }),
  );
});
