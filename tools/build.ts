/** Builds dist/ from src/: `tsc` alone, for there is no bundle; what is not TypeScript is copied as it is. */
import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, globSync, rmSync } from 'node:fs';
import path from 'node:path';

rmSync('dist', { recursive: true, force: true });
const { status } = spawnSync('node_modules/.bin/tsc', ['-p', 'tsconfig.build.json'], { stdio: 'inherit' });
if (status === 0) {
  for (const file of globSync('src/**/*.{cjs,py}')) cpSync(file, path.join('dist', path.relative('src', file)));
  chmodSync('dist/cli/main.js', 0o755);
}
process.exit(status ?? 1);
