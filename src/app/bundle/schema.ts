import { z } from 'zod';
import { MAX_COUNT, MAX_SLOW_LIMITS } from '../../core/judge/counts.ts';
import { MAX_MINUTES } from '../../core/release/guards.ts';
import { MAX_HOLD_MS, MAX_STEPS } from '../../core/release/plan.ts';
import { MAX_ALARMS } from '../../core/release/planning.ts';
import { BUNDLE_FORMAT, BUNDLE_VERSION, type Bundle, MAX_LOOKS } from '../../core/replay/bundle.ts';
import { FIXED_COUNTS } from '../../core/replay/counts.ts';

/** Limits of what a bundle may hold: far beyond any release, small enough that no file can exhaust memory. */
const MAX_TEXT = 4_000;
const MAX_THRESHOLDS = 50;
/** The year 2200: later times are no times of a release. */
const MAX_TIME_MS = 7_258_118_400_000;

const text = z.string().max(MAX_TEXT);
/** A number, or the name of an arm behind a router. */
const version = z.string().regex(/^[\w$()-]{1,64}$/);
const time = z.number().min(0).max(MAX_TIME_MS);
const after = z.number().min(-MAX_HOLD_MS).max(MAX_TIME_MS);
const weight = z.number().min(0).max(100);
/** CloudWatch's sums may be fractions; log records are whole, which the judge checks itself. */
const count = z.number().min(0).max(MAX_COUNT);
const counts = z.record(
  version,
  z
    .array(count)
    .min(FIXED_COUNTS)
    .max(FIXED_COUNTS + MAX_SLOW_LIMITS + MAX_THRESHOLDS),
);

const alarm = z.object({
  name: text,
  state: z.enum(['OK', 'ALARM', 'INSUFFICIENT_DATA']),
  reason: text,
  sinceMs: z.number().min(0).max(MAX_TIME_MS),
  actionsEnabled: z.boolean(),
});

const metric = z.union([
  z.object({
    kind: z.enum(['errorRate', 'timeoutRate', 'throttleRate', 'coldStartRate', 'errors', 'timeouts', 'throttles']),
  }),
  z.object({ kind: z.literal('duration'), percentile: z.number().gt(0).lt(100) }),
]);

const threshold = z.object({
  text,
  metric,
  limit: z.number().min(0),
  orEqual: z.boolean(),
  forMs: z.number().min(1_000).max(3_600_000),
  minInvocations: z.number().int().min(0),
});

const perKind = z.partialRecord(z.enum(['errors', 'timeouts', 'slow', 'throttles', 'coldStarts']), z.number());

const judge = z.object({
  alpha: z.number(),
  latencyLimits: z
    .array(z.object({ quantile: z.number(), limitMs: z.number().gt(0) }))
    .max(MAX_SLOW_LIMITS)
    .optional(),
  stableErrorRate: z.number().optional(),
  usualPerSecond: z.number().optional(),
  phi: perKind.optional(),
  metricWeights: perKind.optional(),
  promoteEarly: z.object({ notWorseThan: z.number(), beta: z.number() }).optional(),
});

const plan = z.object({
  stable: version,
  candidate: version,
  strategy: text,
  steps: z
    .array(
      z.object({
        weightPercent: weight,
        holdMs: z.number().min(0).max(MAX_HOLD_MS),
        enoughInvocations: z.number().int().min(1).optional(),
      }),
    )
    .min(1)
    .max(MAX_STEPS + 1),
  alarms: z.array(z.object({ name: text, allowed: text.optional() })).max(MAX_ALARMS),
  thresholds: z.array(threshold).max(MAX_THRESHOLDS),
  judge: judge.nullable(),
  signals: z.object({ logs: z.boolean(), metrics: z.boolean() }),
});

const look = z.object({
  afterMs: after,
  weightPercent: weight,
  logs: counts.optional(),
  minutes: z
    .array(z.object({ minuteMs: time, counts }))
    .max(MAX_MINUTES * 24)
    .optional(),
  alarms: z.array(alarm).max(MAX_ALARMS).optional(),
});

const said = z.object({ kind: text, reason: text });
const place = z.number().int().min(0).max(MAX_LOOKS);

const release = z.object({
  id: z.string().regex(/^r-[0-9a-z]{1,20}$/),
  key: z.object({ account: text, region: text, function: text, alias: text }),
  plan,
  alarms: z.array(alarm).max(MAX_ALARMS),
  weights: z.array(z.object({ look: place, afterMs: after, weightPercent: weight })).max(MAX_LOOKS),
  looks: z.array(look).max(MAX_LOOKS),
  decided: z.object({
    failed: z.object({ look: place, guard: text, reason: text }).nullable(),
    judges: z.partialRecord(z.enum(['logs', 'metrics']), said),
    trail: text,
  }),
  marks: z.object({
    startedAt: time,
    firstBadAt: time.optional(),
    rollbackOrderedAt: time.optional(),
    rollbackSentAt: time.optional(),
    restoredAt: time.optional(),
    endedAt: time.optional(),
  }),
  outcome: z
    .object({ state: z.enum(['promoted', 'rolledBack', 'halted']), reason: text, by: z.enum(['system', 'person']) })
    .nullable(),
  undoneBy: text.nullable(),
});

const bundle = z.object({
  format: z.literal(BUNDLE_FORMAT),
  v: z.literal(BUNDLE_VERSION),
  checksum: text,
  release,
});

/** What is wrong with a value that should be a bundle: where, and why; undefined where nothing is. */
export function bundleProblem(value: unknown): string | undefined {
  const result = bundle.safeParse(value);
  if (result.success) return undefined;
  const [first] = result.error.issues;
  const path = (first?.path ?? []).map(String).join('.');
  return `${path === '' ? 'the bundle' : path}: ${first?.message ?? 'is not as it should be'}`;
}

export function isBundle(value: unknown): value is Bundle {
  return bundleProblem(value) === undefined;
}
