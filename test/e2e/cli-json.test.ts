import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { EXITS } from '../../src/cli/exit.ts';
import { Running } from './processes.ts';
import { good, oneObject, type Service, Site } from './site.ts';

let site: Site;
before(async () => {
  site = await Site.open();
});
after(() => site.close());

interface Step {
  readonly verb: string;
  readonly args?: readonly string[];
  readonly code?: number;
  readonly state: string;
}

const HELD = ['--version', '2', '--strategy', '50% 10m, 75% 10m', '--bake', '10m', '--detach'];

/** One alias's life, each step with the state that its answer must name. */
const life: readonly Step[] = [
  { verb: 'status', state: 'none' },
  { verb: 'plan', args: ['--version', '2'], state: 'planned' },
  { verb: 'deploy', args: ['--version', '1'], state: 'noop' },
  { verb: 'deploy', args: HELD, state: 'running' },
  { verb: 'pause', state: 'paused' },
  { verb: 'status', state: 'paused' },
  { verb: 'resume', state: 'running' },
  { verb: 'promote', state: 'running' },
  { verb: 'watch', args: ['--timeout', '300ms'], code: 5, state: 'running' },
  { verb: 'rollback', args: ['--dry-run'], state: 'planned' },
  { verb: 'promote', args: ['--full'], state: 'running' },
  { verb: 'promote', state: 'promoted' },
  { verb: 'diagnose', state: 'promoted' },
  { verb: 'rollback', state: 'rolledBack' },
  { verb: 'rollback', args: ['--to', '1'], state: 'noop' },
];

const TYPES: Readonly<Record<string, readonly string[]>> = {
  id: ['string', 'null'],
  state: ['string'],
  reason: ['string'],
  function: ['string'],
  alias: ['string'],
  stable: ['string'],
  candidate: ['string', 'null'],
  weightPercent: ['number', 'null'],
  evidence: ['array'],
};

function typeOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}

async function answer(service: Service, { verb, args = [] }: Step) {
  const { code, stdout, stderr } = await service.run(verb, ...args, '--json');
  return { code, stderr, json: oneObject<Record<string, unknown>>(stdout, stderr) };
}

describe('with --json', { concurrency: 2 }, () => {
  test('every command about a release prints one object with the members that all of them have', async () => {
    const service = await site.service(good('one'));
    await service.publish(good('two'));
    await service.underTraffic(async () => {
      for (const step of life) {
        const what = `${step.verb} ${step.args?.join(' ') ?? ''}`;
        const { code, stderr, json } = await answer(service, step);
        assert.deepEqual({ what, code, state: json.state }, { what, code: step.code ?? 0, state: step.state }, stderr);
        assert.deepEqual([what, json.function, json.alias], [what, service.name, 'live']);
        for (const [member, types] of Object.entries(TYPES))
          assert.ok(types.includes(typeOf(json[member])), `${what}: ${member} is ${JSON.stringify(json[member])}`);
      }
    });
    await service.assertLive('1');
  });

  test('a command that fails prints one object with the error, what to do next, and the exit code', async () => {
    const args = ['deploy', '--function', 'nothing', '--alias', 'live', '--state', site.folder, '--json'];
    const { code, stdout, stderr } = await new Running(args, site.env, site.folder).ended;
    const { error } = oneObject<{ error: { message: string; next: string; exit: number } }>(stdout, stderr);
    assert.deepEqual({ code, exit: error.exit }, { code: 2, exit: 2 });
    assert.match(error.message, /function "nothing" does not exist/);
    assert.match(error.next, /^aws lambda /);
  });

  test('the help names every exit code, and asking for it is no mistake', async () => {
    const help = await new Running(['--help'], site.env, site.folder).ended;
    assert.equal(help.code, 0);
    for (const { code, meaning } of EXITS) assert.ok(help.stdout.includes(`${code}  ${meaning}`), meaning);
    const version = await new Running(['--version'], site.env, site.folder).ended;
    assert.match(version.stdout, /^\d+\.\d+\.\d+\n$/);
  });
});
