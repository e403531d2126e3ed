import { existsSync } from 'node:fs';

/** Runs `bench/<name>.ts` with the arguments after its name. */
async function main([name, ...args]: readonly string[]): Promise<void> {
  if (name === undefined) throw new Error('say which benchmark: node bench/main.ts NAME, such as judge');
  if (!/^[a-z]+$/.test(name) || name === 'main') throw new Error(`there is no benchmark "${name}"`);
  const file = new URL(`./${name}.ts`, import.meta.url);
  if (!existsSync(file)) throw new Error(`there is no benchmark "${name}": bench/${name}.ts does not exist`);
  const module: { run?: (args: readonly string[]) => Promise<void> | void } = await import(file.href);
  if (typeof module.run !== 'function') throw new Error(`bench/${name}.ts has no function "run"`);
  await module.run(args);
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
// As the command itself does: a timer that still waits for nothing keeps nobody.
process.stdout.write('', () => process.exit());
