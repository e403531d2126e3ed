/**
 * The README's test command: formatting and lint, types, then every test. Stops at the first that fails.
 * `npm test -- PATTERN…` runs only the test files whose path holds one of the patterns, without lint and types.
 */
import { spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';

const patterns = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));
const flags = process.argv.slice(2).filter((argument) => argument.startsWith('--'));

function step(name: string, command: string, args: string[]): void {
  console.error(`\n— ${name}`);
  const { status } = spawnSync(command, args, { stdio: 'inherit' });
  if (status !== 0) {
    console.error(`\nfailed: ${name} (${[command, ...args.slice(0, 6)].join(' ')}${args.length > 6 ? ' …' : ''})`);
    process.exit(status ?? 1);
  }
}

/** What only tests need, each in a folder of its own; without it they say "skipped", which CI must never do. */
function install(what: string, folder: string): void {
  console.error(`\n— ${what} for the tests, once`);
  const { status } = spawnSync('sh', [`tools/${folder}/install`], { stdio: 'inherit' });
  if (status === 0) return;
  if (process.env.SWITCHBACK_REQUIRE_ALL === '1') process.exit(1);
  console.error('it could not be installed: the tests that need it are skipped');
}

const all = globSync('test/**/*.test.ts').sort();
const chosen = all.filter((file) => patterns.length === 0 || patterns.some((pattern) => file.includes(pattern)));
if (chosen.length === 0) {
  console.error(`no test file matches ${patterns.join(', ')}`);
  process.exit(2);
}

if (patterns.length === 0) {
  step('format and lint', 'node_modules/.bin/biome', ['ci', '--error-on-warnings', '.']);
  install('Restate server (216 MB)', 'restate');
  install('AWS SDK v2 (100 MB)', 'sdk-v2');
  step('types', 'node_modules/.bin/tsc', ['--noEmit']);
}
// Node's own choice is one less than the cores, which on two cores means one test file after the other; many of them wait.
const concurrency = `--test-concurrency=${availableParallelism() + 1}`;
// Every file is a process of its own: what one has compiled, the next need not compile again (a third of the time).
process.env.NODE_COMPILE_CACHE ??= resolve('node_modules/.cache/node');
const lean = `--import=${resolve('tools/lean-tests.ts')}`;
step('tests', process.execPath, [lean, '--test', '--test-timeout=300000', concurrency, ...flags, ...chosen]);
