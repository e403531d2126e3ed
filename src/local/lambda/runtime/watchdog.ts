import { type ChildProcess, spawn } from 'node:child_process';

/**
 * Kills what it was told to guard when its standard input closes, which is what the end of this process does to it,
 * `kill -9` included. It runs in a session of its own so that no signal for this process's group ends it first.
 */
const SCRIPT = `
trap '' HUP INT TERM
groups=" "
while read -r word group; do
  case $word in
    guard) groups="$groups$group " ;;
    release) groups="\${groups%% $group *} \${groups#* $group }" ;;
  esac
done
for group in $groups; do kill -s KILL -- "-$group"; done
`;

let keeper: ChildProcess | undefined;
const guarded = new Set<number>();

/**
 * Sees to it that the process group dies with this process. The returned function takes the group off again. One small
 * shell guards all groups; it ends when there is nothing left to guard.
 */
export function guard(group: number): () => void {
  guarded.add(group);
  if (keeper) tell(`guard ${group}`);
  else startKeeper();
  return () => {
    if (!guarded.delete(group)) return;
    tell(`release ${group}`);
    if (guarded.size > 0) return;
    keeper?.stdin?.end();
    keeper = undefined;
  };
}

function startKeeper(): void {
  const started = spawn('/bin/sh', ['-c', SCRIPT], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
    env: {},
  });
  keeper = started;
  started.on('error', () => {});
  started.stdin.on('error', () => {});
  started.on('exit', () => {
    if (keeper === started) keeper = undefined;
  });
  started.unref();
  for (const group of guarded) tell(`guard ${group}`);
}

function tell(line: string): void {
  keeper?.stdin?.write(`${line}\n`);
}
