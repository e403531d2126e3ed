import { hookGate } from '../../src/core/gates/upgrade.ts';
import type { AliasDoc } from '../../src/core/release/release.ts';
import { parseThreshold } from '../../src/core/release/threshold.ts';
import type { MemberPlan, TrainPlan, TrainRules } from '../../src/core/train/plan.ts';
import { KEY, plan } from '../core/release/builders.ts';
import { ACTOR } from '../core/train/builders.ts';
import type { SimAws, Troubles } from './aws.ts';
import type { Random } from './random.ts';

/** What a train's story is made of, drawn from its seed. */
export interface TrainScenario {
  readonly troubles: Troubles;
  readonly crashEveryMs: number;
  readonly rules: TrainRules;
  /** The region and the number of members of each wave. */
  readonly waves: readonly { readonly region: string; readonly members: number; readonly holdMs: number }[];
  readonly badChance: number;
  readonly foreignChance: number;
  readonly operatorEveryMs: number;
  /** How often a gate says no. */
  readonly gateFails: number;
  /** A message between actors that is sent twice, the second time much later. */
  readonly doubled: number;
}

/** A protection that is taken out, to see whether the laws notice. */
export type TrainMutation = 'none' | 'noOrderNumbers' | 'noReportNumbers' | 'noGates';

/** One member's alias, at AWS and in the state. */
export interface Wagon {
  readonly name: string;
  readonly region: string;
  readonly wave: number;
  readonly bad: boolean;
  readonly aws: SimAws;
  doc: AliasDoc;
  /** The furthest step that the train has ever let it enter. */
  cleared: number;
  /** It took a step that it was not let into. */
  ahead: string | null;
}

const THRESHOLD = parseThreshold('errors >= 2 for 1s');
if (!THRESHOLD.ok) throw new Error(THRESHOLD.problem);
const GUARDS = [THRESHOLD.threshold];
const GATE_PLACES = ['beforeTraffic', 'everyStep', 'afterTraffic', 'beforePromotion'] as const;

/** The train's plan: steps drawn, every member guarded by a threshold that one look may break. */
export function drawTrainPlan(random: Random, { waves, rules }: TrainScenario, wagons: readonly Wagon[]): TrainPlan {
  const steps = random.pick([
    [{ weightPercent: 100, holdMs: 60_000 }],
    [
      { weightPercent: 10, holdMs: 120_000 },
      { weightPercent: 100, holdMs: 60_000 },
    ],
    [
      { weightPercent: 5, holdMs: 60_000 },
      { weightPercent: 50, holdMs: 300_000 },
      { weightPercent: 100, holdMs: 600_000 },
    ],
  ]);
  const memberOf = ({ name, doc, aws }: Wagon): MemberPlan => ({
    name,
    releaseId: `r-${name}`,
    plan: plan({
      key: doc.key,
      stable: '1',
      candidate: '2',
      steps,
      thresholds: GUARDS,
      gates: random.chance(0.3) ? [hookGate('check', random.pick(GATE_PLACES), 'check', 1_800_000)] : [],
      signals: { logs: true, metrics: false },
      train: { actor: ACTOR, trainId: 't-1', train: 'shop', member: name },
    }),
    readings: { alias: aws.alias, alarms: [], lastReleaseId: null },
  });
  return {
    name: 'shop',
    account: KEY.account,
    strategy: 'simulated',
    steps,
    rules,
    waves: waves.map(({ holdMs }, wave) => ({
      name: `wave-${wave + 1}`,
      holdMs,
      members: wagons.filter((wagon) => wagon.wave === wave).map(memberOf),
    })),
    notes: [],
  };
}
