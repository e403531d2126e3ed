/** The faults that a rehearsal can release: what `fault.mjs` of the example becomes in the new version. */
export const FAULTS = ['errors', 'slow', 'crash', 'timeout', 'subtle', 'outage', 'none'] as const;
export type Fault = (typeof FAULTS)[number];

export function isFault(text: string): text is Fault {
  return (FAULTS as readonly string[]).includes(text);
}

/** Longer than the rehearsal's function may run. */
const FOREVER_MS = 30_000;

/** The outage begins when the judge knows how often the service usually fails, and before the step is over. */
export const OUTAGE = { afterMs: 7_500, forMs: 4_000 } as const;

interface FaultSpec {
  /** Completes "Releasing a new version that …". */
  readonly says: string;
  /** What `fault.mjs` becomes in the new version. */
  readonly source: string;
  /** What it is in the stable version, where that is not the example's own. */
  readonly stableSource?: string;
  readonly strategy: string;
  readonly bakeMs: number;
  readonly rps: number;
  /** Traffic before the release: the stable version must be warm, and where its past matters, known. */
  readonly warmUpMs: number;
  /** The function's own time limit. Lambda's default gives a cold start on a busy machine the time that it needs. */
  readonly timeoutMs: number;
  /** Thresholds beside the judge: sentences. */
  readonly thresholds: readonly string[];
  readonly ends: 'promoted' | 'rolledBack';
}

const HEALTHY = `export async function faultOf() {}
`;
/** Both versions ask the tax service for every order, as real services do. */
const DEPENDENT = `export async function faultOf(event) {
  const answer = await fetch(\`\${process.env.TAX_SERVICE}/\${event.country}\`);
  if (!answer.ok) throw new Error(\`the tax service answered \${answer.status}\`);
}
`;
const CANARY = {
  strategy: 'canary 10% 30s',
  bakeMs: 5_000,
  rps: 60,
  warmUpMs: 3_000,
  timeoutMs: 3_000,
  thresholds: ['error rate > 10% for 10s'],
  ends: 'rolledBack',
} as const;

export const FAULT_SPECS: Readonly<Record<Fault, FaultSpec>> = {
  errors: {
    ...CANARY,
    says: 'fails a third of its requests',
    source: `let n = 0;
export async function faultOf(event) {
  n += 1;
  if (n % 3 === 0) throw new Error(\`order \${event.orderId} could not be priced: the tax table is empty\`);
}
`,
  },
  slow: {
    ...CANARY,
    // The judge excuses slowness for two minutes after a step, and a service this young has no past to compare with.
    thresholds: ['p90 > 200ms for 3s'],
    says: 'answers every request 250 ms later',
    source: `export async function faultOf() {
  await new Promise((resolve) => setTimeout(resolve, 250));
}
`,
  },
  crash: {
    ...CANARY,
    says: 'ends its process on every fourth request',
    source: `let n = 0;
export async function faultOf() {
  n += 1;
  if (n % 4 === 0) process.exit(7);
}
`,
  },
  timeout: {
    ...CANARY,
    timeoutMs: 1_000,
    says: 'hangs on every second request until Lambda kills it',
    source: `let n = 0;
export async function faultOf() {
  n += 1;
  if (n % 2 === 0) await new Promise((resolve) => setTimeout(resolve, ${FOREVER_MS}));
}
`,
  },
  subtle: {
    ...CANARY,
    // One failure in 200 is seen within a minute only where there is traffic to see it in.
    strategy: 'canary 50% 45s',
    rps: 300,
    says: 'fails half a percent of its requests',
    source: `export async function faultOf(event) {
  if (Math.random() < 0.005) throw new Error(\`order \${event.orderId} could not be priced\`);
}
`,
  },
  outage: {
    ...CANARY,
    // A threshold cannot tell an outage of a dependency from a bad version: here the judge stands alone.
    thresholds: [],
    // Enough invocations for a usual failure rate: without one the judge could not tell an outage from an ordinary day.
    strategy: 'canary 10% 10s',
    bakeMs: 4_000,
    rps: 100,
    ends: 'promoted',
    says: 'has no fault, while a service that both versions need fails for a while',
    source: DEPENDENT,
    stableSource: DEPENDENT,
  },
  none: {
    ...CANARY,
    strategy: 'canary 10% 8s',
    ends: 'promoted',
    says: 'has no fault',
    source: HEALTHY,
  },
};
