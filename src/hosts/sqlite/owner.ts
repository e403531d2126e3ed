import { readFileSync, readlinkSync } from 'node:fs';

/**
 * Who holds a command, told so that any other process can find out whether it still lives: `space` is the machine's boot
 * and process namespace, within which `pid` and `started` (clock ticks since boot) name one process for ever.
 * `space` is empty where there is no /proc: then only the lease tells.
 */
export interface Owner {
  readonly space: string;
  readonly pid: number;
  readonly started: string;
  /** Tells apart the hosts that one process has open. */
  readonly instance: number;
}

/** The hosts that this process has open. */
const openHere = new Set<number>();
let lastInstance = 0;

/** A new owner, for one open host; `leave` it when the host closes. */
export function enter(): Owner {
  lastInstance += 1;
  openHere.add(lastInstance);
  return { space: space(), pid: process.pid, started: startOf('self') ?? '', instance: lastInstance };
}

export function leave(owner: Owner): void {
  openHere.delete(owner.instance);
}

/** Whether the owner lives; `unknown` where this process cannot tell (other machine or container, no /proc). */
export function lives(owner: Owner): boolean | 'unknown' {
  const here = space();
  if (owner.space === '' || owner.space !== here) return 'unknown';
  if (startOf(String(owner.pid)) !== owner.started) return false;
  return owner.pid !== process.pid || openHere.has(owner.instance);
}

export function writeOwner(owner: Owner): string {
  return JSON.stringify([owner.space, owner.pid, owner.started, owner.instance]);
}

/** Undefined for a text that no version wrote. */
export function readOwner(text: string): Owner | undefined {
  const parts: unknown = JSON.parse(text);
  if (!Array.isArray(parts)) return undefined;
  const [inSpace, pid, started, instance]: unknown[] = parts;
  if (typeof inSpace !== 'string' || typeof pid !== 'number') return undefined;
  if (typeof started !== 'string' || typeof instance !== 'number') return undefined;
  return { space: inSpace, pid, started, instance };
}

let ownSpace: string | undefined;

function space(): string {
  ownSpace ??= readSpace();
  return ownSpace;
}

function readSpace(): string {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return `${boot} ${readlinkSync('/proc/self/ns/pid')}`;
  } catch {
    return '';
  }
}

/** Field 22 of /proc/PID/stat, proc_pid_stat(5); undefined where the process does not exist or is a zombie. */
function startOf(pid: string): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field is the command in parentheses, and may itself hold spaces and parentheses.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19];
  } catch {
    return undefined;
  }
}
