import { isolationOf, isReady, type Member, rides, standingOf, type Train } from './train.ts';

/** Takes the train as far as its members let it: boards, clears steps, holds between waves, lets them end. */
export function onward(train: Train, at: number): Train {
  for (let now = train; ; ) {
    const next = oneFurther(now, at);
    if (next === now) return now;
    now = next;
  }
}

/** When the hold between two waves is over; null where none runs, or where somebody has to get ready first. */
export function holdEnds(train: Train): number | null {
  const { bakedAt, ending, waves, wave } = train;
  if (isStopped(train) || ending || bakedAt === null || !isSteady(train)) return null;
  return bakedAt + (waves[wave]?.holdMs ?? 0);
}

function isStopped({ paused, frozen, back, outcome }: Train): boolean {
  return paused !== null || frozen !== null || back !== null || outcome !== null;
}

function oneFurther(train: Train, at: number): Train {
  if (isStopped(train)) return train;
  const boarding = board(train);
  if (boarding !== train || train.ending) return boarding;
  return train.bakedAt === null ? nextStep(train, at) : nextWave(train, at);
}

/** Starts the members whose wave has come. */
function board(train: Train): Train {
  const isDue = (member: Member): boolean =>
    member.boarded === 'waiting' && member.wave <= train.wave && isolationOf(train, member) === undefined;
  if (!train.members.some(isDue)) return train;
  const members = train.members.map((member): Member => (isDue(member) ? { ...member, boarded: 'starting' } : member));
  return { ...train, members };
}

/** All members of the wave wait at the gate: all may go on, in the same moment. */
function nextStep(train: Train, at: number): Train {
  const { members, wave, cleared, steps } = train;
  const own = members.filter((member) => member.wave === wave);
  const riders = own.filter((member) => rides(train, member));
  // A wave of which nobody is left has nothing to show; one that is frozen as a whole is waited for.
  if (riders.length === 0)
    return own.some((member) => isolationOf(train, member)?.how === 'freeze') ? train : { ...train, bakedAt: at };
  if (!riders.every((member) => isReady(member, cleared))) return train;
  return cleared < steps.length - 1 ? { ...train, cleared: cleared + 1 } : { ...train, bakedAt: at };
}

function nextWave(train: Train, at: number): Train {
  const { wave, waves } = train;
  if (wave >= waves.length - 1) return { ...train, ending: true };
  const endsAt = holdEnds(train);
  if (endsAt === null || at < endsAt) return train;
  return { ...train, wave: wave + 1, cleared: -1, hurryTo: -1, bakedAt: null };
}

/** Nothing that is out already gives reason to wait. */
function isSteady(train: Train): boolean {
  const { members, wave, steps, rules } = train;
  return members
    .filter((member) => member.wave <= wave && rides(train, member))
    .every((member) =>
      rules.takeBack === 'wave'
        ? standingOf(member) === 'promoted'
        : member.report?.state === 'running' && member.report.step >= steps.length - 1,
    );
}
