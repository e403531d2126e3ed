import type { AliasFault } from '../../core/doctor/alias-fault.ts';
import { formatDuration } from '../../core/duration.ts';
import { type AliasKey, alone, describeRouting, flagsOf, type Routing, sameRouting } from '../../core/release/alias.ts';
import { type Line, labelled, line } from './line.ts';

export interface RepairReport {
  readonly key: AliasKey;
  readonly from: Routing;
  readonly fault: AliasFault;
  /** What could not be read; sentences. */
  readonly unread: readonly string[];
  /** Where all traffic goes; null where nothing is repaired. */
  readonly to: string | null;
  /** What is left to do besides; a sentence. */
  readonly then: string | null;
  /** Undefined where nothing was changed yet. */
  readonly done?: { readonly readBack: Routing | null; readonly tookMs: number };
}

/** What was found, what follows from it, what was done about it, and what is left to do. */
export function repairText(report: RepairReport): Line[] {
  const { key, fault, unread, to, then } = report;
  return [
    headOf(report),
    labelled('found', fault.told),
    ...fault.consequences.map((each, index) => labelled(index === 0 ? 'so' : '', each)),
    ...(to === null ? [labelled('because', fault.because)] : deed(report, to)),
    ...unread.map((each, index) => labelled(index === 0 ? 'not read' : '', ['warn', '!'], ` ${each}`)),
    ...(fault.next !== null && to === null ? [labelled('next', ['strong', fault.next])] : []),
    ...(then === null ? [] : [labelled('then', then)]),
    ...(to !== null && !report.done
      ? [labelled('do it', ['strong', `switchback repair ${flagsOf(key)}`]), line(['dim', 'nothing was changed'])]
      : []),
  ];
}

function headOf({ key, fault, to, done }: RepairReport): Line {
  const name: readonly ['strong', string] = ['strong', ` ${key.function}:${key.alias}`];
  if (fault.kind === 'healthy') return line(['good', '✔'], name, ' is in order');
  if (!done) return line(['warn', '!'], name, to === null ? ' cannot be repaired by itself' : ' needs repair');
  const isBack = done.readBack !== null && sameRouting(done.readBack, alone(to ?? ''));
  return isBack ? line(['good', '✔'], name, ' is repaired') : line(['bad', '✖'], name, ' is NOT repaired');
}

function deed({ from, fault, done }: RepairReport, to: string): Line[] {
  if (!done) return [labelled('would', `send all traffic to version ${to}: ${fault.because}`)];
  const readBack = done.readBack ? describeRouting(done.readBack) : 'not possible';
  return [
    labelled('from', describeRouting(from)),
    labelled('to', `version ${to} alone: ${fault.because}`),
    labelled('took', formatDuration(done.tookMs)),
    labelled('read back', readBack),
  ];
}

/** What is left to do in CloudFormation, where no stack could be asked. */
export function stackHint(fault: AliasFault): string | null {
  switch (fault.kind) {
    case 'splitByDeployment':
    case 'split':
    case 'mismatch':
      return 'if a stack owns the alias: let its update or rollback end (UPDATE_ROLLBACK_FAILED: aws cloudformation continue-update-rollback), then update it again; it expects the version that is now live';
    default:
      return null;
  }
}
