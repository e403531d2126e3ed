import { waitText } from '../gates/approval.ts';
import { flagsOf } from '../release/alias.ts';
import { heldRun, waitingRun } from '../release/gate-runs.ts';
import { failing, type GuardVerdict, guardVerdicts, seenOf } from '../release/guards.ts';
import { actualWeight, isOpen, type Release, wantedWeight } from '../release/release.ts';
import { lookCommand, routerOf } from '../release/router.ts';
import { CODEDEPLOY_RULES } from './codedeploy.ts';

/** What to look at or to run next. Logs are named by version and time; the printer makes the command of it. */
export type Next =
  | { readonly kind: 'command'; readonly command: string; readonly why: string }
  | {
      readonly kind: 'logs';
      readonly version: string;
      readonly fromMs: number;
      readonly toMs: number;
      readonly why: string;
    };

/** What a rule looks at. */
export interface Case {
  readonly release: Release;
  readonly verdicts: readonly GuardVerdict[];
  readonly nowMs: number;
}

export interface Finding {
  readonly symptom: string;
  readonly cause: string;
  readonly next: readonly Next[];
}

export interface Rule {
  readonly symptom: string;
  /** The cause as a sentence where the rule applies; undefined where it does not. */
  readonly cause: (given: Case) => string | undefined;
  readonly next: (given: Case) => readonly Next[];
}

/** Log records may arrive this long after what they tell of. */
const LOG_LAG_MS = 60_000;

const flags = ({ release }: Case): string => flagsOf(release.plan.key);

const endOf = ({ release, nowMs }: Case): number => release.marks.endedAt ?? nowMs;

function candidateLogs(given: Case, why: string): Next {
  const { plan, marks } = given.release;
  return { kind: 'logs', version: plan.candidate, fromMs: marks.startedAt, toMs: endOf(given) + LOG_LAG_MS, why };
}

function shell(command: string, why: string): Next {
  return { kind: 'command', command, why };
}

