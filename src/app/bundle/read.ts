import { configProblem } from '../../core/judge/config.ts';
import { BUNDLE_FORMAT, BUNDLE_VERSION, checksumOf } from '../../core/replay/bundle.ts';
import type { ReleaseRecord } from '../../core/replay/record.ts';
import { textOf } from '../error-text.ts';
import { bundleProblem, isBundle } from './schema.ts';

export type BundleRead =
  | { readonly ok: true; readonly release: ReleaseRecord }
  | { readonly ok: false; readonly problem: string };

/** A release of a month that was looked at every second stays far below. */
export const MAX_BUNDLE_BYTES = 32 * 1024 * 1024;

/** Reads the text of a bundle. Everything in it is checked before anything is computed from it. */
export function readBundle(text: string): BundleRead {
  if (Buffer.byteLength(text) > MAX_BUNDLE_BYTES)
    return { ok: false, problem: `it has more than ${MAX_BUNDLE_BYTES} bytes` };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return { ok: false, problem: `it is not JSON (${textOf(error)})` };
  }
  const other = formatProblem(value);
  if (other !== undefined) return { ok: false, problem: other };
  if (!isBundle(value)) return { ok: false, problem: bundleProblem(value) ?? 'it is no bundle' };
  const { release, checksum } = value;
  if (checksumOf(release) !== checksum)
    return {
      ok: false,
      problem: `its checksum is ${checksum}, but its content says ${checksumOf(release)}: it was changed or damaged`,
    };
  const problem = meaningProblem(release);
  return problem === undefined ? { ok: true, release } : { ok: false, problem };
}

function formatProblem(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null || !('format' in value) || value.format !== BUNDLE_FORMAT)
    return `it is no bundle of a release: "format" is not "${BUNDLE_FORMAT}"`;
  if (!('v' in value) || value.v === BUNDLE_VERSION) return undefined;
  return `it is of version ${String(value.v)}; this Switchback reads version ${BUNDLE_VERSION}: upgrade`;
}

/** What has the right form and still cannot be. */
function meaningProblem({ plan, weights, looks, marks }: ReleaseRecord): string | undefined {
  if (plan.stable === plan.candidate) return `plan: stable and candidate are both version ${plan.stable}`;
  const late = weights.find(({ look }) => look > looks.length);
  if (late) return `weights: one is set before look ${late.look}, but there are ${looks.length} looks`;
  if (!plan.judge) return undefined;
  const names = { stable: plan.stable, candidate: plan.candidate };
  const problem = configProblem({ ...plan.judge, ...names, startedAtMs: marks.startedAt, horizonMs: 1 });
  return problem === null ? undefined : `plan.judge: ${problem}`;
}
