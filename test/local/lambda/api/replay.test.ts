import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { answered, Comparison } from './replay/answers.ts';
import { ERROR_SCRIPTS } from './replay/errors.ts';
import { FUNCTION_SCRIPTS } from './replay/functions.ts';
import { PERMISSION_SCRIPTS } from './replay/permissions.ts';
import { type Recording, recordings } from './replay/recordings.ts';
import type { Script } from './replay/script.ts';
import { SKIPPED, SKIPPED_FAMILIES, skipReason } from './replay/skipped.ts';
import { VERSION_SCRIPTS } from './replay/versions.ts';
import { createWorld } from './world.ts';

const SCRIPTS = new Map<string, Script>(
  [VERSION_SCRIPTS, PERMISSION_SCRIPTS, FUNCTION_SCRIPTS, ERROR_SCRIPTS].flatMap((scripts) => Object.entries(scripts)),
);
const RECORDINGS = recordings();

describe('the answers of the local Lambda are those recorded from the service', () => {
  for (const recording of RECORDINGS) {
    const reason = skipReason(recording.test);
    if (reason === undefined) test(recording.test, () => replay(recording));
  }
});

test('every recording is replayed or skipped for a reason, and no script is without one', () => {
  const known = new Set(RECORDINGS.map((recording) => recording.test));
  const strays = [...SCRIPTS.keys(), ...Object.keys(SKIPPED).map((key) => key.replace(/ > .*$/, ''))];
  assert.deepEqual(
    strays.filter((name) => !known.has(name)),
    [],
  );
  const families = Object.keys(SKIPPED_FAMILIES);
  assert.deepEqual(
    families.filter((family) => ![...known].some((name) => name.startsWith(family))),
    [],
  );
});

async function replay({ test: name, date, steps }: Recording): Promise<void> {
  const script = SCRIPTS.get(name);
  assert.ok(script, 'no script and no reason to skip it');
  const world = createWorld();
  const comparison = new Comparison(date);
  const seen = new Set<string>();
  try {
    await script(world, async (step, call) => {
      assert.ok(steps.has(step), `${step} is no step of the recording`);
      seen.add(step);
      comparison.check(step, steps.get(step), await answered(call, steps.get(step)));
    });
  } finally {
    await world.local.close();
  }
  assert.deepEqual(
    [...steps.keys()].filter((step) => !seen.has(step) && !skipReason(name, step)),
    [],
  );
}