/** The troubleshooting guide as data: symptom, cause, next command. The most telling rules stand first. */
export const RULES: readonly Rule[] = [
  {
    symptom: 'a guard ended the release',
    cause: ({ release, verdicts }) =>
      release.rollback?.who.provedBy === 'system' ? failing(verdicts)?.verdict.reason : undefined,
    next: (given) => [
      candidateLogs(given, 'what the candidate logged while it had traffic'),
      ...given.release.plan.alarms.map(({ name }) =>
        shell(`aws cloudwatch describe-alarm-history --alarm-name ${quote(name)}`, `when alarm ${name} changed`),
      ),
    ],
  },
  {
    symptom: 'a gate stopped the release',
    cause: ({ release }) =>
      Object.values(release.gates).some(({ status }) => status === 'stopped') ? release.rollback?.reason : undefined,
    next: ({ release }) =>
      release.plan.gates
        .filter(({ id }) => Object.values(release.gates).some((run) => run.gate === id && run.status === 'stopped'))
        .flatMap(({ check }) =>
          check.kind === 'hook'
            ? [shell(`aws logs tail /aws/lambda/${check.function} --since 1h`, 'what the hook logged')]
            : [],
        ),
  },
  {
    symptom: 'a person ended the release',
    cause: ({ release }) => {
      const { rollback, kind } = release;
      if (!rollback || rollback.who.provedBy === 'system') return undefined;
      const what = kind === 'rollback' ? 'switched back' : 'ordered the rollback';
      return `${rollback.who.name} ${what}: ${rollback.reason}`;
    },
    next: (given) => [candidateLogs(given, 'what the version that was taken away logged')],
  },
  {
    symptom: 'a person must act',
    cause: ({ release }) => (release.outcome?.state === 'halted' ? release.outcome.reason : undefined),
    next: (given) => {
      const { plan } = given.release;
      return [
        shell(lookCommand(plan.key), 'where the traffic goes now'),
        shell(`switchback rollback ${flags(given)} --to ${plan.stable}`, `all traffic to version ${plan.stable}`),
      ];
    },
  },
  {
    symptom: 'a call to AWS kept failing',
    cause: ({ release }) =>
      /\bfailed after \d+ tries\b|: AccessDenied/.exec(release.rollback?.reason ?? '')
        ? release.rollback?.reason
        : undefined,
    next: () => [shell('aws sts get-caller-identity', 'whose permissions were used')],
  },
  {
    symptom: 'the release is paused',
    cause: ({ release }) =>
      release.paused ? `${release.paused.who.name} paused it: ${release.paused.reason}` : undefined,
    next: (given) => [shell(`switchback resume ${flags(given)}`, 'goes on with the step it was in')],
  },
  {
    symptom: 'AWS takes no credentials of whoever drives the release',
    cause: ({ release }) => (release.held?.by === 'credentials' ? release.held.reason : undefined),
    next: (given) => [
      shell('aws sso login', 'signs in again, where SSO is used: the release goes on by itself'),
      shell(`switchback watch ${flags(given)}`, 'drives it from a shell that has credentials'),
    ],
  },
  {
    symptom: 'the weight is held',
    cause: ({ release }) =>
      release.held?.by === 'credentials' || release.held?.by === 'gate' ? undefined : release.held?.reason,
    next: (given) => [
      shell(
        `switchback promote ${flags(given)}`,
        given.release.held?.by === 'judge' ? 'goes on against the judge' : 'goes on although the guards cannot see',
      ),
      shell(`switchback rollback ${flags(given)}`, 'goes back'),
    ],
  },
  {
    symptom: 'a hook has not answered',
    cause: ({ release }) => {
      const check = waitingRun(release)?.gate.check;
      return check?.kind === 'hook'
        ? `${check.function} was called and has neither answered nor returned an answer`
        : undefined;
    },
    next: ({ release }) => {
      const check = waitingRun(release)?.gate.check;
      return check?.kind === 'hook'
        ? [shell(`aws logs tail /aws/lambda/${check.function} --since 1h`, 'what the hook logged')]
        : [];
    },
  },
  {
    symptom: 'a person has to approve',
    cause: ({ release }) => {
      const waiting = waitingRun(release);
      return waiting && waitText(waiting.gate, waiting.run);
    },
    next: (given) => [
      shell(`switchback approve ${flags(given)} --dry-run`, 'shows what is asked'),
      shell(`switchback approve ${flags(given)} --reason "…"`, 'answers it'),
    ],
  },
  {
    symptom: 'a gate holds the release',
    cause: ({ release }) => {
      const held = heldRun(release);
      return held ? `gate ${held.gate.id}: ${held.run.verdict?.reason ?? 'it did not pass'}` : undefined;
    },
    next: (given) => [
      shell(`switchback resume ${flags(given)}`, 'runs the gate again'),
      ...(heldRun(given.release)?.gate.check.kind === 'approval'
        ? []
        : [shell(`switchback promote ${flags(given)} --reason "…"`, 'goes on without it')]),
      shell(`switchback rollback ${flags(given)}`, 'ends the release'),
    ],
  },
  {
    symptom: 'nothing drives the release',
    cause: ({ release, nowMs }) => {
      if (!isOpen(release) || release.phase !== 'holding' || release.paused || release.held) return undefined;
      if (release.plan.shifter) return undefined;
      const lateMs = nowMs - (release.stepSince + (release.plan.steps[release.step]?.holdMs ?? 0));
      return lateMs > LATE_MS
        ? `its next step was due ${Math.round(lateMs / 1_000)} s ago and no process took it`
        : undefined;
    },
    next: (given) => [shell(`switchback watch ${flags(given)}`, 'drives it to its end')],
  },
  {
    symptom: 'the alias does not carry the weight that was set',
    cause: ({ release }) => {
      const actual = actualWeight(release);
      if (!isOpen(release) || release.phase !== 'holding' || actual === undefined) return undefined;
      const set = wantedWeight(release);
      return actual === set ? undefined : `${set} % is set, ${actual} % was read back`;
    },
    next: ({ release }) => [
      shell(
        `aws lambda get-provisioned-concurrency-config --function-name ${release.plan.key.function} --qualifier ${release.plan.key.alias}`,
        'provisioned concurrency moves traffic by itself',
      ),
    ],
  },
  {
    symptom: 'a guard could not measure',
    cause: ({ release }) => (release.guards.blind.length > 0 ? release.guards.blind.join('; ') : undefined),
    next: () => [
      shell('aws sts get-caller-identity', 'whose permissions were used: logs and metrics must be readable'),
    ],
  },
  {
    symptom: 'the candidate got no traffic',
    cause: ({ release }) =>
      release.kind === 'release' &&
      release.step >= 0 &&
      seenOf(release.guards, release.plan.candidate).invocations === 0
        ? `version ${release.plan.candidate} was not seen serving a single invocation: no guard could learn anything from it`
        : undefined,
    next: ({ release: { plan } }) => [
      routerOf(plan.key)
        ? shell(lookCommand(plan.key), 'where the traffic goes now')
        : shell(
            `aws lambda list-event-source-mappings --function-name ${plan.key.function}`,
            'callers that go past the alias',
          ),
    ],
  },
];

/** A step is taken within this by any process that looks; later means that none does. */
const LATE_MS = 30_000;

/** A value as one word of a POSIX shell. */
function quote(value: string): string {
  return /^[\w./:=@-]+$/.test(value) ? value : `'${value.replaceAll("'", `'\\''`)}'`;
}

/** Everything that the rules find in this release, the most telling first. */
export function diagnose(
  release: Release,
  nowMs: number,
): { readonly verdicts: readonly GuardVerdict[]; readonly findings: readonly Finding[] } {
  const atMs = release.rollback?.at ?? release.outcome?.at ?? nowMs;
  const given: Case = { release, nowMs, verdicts: guardVerdicts(release.plan, release.guards, atMs) };
  const findings = [...RULES, ...(release.plan.shifter ? CODEDEPLOY_RULES : [])].flatMap((rule) => {
    const cause = rule.cause(given);
    return cause ? [{ symptom: rule.symptom, cause, next: rule.next(given) }] : [];
  });
  return { verdicts: given.verdicts, findings };
}
