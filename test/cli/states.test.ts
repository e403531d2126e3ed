import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withHost } from '../../src/cli/states.ts';

const FILE = '/home/alice/.local/state/switchback/state.sqlite';
const HERE = 'restate://127.0.0.1:8080';

function stateFor(host: string, state: string | undefined, usual: string | undefined): string | undefined {
  const env = { HOME: '/home/alice', ...(usual === undefined ? {} : { SWITCHBACK_STATE: usual }) };
  return withHost({ host, ...(state === undefined ? {} : { state }) }, { env, cwd: '/work' }).state;
}

test('--host says which kind of state is meant; the environment counts where it is of that kind', () => {
  // Undefined: what is usual where --state is not given, the environment's included.
  for (const [host, state, usual, expected] of [
    ['restate', undefined, undefined, HERE],
    ['restate', undefined, '', HERE],
    ['restate', undefined, 'restate://host:9000/team', undefined],
    ['restate', undefined, './releases', HERE],
    ['restate', undefined, 's3://bucket/prefix', HERE],
    ['restate', 'restates://host', 'restate://other', 'restates://host'],
    ['sqlite', undefined, undefined, FILE],
    ['sqlite', undefined, './releases', undefined],
    ['sqlite', undefined, 'restate://host', FILE],
    ['sqlite', './restate-trial', 'restate://host', './restate-trial'],
  ] as const)
    assert.equal(stateFor(host, state, usual), expected, `--host ${host} --state ${state}, usually ${usual}`);
});

test('--host and --state that do not fit each other are refused', () => {
  assert.throws(() => stateFor('restate', './releases', undefined), /--host restate does not fit --state .\/releases/);
  assert.throws(() => stateFor('sqlite', 's3://bucket', undefined), /--host sqlite does not fit --state s3:\/\/bucket/);
  assert.throws(() => stateFor('mars', undefined, undefined), /--host "mars" is not known/);
});
