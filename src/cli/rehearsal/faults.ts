/** The faults that a rehearsal can release: what `fault.mjs` of the example becomes in the new version. */
export const FAULTS = ['errors', 'slow', 'crash', 'timeout', 'none'] as const;
export type Fault = (typeof FAULTS)[number];

export function isFault(text: string): text is Fault {
  return (FAULTS as readonly string[]).includes(text);
}

/** Longer than the rehearsal's function may run. */
const FOREVER_MS = 30_000;

interface FaultSpec {
  /** Completes "the new version …". */
  readonly says: string;
  readonly source: string;
}

export const FAULT_SPECS: Readonly<Record<Fault, FaultSpec>> = {
  errors: {
    says: 'fails a third of its requests',
    source: `let n = 0;
export async function faultOf(event) {
  n += 1;
  if (n % 3 === 0) throw new Error(\`order \${event.orderId} could not be priced: the tax table is empty\`);
}
`,
  },
  slow: {
    says: 'answers every request 250 ms later',
    source: `export async function faultOf() {
  await new Promise((resolve) => setTimeout(resolve, 250));
}
`,
  },
  crash: {
    says: 'ends its process on every fourth request',
    source: `let n = 0;
export async function faultOf() {
  n += 1;
  if (n % 4 === 0) process.exit(7);
}
`,
  },
  timeout: {
    says: 'hangs on every second request until Lambda kills it',
    source: `let n = 0;
export async function faultOf() {
  n += 1;
  if (n % 2 === 0) await new Promise((resolve) => setTimeout(resolve, ${FOREVER_MS}));
}
`,
  },
  none: {
    says: 'has no fault',
    source: `// Version 2: the same service, published again.
export async function faultOf() {}
`,
  },
};
