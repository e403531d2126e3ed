import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { draftFor } from '../../src/core/comms/drafts.ts';
import { factsOf } from '../../src/core/incident/draft-facts.ts';
import { draftsFrom } from '../../src/wire/drafts.ts';
import { Case } from '../core/incident/builders.ts';

test('a team’s folder speaks for whom it has words; whatever is wrong with it, people are told', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'switchback-templates-'));
  const problems: string[] = [];
  const facts = factsOf(new Case().open().incident, 0);
  try {
    await writeFile(join(folder, 'employees.liquid'), '{{ service }} has a problem.');
    await writeFile(join(folder, 'employees.resolved.liquid'), '{{ service }} is {{ wellness }}.');
    await writeFile(join(folder, 'everybody.liquid'), 'x');
    await mkdir(join(folder, 'executives.liquid'));
    await rm(join(folder, 'executives.liquid'), { recursive: true });
    await writeFile(join(folder, 'x.liquid'), 'a'.repeat(60_000));
    const drafts = draftsFrom(folder, (problem) => problems.push(problem));
    assert.equal((await drafts.write('employees', 'ack', facts)).text, 'Checkout has a problem.');
    assert.deepEqual(await drafts.write('employees', 'resolved', facts), draftFor('employees', 'resolved', facts));
    assert.deepEqual(await drafts.write('customers', 'ack', facts), draftFor('customers', 'ack', facts));
    assert.match(problems.join('\n'), /everybody\.liquid is for nobody/);
    assert.match(problems.join('\n'), /x\.liquid has 60000 bytes/);
    assert.match(
      problems.join('\n'),
      /employees\.resolved\.liquid: undefined variable: wellness.*the usual words are used/,
    );
  } finally {
    await rm(folder, { recursive: true });
  }
  const gone = draftsFrom(folder, (problem) => problems.push(problem));
  assert.deepEqual(await gone.write('employees', 'ack', facts), draftFor('employees', 'ack', facts));
  assert.match(problems.join('\n'), /message templates cannot be read from/);
});
