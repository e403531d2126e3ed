import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { test } from 'node:test';

/**
 * Who may import whom. A room is a folder of src/ or a file in it; each line names what may be imported besides the room
 * itself. `node:` stands for Node's own modules, a word for a package.
 */
const ROOMS: Readonly<Record<string, readonly string[]>> = {
  core: [],
  present: ['core', 'echarts', 'hono', 'liquidjs'],
  app: ['core', 'node:', 'zod', 'yaml', 'fflate', 'ajv', 'json-p3'],
  hosts: ['app', 'core', 'node:', '@restatedev/*'],
  aws: ['app', 'core', 'node:', '@aws-sdk/*', '@smithy/*'],
  channels: ['app', 'core', 'present', 'node:', 'nodemailer', 'liquidjs'],
  templates: ['app', 'core', 'node:', 'yaml', 'zod'],
  hooks: ['node:'],
  local: ['node:', '@aws-sdk/*', '@smithy/*', 'fflate', 'yaml'],
  web: [
    'app',
    'core',
    'present',
    'hosts',
    'aws',
    'channels',
    'templates',
    'wire.ts',
    'node:',
    'hono',
    '@hono/*',
    'zod',
  ],
  cli: [
    'app',
    'core',
    'present',
    'hosts',
    'aws',
    'channels',
    'templates',
    'web',
    'wire.ts',
    'node:',
    'commander',
    'fflate',
    'yaml',
  ],
  'wire.ts': ['wire', 'app', 'core', 'present', 'hosts', 'aws', 'channels', 'templates', 'web', 'node:'],
  wire: ['app', 'core', 'present', 'hosts', 'aws', 'channels', 'templates', 'web', 'node:'],
};

/** Single files that may do more than their room; each with the reason. */
const EXCEPTIONS: Readonly<Record<string, { readonly may: readonly string[]; readonly because: string }>> = {
  'cli/commands/local.ts': { may: ['local'], because: 'it is the command that starts the local AWS' },
};

const MAX_LINES = 400;
const WARN_LINES = 300;
const MAX_PORT_METHODS = 4;

const files = globSync('src/**/*.ts').map((file) => file.replaceAll('\\', '/'));

function roomOf(path: string): string {
  return path.split('/')[0]!;
}

/** Every module that a source names: `from '…'`, `import('…')` and bare `import '…'`. Comments are left out. */
function importsOf(source: string): string[] {
  const code = source.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '');
  const pattern =
    /^(?:import|export|\})[^'"]*\bfrom '([^'\s]+)';$|\bimport\(\s*'([^'\s]+)',?\s*\)|^import '([^'\s]+)';$/gm;
  return [...code.matchAll(pattern)].map((match) => (match[1] ?? match[2] ?? match[3])!);
}

/** What an import leads to, in the words of the table. */
function targetOf(file: string, specifier: string): string {
  if (specifier.startsWith('node:')) return 'node:';
  if (!specifier.startsWith('.')) return specifier;
  const path = normalize(join(dirname(file), specifier)).replaceAll('\\', '/');
  return path.startsWith('src/') ? roomOf(path.slice('src/'.length)) : path;
}

function allows(allowed: readonly string[], target: string): boolean {
  return allowed.some((each) =>
    each.endsWith('/*') ? target.startsWith(each.slice(0, -1)) : target === each || target.startsWith(`${each}/`),
  );
}

test('every import follows the table of who may import whom', () => {
  const wrong = files.flatMap((file) => {
    const inside = file.slice('src/'.length);
    const room = roomOf(inside);
    const allowed = ROOMS[room];
    if (!allowed) return [`${file} lies in no room of the table`];
    const more = EXCEPTIONS[inside]?.may ?? [];
    return importsOf(readFileSync(file, 'utf8'))
      .map((specifier) => ({ specifier, target: targetOf(file, specifier) }))
      .filter(({ target }) => target !== room && !allows([...allowed, ...more], target))
      .map(
        ({ specifier }) => `${file} imports ${specifier}: ${room} may import only ${allowed.join(', ') || 'itself'}`,
      );
  });
  assert.deepEqual(wrong, []);
});

test('only aws and local name the AWS SDK', () => {
  const wrong = files.filter(
    (file) =>
      !/^src\/(aws|local)\//.test(file) &&
      importsOf(readFileSync(file, 'utf8')).some((specifier) => /^@(aws-sdk|smithy)\//.test(specifier)),
  );
  assert.deepEqual(wrong, []);
});

test('every exception in the table is still needed', () => {
  const idle = Object.entries(EXCEPTIONS).filter(([inside, { may }]) => {
    const file = `src/${inside}`;
    const targets = importsOf(readFileSync(file, 'utf8')).map((specifier) => targetOf(file, specifier));
    return !may.every((each) => targets.includes(each));
  });
  assert.deepEqual(idle, []);
});

test('a port has at most four methods', () => {
  const wide = globSync('src/app/ports/*.ts').flatMap((file) => {
    const source = readFileSync(file, 'utf8').replace(/\/\*[\s\S]*?\*\//g, '');
    return [...source.matchAll(/export interface (\w+)[^{]*\{([\s\S]*?)\n\}/g)].flatMap(([, name, body]) => {
      const methods = [...body!.matchAll(/^ {2}(\w+)(?:<[^>]*>)?\(/gm)].map((match) => match[1]!);
      return methods.length > MAX_PORT_METHODS ? [`${file}: ${name} has ${methods.join(', ')}`] : [];
    });
  });
  // An actor kind is not a port to the world: it is the engine, handed to a host.
  assert.deepEqual(
    wide.filter((each) => !each.includes('ActorLogic')),
    [],
  );
});

test('no source file is too long to be read in one sitting', (t) => {
  const lengths = files.map((file) => ({ file, lines: readFileSync(file, 'utf8').split('\n').length - 1 }));
  for (const { file, lines } of lengths.filter(({ lines }) => lines > WARN_LINES))
    t.diagnostic(`${file} has ${lines} lines: over ${WARN_LINES}, think of splitting it`);
  assert.deepEqual(
    lengths.filter(({ lines }) => lines > MAX_LINES),
    [],
  );
});

test('the scanner sees every form of import and no comment', () => {
  const source = [
    "import { a } from './a.ts';",
    "import type { B } from '../b.ts';",
    "export { c } from './c.ts';",
    "const d = await import('./d.ts');",
    "import './e.ts';",
    "// import { f } from './f.ts';",
    "/** like import('./g.ts') */",
    "import {\n  h,\n} from './h.ts';",
  ].join('\n');
  const text = "const text = label('from', version, 'to');";
  assert.deepEqual(importsOf(text), []);
  assert.deepEqual(importsOf(source).sort(), ['../b.ts', './a.ts', './c.ts', './d.ts', './e.ts', './h.ts']);
});
