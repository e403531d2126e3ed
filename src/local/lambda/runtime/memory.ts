import { readFileSync } from 'node:fs';
import { MEMORY_POLL_MS } from './limits.ts';

/**
 * Reads resident and peak memory of a process in MB, or undefined where there is no /proc (or no such process). The
 * peak is of the process's own image: `getrusage` would count the memory of the process that forked it. Processes that
 * the function starts are not counted.
 */
export function memoryOf(pid: number): { residentMb: number; peakMb: number } | undefined {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'latin1');
    return { residentMb: field(status, 'VmRSS'), peakMb: field(status, 'VmHWM') };
  } catch {
    return undefined;
  }
}

function field(status: string, name: string): number {
  const at = status.indexOf(`${name}:`);
  return at < 0 ? 0 : Number.parseInt(status.slice(at + name.length + 1), 10) / 1024;
}

const watched = new Map<number, () => void>();
let timer: NodeJS.Timeout | undefined;

/** Calls `check` every {@link MEMORY_POLL_MS} until told to stop; one timer serves all processes. */
export function watchMemory(pid: number, check: () => void): () => void {
  watched.set(pid, check);
  timer ??= setInterval(() => {
    for (const run of watched.values()) run();
  }, MEMORY_POLL_MS).unref();
  return () => {
    if (watched.delete(pid) && watched.size === 0) {
      clearInterval(timer);
      timer = undefined;
    }
  };
}
