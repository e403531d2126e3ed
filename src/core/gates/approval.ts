import { canonicalJson } from '../canonical-json.ts';
import { utcText } from '../comms/utc.ts';
import type { Plan } from '../release/plan.ts';
import type { Who } from '../who.ts';
import type { ApprovalCheck } from './checks.ts';
import type { Gate, GateRun } from './gate.ts';
import { sha256 } from './sha256.ts';

/** What a person is shown and agrees to: the plan, and what every gate has said so far. */
export interface Shown {
  readonly releaseId: string;
  readonly gate: string;
  readonly attempt: number;
  readonly plan: unknown;
  readonly evidence: unknown;
}

/**
 * What an approval is bound to, as data. The hook's secret is left out: it proves nothing to a reader. Figures that change by
 * the second are left out as well: they are the guards' business, who can end the release at any time.
 */
export function shownFor(releaseId: string, plan: Plan, runs: Readonly<Record<string, GateRun>>, run: string): Shown {
  const { secret: _secret, ...open } = plan;
  const evidence = Object.entries(runs)
    .filter(([name]) => name !== run)
    .map(([name, { status, verdict, evidence: found, decidedBy, attempt }]) => ({
      run: name,
      attempt,
      status,
      ...(verdict ? { outcome: verdict.outcome, reason: verdict.reason } : {}),
      ...(found ? { evidence: found } : {}),
      ...(decidedBy === undefined ? {} : { decidedBy }),
    }));
  return { releaseId, gate: run, attempt: (runs[run]?.attempt ?? 0) + 1, plan: open, evidence };
}

/** SHA-256 over the canonical JSON (keys sorted) of what was shown. */
export function digestOf(shown: Shown): string {
  return sha256(canonicalJson(shown));
}

/** A person's word on an approval gate. */
export interface Word {
  readonly who: Who;
  /** Roles that were proved together with the name. */
  readonly roles: readonly string[];
  readonly decision: 'approve' | 'deny';
  /** Of what the person was shown. */
  readonly digest: string;
  readonly at: number;
}

/** Why a word does not count, as a sentence; undefined where it does. */
export function approvalProblem(gate: Gate, run: GateRun | undefined, starter: Who, word: Word): string | undefined {
  const { check } = gate;
  if (check.kind !== 'approval') return `gate ${gate.id} is no approval: nobody is asked`;
  if (run?.status !== 'waiting') return `gate ${gate.id} does not wait for an approval`;
  if (word.at >= run.deadline)
    return `gate ${gate.id} waited until ${utcText(run.deadline)}: the time to approve is over`;
  if (word.digest !== run.digest)
    return `gate ${gate.id} asks about ${short(run.digest ?? '')}, and ${short(word.digest)} was approved: what was shown is not what would be released`;
  if (!mayApprove(check, word))
    return `${word.who.name} (${word.who.provedBy}) may not decide gate ${gate.id}: it is for ${approversText(check)}`;
  if (check.fourEyes && word.decision === 'approve' && word.who.name === starter.name)
    return `${word.who.name} started this release: gate ${gate.id} wants a second person's word`;
  return undefined;
}

/** Whether the person is named, or has one of the roles. Nobody named and no role: nobody may. */
export function mayApprove({ people, roles }: ApprovalCheck, word: Pick<Word, 'who' | 'roles'>): boolean {
  if (word.who.provedBy === 'system') return false;
  return people.some((pattern) => isLike(word.who.name, pattern)) || roles.some((role) => word.roles.includes(role));
}

export function approversText({ people, roles }: ApprovalCheck): string {
  return [...people, ...roles.map((role) => `role ${role}`)].join(', ') || 'nobody';
}

/** The roles that an identity proves by itself: the IAM role of an assumed-role ARN. */
export function rolesProvedBy({ name, provedBy }: Who): readonly string[] {
  const role = provedBy === 'sts' ? /^arn:[\w-]+:sts::\d{12}:assumed-role\/([\w+=,.@-]+)\//.exec(name)?.[1] : undefined;
  return role === undefined ? [] : [role];
}

/** `*` stands for any characters; everything else for itself. Linear: a pattern is not a regular expression. */
function isLike(name: string, pattern: string): boolean {
  const parts = pattern.split('*');
  const [first = '', ...rest] = parts;
  if (rest.length === 0) return name === pattern;
  const last = rest.pop()!;
  if (name.length < first.length + last.length || !name.startsWith(first) || !name.endsWith(last)) return false;
  let from = first.length;
  for (const part of rest) {
    const found = name.indexOf(part, from);
    if (found < 0) return false;
    from = found + part.length;
  }
  return from <= name.length - last.length;
}

/** Whose word an approval waits for, and until when, for sentences; undefined at every other gate. */
export function waitText({ id, check }: Gate, { deadline }: Pick<GateRun, 'deadline'>): string | undefined {
  if (check.kind !== 'approval') return undefined;
  return `gate ${id} (${check.title}) waits for ${approversText(check)} until ${utcText(deadline)}`;
}

/** The first twelve digits: enough for a person to compare. */
export function short(digest: string): string {
  return digest.slice(0, 12);
}
