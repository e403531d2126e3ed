import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { readConfig } from '../../src/app/config.ts';
import { AwsProblem } from '../../src/app/ports/problem.ts';
import { template } from '../../src/cli/commands/init.ts';
import { EXIT, EXITS } from '../../src/cli/exit.ts';
import { explain } from '../../src/cli/failure.ts';
import { commandsMarkdown } from '../../src/cli/reference.ts';
import { stateFile } from '../../src/cli/run.ts';
import { GROUPS, VERBS } from '../../src/cli/verbs.ts';
import { FLAGS, World } from './fakes.ts';

test('what is wrong with a command line is told with exit 2, before anything is asked', async () => {
  const cases: [string[], RegExp][] = [
    [['rolback'], /unknown command 'rolback'\n\(Did you mean rollback\?\)/],
    [['deploy', '--bogus'], /unknown option '--bogus'/],
    [['deploy', '--strategy'], /argument missing/],
    [['rollback'], /no function is named.*\n {2}next: add --function NAME/],
    [['rollback', '--function', 'checkout'], /no alias is named.*\n {2}next: add --alias NAME/],
    [['rollback', '--function', 'check out', '--alias', 'live'], /"check out" is not possible/],
    [['rollback', '--function', 'checkout', '--alias', '41'], /a number is a version/],
    [['deploy', ...FLAGS, '--zip', 'a', '--version', '3'], /exclude each other/],
    [['deploy', ...FLAGS, '--version', 'x'], /--version "x" is not a version/],
    [['deploy', ...FLAGS, '--strategy', 'fast'], /strategy "fast" is not known/],
    [['deploy', ...FLAGS, '--threshold', 'slow'], /threshold "slow" is not understood/],
    [['deploy', ...FLAGS, '--promote-early', 'soon'], /--promote-early "soon" is not a number/],
    [['deploy', ...FLAGS, '--promote-early', '1'], /promoteEarly 1 is no ratio: write a number above 1/],
    [['deploy', ...FLAGS, '--timeout', 'long'], /--timeout "long" is not a time/],
    [['deploy', ...FLAGS, '--zip', 'none.zip'], /"none\.zip|none\.zip" does not exist/],
    [['deploy', ...FLAGS, '--detach', '--callback-port', '0'], /excludes --detach/],
    [['history', ...FLAGS, '--limit', '0'], /--limit "0" is not possible/],
    [['local', '--port', '99999'], /--port "99999" is not a port/],
    [['config', 'tell'], /Allowed choices are show, schema/],
    [['rollback', ...FLAGS, '--config', 'none.yaml'], /"none\.yaml" does not exist/],
  ];
  for (const [argv, expected] of cases) {
    const { exit, err, out } = await new World().run(...argv);
    assert.equal(exit, 2, argv.join(' '));
    assert.match(err, expected);
    assert.equal(out, '');
  }
});

test('help and version are answers: exit 0, on stdout, with the exit codes', async () => {
  for (const argv of [[], ['--help'], ['help'], ['deploy', '--help'], ['--version']]) {
    const { exit, out } = await new World().run(...argv);
    assert.equal(exit, 0, argv.join(' '));
    assert.notEqual(out, '');
  }
  const { out } = await new World().run('--help');
  for (const { code, meaning } of EXITS) assert.ok(out.includes(`${code}  ${meaning}`));
});

test('the codes are those that scripts rely on', () => {
  assert.deepEqual(EXIT, {
    done: 0,
    unexpected: 1,
    usage: 2,
    rolledBack: 3,
    halted: 4,
    timedOut: 5,
    refused: 6,
    interrupted: 130,
  });
});

test('a problem with AWS is explained by what to do about it', () => {
  const cases: [AwsProblem, number, RegExp, RegExp][] = [
    [
      new AwsProblem('denied', 'GetCallerIdentity', 'CredentialsProviderError', 'none'),
      2,
      /CredentialsProviderError/,
      /AWS_PROFILE.*switchback local/,
    ],
    [new AwsProblem('missing', 'GetCallerIdentity', 'RegionMissing', 'no region'), 2, /no region/, /--region/],
    [
      new AwsProblem('unavailable', 'GetAlias', 'ECONNREFUSED', 'refused'),
      1,
      /http:\/\/127\.0\.0\.1:1/,
      /switchback local/,
    ],
    [new AwsProblem('denied', 'UpdateAlias', 'AccessDeniedException', 'no'), 1, /AccessDenied/, /get-caller-identity/],
    [new AwsProblem('throttled', 'GetAlias', 'TooManyRequestsException', 'slow'), 1, /TooMany/, /same command again/],
  ];
  for (const [problem, exit, message, next] of cases) {
    const explained = explain(problem, 'http://127.0.0.1:1');
    assert.equal(explained.exit, exit, problem.code);
    assert.match(explained.message, message);
    assert.match(explained.next ?? '', next);
  }
});

