// A local AWS to be killed, given an empty folder: it runs a function that never yields, one that waits, and a script of its own, and prints the
// process ids of them and of a child of one of them.
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { createPool } from '../../../../../src/local/lambda/runtime/pool.ts';
import { SPEC } from '../harness.ts';

const [, , codeDir = ''] = process.argv;
writeFileSync(
  path.join(codeDir, 'index.js'),
  `const { spawn } = require('node:child_process');
  exports.spin = async () => { console.log('pid ' + process.pid); for (;;) {} };
  exports.wait = async () => {
    console.log('pid ' + spawn('sleep', ['600']).pid);
    console.log('pid ' + process.pid);
    await new Promise((r) => setTimeout(r, 600_000));
  };`,
);
writeFileSync(path.join(codeDir, 'bootstrap'), '#!/bin/sh\necho "pid $$"\nsleep 600\n', { mode: 0o755 });

const pids: number[] = [];
const deps = {
  now: Date.now,
  log(_spec: unknown, _stream: string, lines: readonly { message: string }[]) {
    for (const { message } of lines) {
      const pid = /pid (\d+)$/.exec(message)?.[1];
      if (pid !== undefined) pids.push(Number(pid));
    }
    if (pids.length === 4) process.stdout.write(`${JSON.stringify(pids)}\n`);
  },
};
const cases = [
  { runtime: 'nodejs24.x', handler: 'index.spin' },
  { runtime: 'nodejs24.x', handler: 'index.wait' },
  { runtime: 'provided.al2023', handler: 'none' },
];
for (const one of cases) {
  const pool = createPool({ ...SPEC, ...one, codeDir, timeoutMs: 600_000 }, deps);
  void pool.invoke({ requestId: 'r', payload: Buffer.from('{}'), invokedArn: SPEC.functionArn });
}
