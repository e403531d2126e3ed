import { z } from 'zod';
import type { MetricKind } from '../../core/judge/config.ts';
import { type AliasKey, actorOf } from '../../core/release/alias.ts';
import { CALIBRATION_FORMAT, CALIBRATION_VERSION, type CalibrationRecord } from '../../core/replay/calibration.ts';
import { textOf } from '../error-text.ts';

const MAX_TEXT = 300;
/** A month of hours. */
const MAX_HOURS = 31 * 24 + 1;
const MAX_PHI = 1e4;

const KINDS = ['errors', 'timeouts', 'slow', 'throttles', 'coldStarts'] as const satisfies readonly MetricKind[];

const text = z.string().max(MAX_TEXT);
const figure = z.number().min(0);
const whole = z.number().int().min(0);
const clustering = z.object({ phi: z.number().min(1), measured: figure, events: whole, reliable: z.boolean() });
const replay = z.object({
  replays: whole,
  rolledBack: whole,
  by: z.partialRecord(z.enum(KINDS), whole),
});

const calibration = z.object({
  format: z.literal(CALIBRATION_FORMAT),
  v: z.literal(CALIBRATION_VERSION),
  key: z.object({ account: text, region: text, function: text, alias: text }),
  version: text,
  madeAtMs: figure,
  span: z.object({ fromMs: figure, untilMs: figure }),
  shape: z.object({
    invocations: whole,
    errors: whole,
    timeouts: whole,
    coldStarts: whole,
    streams: whole,
    coveredMs: figure,
    requestsPerSecond: figure,
    hours: z.array(z.object({ hourMs: figure, requestsPerSecond: figure })).max(MAX_HOURS),
    durationMs: z.object({ p50: figure, p90: figure, p99: figure }).nullable(),
  }),
  clustering: z.object({ errors: clustering, timeouts: clustering, slow: clustering }),
  phi: z.partialRecord(z.enum(KINDS), z.number().min(1).max(MAX_PHI)),
  tested: z
    .object({ alpha: z.number().gt(0).lt(1), seed: z.number(), learned: replay, unlearned: replay.nullable() })
    .nullable(),
});

function isCalibration(value: unknown): value is CalibrationRecord {
  return calibration.safeParse(value).success;
}

/** Reads a calibration of this alias; a sentence where it cannot be used. */
export function readCalibration(content: string, key: AliasKey): CalibrationRecord | string {
  let value: unknown;
  try {
    value = JSON.parse(content);
  } catch (error) {
    return `it is not JSON (${textOf(error)})`;
  }
  const result = calibration.safeParse(value);
  if (!result.success) {
    const [first] = result.error.issues;
    return `${(first?.path ?? []).map(String).join('.') || 'the file'}: ${first?.message ?? 'is not as it should be'}`;
  }
  if (!isCalibration(value)) return 'it is no calibration';
  const data = value;
  if (actorOf(data.key) !== actorOf(key)) return `it belongs to ${actorOf(data.key)}`;
  return data.shape.errors > data.shape.invocations ? 'it has more errors than invocations' : data;
}
