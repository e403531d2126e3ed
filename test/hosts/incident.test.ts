import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { incidentActor } from '../../src/app/incident-actor.ts';
import { commandOf, type IncidentCommand } from '../../src/core/incident/commands.ts';
import type { IncidentEvent } from '../../src/core/incident/events.ts';
import { SYSTEM } from '../../src/core/who.ts';
import { openSqliteHost } from '../../src/hosts/sqlite.ts';
import { TestClock } from '../app/clock.ts';
import { Case, DIGEST, opening, SLACK } from '../core/incident/builders.ts';
import { KEY, T0 } from '../core/release/builders.ts';

test('an incident lives on a host: its drafts become messages, its containment is carried out, its ledger is whole', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'switchback-incident-'));
  const problems: string[] = [];
  const host = openSqliteHost({
    file: join(directory, 'switchback.db'),
    logic: incidentActor,
    commandOf,
    clock: new TestClock(),
    report: (problem) => problems.push(problem),
    perform: (_, command) => perform(command),
  });

  async function perform(command: IncidentCommand): Promise<IncidentEvent | undefined> {
    const stamp = { at: T0, who: SYSTEM };
    if (command.kind === 'draft' && command.audience === 'responders') {
      const { audience, stage, key } = command;
      return { ...stamp, kind: 'send', id: key, audience, stage, text: 'told', digest: DIGEST, channels: [SLACK] };
    }
    if (command.kind === 'contain')
      return {
        ...stamp,
        kind: 'containmentEnded',
        command: command.key,
        result: { outcome: 'done', told: 'read back' },
      };
    if (command.kind !== 'deliver') return undefined;
    const { message, attempt } = command;
    const event = { kind: 'sendBegun', message, attempt, claim: 'c' } as const;
    await host.deliver('INC-1', { ...stamp, kind: 'message', event });
    const answer = { outcome: 'accepted', ref: 'ts' } as const;
    return { ...stamp, kind: 'message', event: { kind: 'sendAnswered', message, attempt, claim: 'c', answer } };
  }

  try {
    const story = new Case();
    await host.deliver('INC-1', story.event({ kind: 'open', opening: opening() }));
    const action = { kind: 'rollback', alias: KEY, toVersion: '41' } as const;
    await host.deliver('INC-1', story.event({ kind: 'contain', action }, { why: 'customers call' }));
    await host.idle();
    const incident = (await host.read('INC-1'))?.state.incident;
    assert.equal(incident?.phase, 'contained');
    assert.deepEqual(
      incident?.messages.map(({ stage, now }) => `${stage} ${now.state}`),
      ['ack sent', 'mitigated sent'],
    );
    assert.ok((await host.verify()).ok);
    assert.deepEqual(problems, []);
  } finally {
    await host.close();
    await rm(directory, { recursive: true });
  }
});
