import { formatDuration } from '../../core/duration.ts';
import { approversText, short } from '../../core/gates/approval.ts';
import type { GateCheck } from '../../core/gates/checks.ts';
import { dataLeft, dataVerdict } from '../../core/gates/data.ts';
import { type Gate, type GateRun, type GateStatus, placeText } from '../../core/gates/gate.ts';
import type { VerdictOutcome } from '../../core/judge/verdict.ts';
import { flagsOf } from '../../core/release/alias.ts';
import { heldRun, waitingRun } from '../../core/release/gate-runs.ts';
import type { Release } from '../../core/release/release.ts';
import { type Line, labelled, type Tone } from './line.ts';
import { clock, countText, utc, VERDICT_SIGNS } from './words.ts';

/** Each gate of the plan with what it said; those that have not run yet are named as well. */
export function gateLines(release: Release, nowMs: number): Line[] {
  const { plan, gates } = release;
  const lines = plan.gates.flatMap((gate) => {
    const runs = Object.entries(gates).filter(([, run]) => run.gate === gate.id);
    const said = runs.map(([name, run]) => runLine(name, run, gate, nowMs));
    return runs.length === 0
      ? [[['dim', '·'], ` ${titleOf(gate)}: not run yet, ${placeText(gate.at)}`] as const]
      : said;
  });
  return [
    ...lines.map((parts, index) => labelled(index === 0 ? 'gates' : '', ...parts)),
    ...askLines(release),
    ...left(release),
  ];
}

/** What a person can do about the gate that the release stands at. */
function askLines(release: Release): Line[] {
  const flags = flagsOf(release.plan.key);
  if (waitingRun(release)?.gate.check.kind === 'approval')
    return [labelled('approve', ['strong', `switchback approve ${flags} --reason "…"`])];
  const held = heldRun(release);
  if (!held) return [];
  const again = labelled('again', ['strong', `switchback resume ${flags}`]);
  if (held.gate.check.kind === 'approval') return [again];
  return [again, labelled('overrule', ['strong', `switchback promote ${flags} --reason "…"`])];
}

/** What a rollback did not take back. */
function left({ plan, outcome, rollback, fence }: Release): Line[] {
  if (!rollback || !outcome || fence === 0) return [];
  return dataLeft(plan.gates).map((text, index) =>
    labelled(index === 0 ? 'data' : '', VERDICT_SIGNS.error, ` ${text}`),
  );
}

function runLine(name: string, run: GateRun, gate: Gate, nowMs: number): readonly [readonly [Tone, string], string] {
  const title = name === gate.id ? titleOf(gate) : `${titleOf(gate)} @ step ${name.split('@')[1]}`;
  if (run.status === 'waiting') return [VERDICT_SIGNS.running, ` ${title}: ${waits(run, gate)}`];
  if (run.status === 'void') return [['dim', '·'], ` ${title}: left, the release went back a step`];
  const took = formatDuration((run.endedAt ?? nowMs) - run.startedAt);
  const by = run.decidedBy !== undefined && run.status === 'overruled' ? ` by ${run.decidedBy}` : '';
  const then = AFTERMATH[run.status];
  return [
    SIGNS[run.verdict?.outcome ?? 'error'],
    ` ${title}: ${run.verdict?.reason ?? 'no answer'} (${took})${then}${by}`,
  ];
}

const SIGNS: Readonly<Record<VerdictOutcome, readonly [Tone, string]>> = VERDICT_SIGNS;

const AFTERMATH: Readonly<Record<Exclude<GateStatus, 'waiting' | 'void'>, string>> = {
  passed: '',
  continued: '; went on with a warning, as its rule says',
  held: '; holds the release',
  overruled: '; overruled',
  stopped: '; ended the release',
};

/** What a gate that has not answered waits for. */
export function waits(run: GateRun, { check }: Gate): string {
  const until = clock(run.deadline);
  if (check.kind !== 'approval') return `waiting for its answer, at most until ${until}`;
  return `waits for ${approversText(check)} until ${utc(run.deadline)}; what is shown has digest ${short(run.digest ?? '')}`;
}

/** `uat (approval: UAT)`. */
export function titleOf({ id, check }: Gate): string {
  return `${id} (${subjectOf(check)})`;
}

function subjectOf(check: GateCheck): string {
  switch (check.kind) {
    case 'hook':
      return `hook ${check.function}`;
    case 'functional':
      return countText(check.cases.length, 'functional case');
    case 'testAlias':
      return `alias ${check.alias}`;
    case 'load':
      return `load ${check.perSecond}/s for ${formatDuration(check.forMs)}`;
    case 'command':
      return `command ${check.command[0] ?? ''}`;
    case 'url':
      return `${check.method} ${check.url}`;
    case 'security':
      return `security: ${check.parts.join(', ')}`;
    case 'approval':
      return `approval: ${check.title}`;
    case 'data':
      return 'data';
    default:
      return check satisfies never;
  }
}

/** A gate in a plan: what it asks, by which criteria, and what happens where it does not pass. */
export function gateText(gate: Gate): string {
  const { check, timeoutMs, onFail, onSilence } = gate;
  const criteria = criteriaOf(check);
  const limit = check.kind === 'data' ? '' : `, within ${formatDuration(timeoutMs)}`;
  const rules =
    onFail === onSilence ? `else ${RULES[onFail]}` : `on failure ${RULES[onFail]}, on silence ${RULES[onSilence]}`;
  const said = `gate ${titleOf(gate)}${criteria === '' ? '' : `: ${criteria}`}${limit}`;
  // A declared change of data cannot fail once the plan was accepted.
  return check.kind === 'data' ? said : `${said}; ${rules}`;
}

const RULES = { rollback: 'roll back', hold: 'hold for a person', continue: 'go on with a warning' } as const;

function criteriaOf(check: GateCheck): string {
  switch (check.kind) {
    case 'hook':
      return 'must answer Succeeded';
    case 'testAlias':
      return 'must lead to the candidate alone';
    case 'functional':
      return 'every answer as described';
    case 'load': {
      const { p95Ms, p99Ms, maxErrorPercent } = check;
      const limits = [p95Ms === undefined ? '' : `p95 <= ${p95Ms} ms`, p99Ms === undefined ? '' : `p99 <= ${p99Ms} ms`];
      return [...limits, `errors <= ${maxErrorPercent} %`].filter((limit) => limit !== '').join(', ');
    }
    case 'command':
      return 'must end with 0';
    case 'url':
      return `must answer ${check.status}`;
    case 'security':
      return check.parts.includes('audit') ? `no advisory from ${check.failFrom} on` : '';
    case 'approval':
      return `by ${approversText(check)}${check.fourEyes ? ', not by who started it' : ''}`;
    case 'data':
      return dataVerdict(check).reason;
    default:
      return check satisfies never;
  }
}
