import assert from 'node:assert/strict';
import { test } from 'node:test';
import { planRelease, type Wanted } from '../../src/app/plan-release.ts';
import type { PlanningPorts } from '../../src/app/ports/index.ts';
import { KEY, Story } from '../core/release/builders.ts';
import { TestClock } from './clock.ts';

test('a split that the last release has ended already is nobody else’s: it is read again', async () => {
  const clock = new TestClock();
  const story = new Story().start().write();
  const split = story.release.seen!;
  story.order('rollback').write().write();
  const answers = [split, story.release.seen!];
  // What a plan asks of the world until it is known that there is nothing to release.
  const ports = {
    clock,
    identity: { where: async () => ({ account: KEY.account, region: KEY.region }) },
    host: { read: async () => ({ state: story.doc }) },
    aliases: { get: async () => answers.shift() },
    traffic: { concurrency: async () => ({}) },
    versions: { get: async (_function: string, version: string) => ({ version, codeSha256: 'the very same bytes' }) },
  } as unknown as PlanningPorts;
  const { stable } = story.release.plan;
  const wanted = { function: KEY.function, alias: KEY.alias, source: { kind: 'version', version: stable } } as Wanted;
  const planned = await clock.runUntil(planRelease(ports, wanted, true));
  assert.ok(planned.ok, JSON.stringify(planned));
  assert.equal(planned.value.kind, 'noop');
});
