import type { Plan } from '../release/plan.ts';
import type { AliasDoc, Release } from '../release/release.ts';
import type { Gate, GateRun, Stop } from './gate.ts';

/** Documents and plans of before there were gates by name: two hooks, one before traffic and one at 100 %. */

type HookName = 'preTraffic' | 'postTraffic';

interface OldHook {
  readonly function: string;
  readonly timeoutMs: number;
}

type OldPlan = Omit<Plan, 'gates'> & Readonly<Record<HookName, OldHook | null>>;

interface OldRun {
  readonly executionId: string;
  readonly startedAt: number;
  readonly deadline: number;
  readonly status: 'called' | 'Succeeded' | 'Failed';
  readonly endedAt?: number;
}

type OldRelease = Omit<Release, 'plan' | 'phase' | 'gates' | 'toward'> & {
  readonly plan: OldPlan;
  readonly phase: Exclude<Release['phase'], 'gating'> | HookName;
  readonly hooks: Readonly<Partial<Record<HookName, OldRun>>>;
};

/** The document of version 1; what it holds besides its release has not changed. */
export type OldAliasDoc = Omit<AliasDoc, 'v' | 'release'> & { readonly v: 1; readonly release: OldRelease | null };

/** A hook as a gate: whatever is not a clear yes restores stable, as with CodeDeploy. */
export function hookGate(id: string, at: Gate['at'], functionName: string, timeoutMs: number): Gate {
  const check = { kind: 'hook', function: functionName } as const;
  return { id, at, check, timeoutMs, onFail: 'rollback', onSilence: 'rollback' };
}

/** The plan as it is written today; today's own is handed back as it is. */
export function upgradePlan(plan: Plan | OldPlan): Plan {
  if ('gates' in plan) return plan;
  const { preTraffic, postTraffic, ...rest } = plan;
  return {
    ...rest,
    gates: [
      ...(preTraffic ? [hookGate('preTraffic', 'beforeTraffic', preTraffic.function, preTraffic.timeoutMs)] : []),
      ...(postTraffic ? [hookGate('postTraffic', 'afterTraffic', postTraffic.function, postTraffic.timeoutMs)] : []),
    ],
  };
}

/** Version 1 as version 2. An answer that is under way still finds its gate: names, keys and execution ids are the same. */
export function upgradeDoc({ release, ...rest }: OldAliasDoc): AliasDoc {
  return { ...rest, v: 2, release: release && upgradeRelease(release) };
}

function upgradeRelease({ hooks, phase, ...rest }: OldRelease): Release {
  const stops: Readonly<Record<HookName, Stop>> = { preTraffic: 0, postTraffic: 'afterTraffic' };
  const waiting = phase === 'preTraffic' || phase === 'postTraffic' ? phase : null;
  const runs = Object.entries(hooks).map(([name, run]) => [name, upgradeRun(name, run)] as const);
  return {
    ...rest,
    plan: upgradePlan(rest.plan),
    guards: { ...rest.guards, served: rest.fence > 0 || rest.plan.shifter !== undefined },
    phase: waiting === null ? (phase as Release['phase']) : 'gating',
    toward: waiting === null ? null : stops[waiting],
    gates: Object.fromEntries(runs),
    waitingFor: waiting === null ? rest.waitingFor : null,
  };
}

function upgradeRun(name: string, { status, ...run }: OldRun): GateRun {
  const common = { gate: name, attempt: 1, ...run };
  if (status === 'called') return { ...common, status: 'waiting' };
  const passed = status === 'Succeeded';
  const verdict = { outcome: passed ? ('pass' as const) : ('fail' as const), reason: `the hook answered ${status}` };
  return { ...common, status: passed ? 'passed' : 'stopped', verdict };
}
