// Runs one of this checkout's tasks on Node 24, whatever the machine's own Node is.
// Plain CommonJS on purpose: it must load on every Node that npm itself still runs on.
'use strict';

const { spawnSync } = require('node:child_process');
const { createHash } = require('node:crypto');
const { existsSync, readFileSync, writeFileSync } = require('node:fs');
const path = require('node:path');

const WANTED_MAJOR = 24;
const root = path.resolve(__dirname, '../..');
const pinnedBin = path.join(__dirname, 'node_modules', '.bin');

/** What each task runs, and whether it needs the development dependencies. */
const TASKS = {
  start: { args: ['src/cli/main.ts', 'rehearse'], dev: false },
  test: { args: ['tools/check.ts'], dev: true },
  build: { args: ['tools/build.ts'], dev: true },
  bench: { args: ['bench/main.ts'], dev: true },
};

function fail(message) {
  console.error(`switchback: ${message}`);
  process.exit(1);
}

function run(command, args, options) {
  const result = spawnSync(command, args, { cwd: root, stdio: 'inherit', ...options });
  if (result.error) fail(`cannot run ${command}: ${result.error.message}`);
  return result;
}

/** npm, run by the given node so that engine checks and lockfile choices see Node 24. */
function npm(node, args, env) {
  const cli = process.env.npm_execpath;
  const runsOnNode = cli !== undefined && /\.c?js$/.test(cli);
  const result = runsOnNode ? run(node, [cli, ...args], { env }) : run('npm', args, { env });
  if (result.status !== 0) fail(`"npm ${args.join(' ')}" failed; run it by hand to see why`);
}

function ensureNode() {
  if (Number(process.versions.node.split('.')[0]) >= WANTED_MAJOR) return process.execPath;
  const pinned = path.join(pinnedBin, 'node');
  if (!existsSync(pinned)) {
    console.error(
      `switchback: this machine has Node ${process.versions.node}; fetching Node ${WANTED_MAJOR} from npm (once, about 190 MB on disk)`,
    );
    npm(process.execPath, ['ci', '--prefix', __dirname, '--no-audit', '--no-fund', '--loglevel=error'], process.env);
  }
  if (!existsSync(pinned)) {
    fail(`no pinned Node for ${process.platform}-${process.arch}; install Node ${WANTED_MAJOR} or newer and try again`);
  }
  return pinned;
}

/** Installs exactly what the lockfile names, once per lockfile. "full" includes the development tools. */
function ensurePackages(node, env, dev) {
  const stamp = path.join(root, 'node_modules', '.switchback-installed');
  const lock = createHash('sha256')
    .update(readFileSync(path.join(root, 'package-lock.json')))
    .digest('hex');
  const installed = existsSync(stamp) ? readFileSync(stamp, 'utf8') : '';
  if (installed === `${lock} full` || (!dev && installed === `${lock} run`)) return;
  console.error('switchback: installing packages (once)');
  const omit = dev ? [] : ['--omit=dev'];
  npm(node, ['ci', ...omit, '--no-audit', '--no-fund', '--loglevel=error'], env);
  writeFileSync(stamp, `${lock} ${dev ? 'full' : 'run'}`);
}

function main() {
  const [name, ...rest] = process.argv.slice(2);
  const task = TASKS[name];
  if (!task) fail(`unknown task "${name}"; one of ${Object.keys(TASKS).join(', ')}`);
  const node = ensureNode();
  const env = { ...process.env, PATH: `${path.dirname(node)}${path.delimiter}${process.env.PATH}` };
  ensurePackages(node, env, task.dev);
  const result = run(node, [...task.args, ...rest], { env });
  if (result.signal) process.kill(process.pid, result.signal);
  process.exit(result.status === null ? 1 : result.status);
}

main();