test('an outage ends a command with exit 1 and an object for scripts; --debug adds the stack', async () => {
  const world = new World();
  world.outage = new AwsProblem('unavailable', 'GetAlias', 'ECONNREFUSED', 'connection refused');
  const { exit, json, err } = await world.run('status', ...FLAGS, '--json', '--endpoint-url', 'http://127.0.0.1:9');
  assert.equal(exit, 1);
  assert.match(json.error.message, /nothing answers at http:\/\/127\.0\.0\.1:9/);
  assert.equal(err.includes('    at '), false);
  assert.equal((await world.run('status', ...FLAGS, '--debug')).err.includes('    at '), true);
});

test('the state lies where the flag, the environment or the XDG rules say', () => {
  const at = (state: string | undefined, env: Record<string, string>) =>
    stateFile(state === undefined ? {} : { state }, { env, cwd: '/w' });
  assert.equal(at('s.db', {}), '/w/s.db');
  assert.equal(at('state', {}), '/w/state/state.sqlite');
  assert.equal(at(undefined, { SWITCHBACK_STATE: '/var/sb' }), '/var/sb/state.sqlite');
  assert.equal(at(undefined, { XDG_STATE_HOME: '/x', HOME: '/h' }), '/x/switchback/state.sqlite');
  assert.equal(at(undefined, { HOME: '/h' }), '/h/.local/state/switchback/state.sqlite');
});

test('init writes a file that is read without a complaint, and never over another one', async (t) => {
  const read = readConfig(template('checkout', 'live'), 'switchback.yaml');
  assert.ok(read.ok);
  assert.equal(read.functions[0]?.settings.function, 'checkout');
  const folder = await mkdtemp(join(tmpdir(), 'switchback-init-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const file = join(folder, 'switchback.yaml');
  const world = new World();
  assert.equal((await world.run('init', '--function', 'checkout', '--config', file)).exit, 0);
  assert.match(await readFile(file, 'utf8'), /^# yaml-language-server: \$schema=/);
  assert.equal((await world.run('init', '--function', 'other', '--config', file)).exit, 6);
  assert.equal((await world.run('init', '--function', 'other', '--config', file, '--force')).exit, 0);
  assert.equal((await world.run('init')).exit, 2);

  const shown = await world.run('config', 'show', '--config', file, '--bake', '9m', '--json');
  assert.deepEqual(shown.json.bake, { value: '9m', from: '--bake' });
  assert.equal(shown.json.function.value, 'other');
  assert.match(shown.json.strategy.from, /switchback\.yaml:\d+$/);
  assert.equal(shown.json.hookTimeout.from, 'default');

  await writeFile(file, 'functions: {a: {alias: live}, b: {alias: live}}');
  const many = await world.run('status', '--config', file);
  assert.equal(many.exit, 2);
  assert.match(many.err, /has 2 functions \(a, b\): which one is meant/);
  await writeFile(file, 'function: a\nbkae: 3m');
  const broken = await world.run('plan', '--config', file);
  assert.equal(broken.exit, 2);
  assert.match(broken.err, /switchback\.yaml:2:1: bkae: there is no such key — did you mean "bake"/);
});

test('completion scripts are accepted by their shells and know every command', async () => {
  for (const shell of ['bash', 'zsh', 'fish']) {
    const { exit, out } = await new World().run('completion', shell);
    assert.equal(exit, 0);
    for (const { name } of VERBS) for (const word of name.split(' ')) assert.ok(out.includes(word), name);
    const checked = spawnSync(shell, ['-n'], { input: out, encoding: 'utf8' });
    if (!checked.error) assert.equal(checked.status, 0, checked.stderr);
  }
});

test('the command reference is made of the parser’s own table', async () => {
  const committed = await readFile(new URL('../../docs/commands.md', import.meta.url), 'utf8');
  assert.equal(committed, commandsMarkdown(), 'run: node tools/generate.ts');
});

test('a command of two words belongs to a group that the help names, and no group is empty', async () => {
  const firstOfTwo = VERBS.map(({ name }) => name.split(' ')).flatMap(([first, second]) => (second ? [first!] : []));
  assert.deepEqual([...new Set(firstOfTwo)].sort(), Object.keys(GROUPS).sort());
  const { out } = await new World().run('--help');
  const told = out.replaceAll(/\s+/g, ' ');
  for (const about of Object.values(GROUPS)) assert.ok(told.includes(about));
});
