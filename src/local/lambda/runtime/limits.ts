/** What bounds a pool. All of it can be set by the caller, so that tests need not wait. */
export interface PoolLimits {
  /** Time for the init phase before it is ended and run again inside the invocation; AWS allows 10 s. */
  readonly initMs: number;
  /** An idle sandbox is ended after this time; AWS keeps one for some minutes. */
  readonly idleMs: number;
  /** Sandboxes of all pools of this process together. A Node sandbox holds about 45 MB. */
  readonly sandboxes: number;
}

export const DEFAULT_LIMITS: PoolLimits = { initMs: 10_000, idleMs: 5 * 60_000, sandboxes: 200 };

/** AWS gives an environment of provisioned concurrency this long to initialise, or the function's timeout if longer. */
export const PROVISIONED_INIT_MS = 130_000;

/** AWS's limit for a buffered response: 6 MB and 100 bytes. */
export const MAX_RESPONSE_BYTES = 6_291_556;

/** CloudWatch Logs takes events of at most 256 KB; a longer line is cut into several. */
export const MAX_LOG_EVENT_BYTES = 256 * 1024 - 26;

/** What is kept of one invocation's log text; LogResult shows the last 4 KB of it. */
export const MAX_LOG_TEXT_CHARS = 256 * 1024;

/**
 * What a process may hold beyond the function's memory size before it is killed: the runtime itself takes about 42 MB
 * here, and counts towards the memory size at AWS, where it is smaller.
 */
export const MEMORY_SLACK_MB = 40;

/** Share of the memory size that V8's old space may take, as AWS sets it. */
export const HEAP_SHARE = 0.9;

/** How often the memory of running sandboxes is read: a process that allocates 1 GB/s is caught within 25 MB. */
export const MEMORY_POLL_MS = 25;
