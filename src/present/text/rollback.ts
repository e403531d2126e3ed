import { formatDuration } from '../../core/duration.ts';
import { type AliasKey, describeRouting, flagsOf, type Routing } from '../../core/release/alias.ts';
import type { Release } from '../../core/release/release.ts';
import type { Who } from '../../core/who.ts';
import { type Line, labelled, line } from './line.ts';
import { verificationLines } from './release.ts';
import { personText } from './words.ts';

/** A rollback that was carried out, as far as it can be told. */
export interface RollbackReport {
  readonly key: AliasKey;
  readonly from: Routing;
  readonly to: string;
  /** Why this version. */
  readonly because: string;
  readonly who: Who;
  readonly why: string | null;
  readonly tookMs: number;
  /** The alias as read back afterwards; null where it could not be read. */
  readonly readBack: Routing | null;
  /** The release as the engine has it; null where the alias was moved without the engine. */
  readonly release: Release | null;
}

/** Says from what to what, who, why, how long it took, what was read back, what traffic showed, and how to undo it. */
export function rollbackText(report: RollbackReport): Line[] {
  const { key, to, readBack } = report;
  const restored = readBack !== null && readBack.version === to && readBack.second === null;
  const head = restored
    ? line(['good', '✔'], ['strong', ` ${key.function}:${key.alias} is back on version ${to}`])
    : line(['bad', '✖'], ['strong', ` ${key.function}:${key.alias} is NOT back on version ${to}`]);
  const bad = report.from.second?.version ?? report.from.version;
  return [
    head,
    labelled('from', describeRouting(report.from)),
    labelled('to', `version ${to} alone: ${report.because}`),
    labelled('who', personText(report.who)),
    ...(report.why === null ? [] : [labelled('why', report.why)]),
    labelled('took', formatDuration(report.tookMs)),
    labelled('read back', readBack ? describeRouting(readBack) : 'not possible'),
    ...(report.release ? verificationLines(report.release) : []),
    restored
      ? labelled('undo', ['strong', `switchback rollback ${flagsOf(key)} --to ${bad}`])
      : labelled('repair', ['strong', `switchback rollback ${flagsOf(key)} --to ${to}`]),
  ];
}
