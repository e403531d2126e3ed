import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { FunctionSpec } from './contract.ts';
import { HEAP_SHARE } from './limits.ts';

/** Where the bootstraps lie; a function sees it as `LAMBDA_RUNTIME_DIR`. */
export const RUNTIME_DIR = fileURLToPath(new URL('./bootstrap', import.meta.url));

/** The command that runs a function, or why there is none. */
export type Launch =
  | { readonly kind: 'run'; readonly command: string; readonly args: readonly string[] }
  | { readonly kind: 'refused'; readonly errorType: string; readonly reason: string };

const NODE = /^nodejs(18|20|22|24)\.x$/;
/** Lambda turned these off before nodejs24.x: ES module syntax in a CommonJS file is a syntax error there. */
const STRICT_MODULES = ['--no-experimental-require-module', '--no-experimental-detect-module'];
const PYTHON = /^python3\.\d+$/;
const PROVIDED = /^provided(\.al2|\.al2023)?$/;

/**
 * Whether functions of this runtime run here: nodejs18.x to nodejs24.x (all on the Node that runs this process),
 * python3.x (on the machine's own) and provided.
 */
export function supportedRuntime(runtime: string): boolean {
  return NODE.test(runtime) || PYTHON.test(runtime) || PROVIDED.test(runtime);
}

/** Finds the command for a function. Nothing is started but, once a runtime, Python to ask where it really is. */
export async function launchOf(spec: FunctionSpec): Promise<Launch> {
  const launch = await runtimeLaunch(spec);
  const wrapper = spec.environment.AWS_LAMBDA_EXEC_WRAPPER;
  if (launch.kind === 'refused' || wrapper === undefined || PROVIDED.test(spec.runtime)) return launch;
  const command = path.resolve(spec.codeDir, wrapper.replace(/^\/var\/task\//, ''));
  return { kind: 'run', command, args: [launch.command, ...launch.args] };
}

async function runtimeLaunch(spec: FunctionSpec): Promise<Launch> {
  if (!(await reachable(spec.codeDir, constants.R_OK | constants.X_OK))) {
    const reason = `the folder of the function's code, ${spec.codeDir}, cannot be read`;
    return { kind: 'refused', errorType: 'Runtime.InvalidWorkingDir', reason };
  }
  const node = NODE.exec(spec.runtime);
  if (node) {
    const heap = `--max-old-space-size=${Math.floor(spec.memoryMb * HEAP_SHARE)}`;
    const strict = Number(node[1]) < 24 ? STRICT_MODULES : [];
    const script = path.join(RUNTIME_DIR, 'bootstrap.cjs');
    return { kind: 'run', command: process.execPath, args: [heap, ...strict, script] };
  }
  if (PYTHON.test(spec.runtime)) {
    const python = await findPython(spec.runtime);
    if (python === undefined) {
      const reason = `python3 is not on the PATH of the local AWS, which needs it to run ${spec.runtime} functions`;
      return { kind: 'refused', errorType: 'Runtime.InvalidEntrypoint', reason };
    }
    return { kind: 'run', command: python, args: ['-u', '-B', path.join(RUNTIME_DIR, 'bootstrap.py')] };
  }
  if (PROVIDED.test(spec.runtime)) return providedLaunch(spec.codeDir);
  const reason = `the local AWS does not run ${spec.runtime}; it runs nodejs18.x to nodejs24.x, python3.x and provided`;
  return { kind: 'refused', errorType: 'Runtime.NotSupported', reason };
}

async function providedLaunch(codeDir: string): Promise<Launch> {
  const errorType = 'Runtime.InvalidEntrypoint';
  const command = path.join(codeDir, 'bootstrap');
  if (!(await reachable(command, constants.F_OK))) {
    const reason = "Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]";
    return { kind: 'refused', errorType, reason };
  }
  if (!(await reachable(command, constants.X_OK))) {
    return { kind: 'refused', errorType, reason: 'fork/exec /var/task/bootstrap: permission denied' };
  }
  return { kind: 'run', command, args: [] };
}

async function reachable(file: string, mode: number): Promise<boolean> {
  try {
    await access(file, mode);
    return true;
  } catch {
    return false;
  }
}

const pythons = new Map<string, Promise<string | undefined>>();

/** The interpreter of the runtime's own version where the machine has it, else any `python3`. */
async function findPython(runtime: string): Promise<string | undefined> {
  return (await askPython(runtime)) ?? (await askPython('python3'));
}

/** A `python3` on PATH may be a version manager's script, slow and in need of a home; the interpreter tells its path. */
function askPython(name: string): Promise<string | undefined> {
  const known = pythons.get(name);
  if (known) return known;
  const asked = new Promise<string | undefined>((resolve) => {
    execFile(name, ['-c', 'import sys; print(sys.executable)'], (error, stdout) => {
      resolve(error ? undefined : stdout.trim());
    });
  });
  pythons.set(name, asked);
  return asked;
}
