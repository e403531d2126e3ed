#!/usr/bin/env node
// Nothing is imported before the check below: an older Node must be able to load this file and say what is wrong.
const NODE_WANTED = 24;

if (Number(process.versions.node.split('.')[0]) < NODE_WANTED) {
  console.error(
    `switchback needs Node.js ${NODE_WANTED} or newer; this is ${process.versions.node} — next: install Node.js ${NODE_WANTED}`,
  );
  process.exitCode = 2;
} else {
  const { enableCompileCache } = await import('node:module');
  const cache = process.env.XDG_CACHE_HOME || (process.env.HOME && `${process.env.HOME}/.cache`);
  // The user's own folder: Node's usual one is shared by everybody on the machine, and what lies in it is run.
  if (cache) enableCompileCache(`${cache}/switchback`);
  delete process.env.NODE_COMPILE_CACHE;
  await import('./own-files.ts');
  const [{ main }, { processIo }, { readFileSync }] = await Promise.all([
    import('./program.ts'),
    import('./io.ts'),
    import('node:fs'),
  ]);
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  // A reader that has seen enough (`| head`) is no failure.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => process.exit());
  const exit = await main(process.argv.slice(2), processIo(), version);
  // Whatever still runs (a hook's call that takes minutes) was given back to the state: nothing is lost by leaving.
  process.stdout.write('', () => process.exit(exit));
}
