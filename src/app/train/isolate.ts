import { isBack } from '../../core/train/going-back.ts';
import { type Member, memberReason, standingOf, type Train } from '../../core/train/train.ts';
import { SYSTEM } from '../../core/who.ts';
import type { Clock } from '../ports/clock.ts';
import type { Regions } from '../ports/regions.ts';
import type { TrainHost } from './operate.ts';

export interface IsolatingPorts {
  readonly trains: () => Promise<Pick<TrainHost, 'deliver' | 'list' | 'read'>>;
  readonly clock: Clock;
}

/** Going back takes a call or two for each member; whoever waits longer asks again. */
const PATIENCE_MS = 30_000;
const LOOK_MS = 200;
const PAGE = 100;
/** A state with more trains than this is none that an incident could search in time. */
const MAX_PAGES = 10;

/** Isolates a region by the train that serves it: the region's members are taken back, the others stay. */
export function trainRegions({ trains, clock }: IsolatingPorts): Regions {
  return {
    async isolate(functionName, region) {
      const host = await trains();
      const found = await trainThatServes(host, functionName, region);
      if (!found) return undefined;
      const { actor, train } = found;
      const why = `an incident isolates ${region}`;
      const stamp = { at: clock.now(), who: SYSTEM, why, trainId: train.id };
      await host.deliver(actor, { kind: 'rollback', region, ...stamp });
      for (const deadline = clock.now() + PATIENCE_MS; ; ) {
        const members = await membersIn(host, actor, region);
        if (members.every(isBack)) return told(train, region, members);
        if (clock.now() >= deadline) throw notBackYet(train, members);
        await clock.sleep(LOOK_MS);
      }
    },
  };
}

/** The train whose latest run has a member of this function in this region that is out, or on its way back. */
async function trainThatServes(
  host: Pick<TrainHost, 'list'>,
  functionName: string,
  region: string,
): Promise<{ readonly actor: string; readonly train: Train } | undefined> {
  let after = '';
  for (let pages = 0; pages < MAX_PAGES; pages += 1) {
    const page = await host.list({ after, limit: PAGE });
    for (const { actor, state } of page) {
      const serves = state.train?.members.some(
        (member) =>
          member.key.function === functionName && member.key.region === region && member.boarded === 'started',
      );
      if (state.train && serves) return { actor, train: state.train };
    }
    const last = page.at(-1);
    if (!last || page.length < PAGE) return undefined;
    after = last.actor;
  }
  return undefined;
}

async function membersIn(host: Pick<TrainHost, 'read'>, actor: string, region: string): Promise<readonly Member[]> {
  const { members = [] } = (await host.read(actor))?.state.train ?? {};
  return members.filter(({ key }) => key.region === region);
}

function told({ name }: Train, region: string, members: readonly Member[]): string {
  const each = members.map((member) => {
    const standing = standingOf(member);
    if (standing === 'rolledBack') return `${member.name} was read back on version ${member.stable}`;
    if (standing === 'halted') return `${member.name} halted: ${memberReason(member) ?? 'a person must act'}`;
    return `${member.name} had not been started`;
  });
  return `train ${name} took ${region} back: ${each.join('; ')}`;
}

/** Asked again, it goes on where it was. */
function notBackYet({ name }: Train, members: readonly Member[]): Error {
  const missing = members.filter((member) => !isBack(member)).map((member) => member.name);
  return Object.assign(new Error(`train ${name}: ${missing.join(', ')} not read back yet`), { retryable: true });
}
