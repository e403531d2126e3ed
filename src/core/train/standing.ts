import type { Consequence } from '../history/consequence.ts';
import type { Standing as TurnStanding } from '../history/outcome.ts';
import { percentText } from '../percent.ts';
import { type Member, memberReason, standingOf, type Train, type TrainDoc, trainStateOf } from './train.ts';

/** How a train stands after a turn. One that has ended is told whole: nothing later tells it again. */
export function trainStanding(before: TrainDoc, after: TrainDoc): TurnStanding {
  const { train } = after;
  if (!train) return { subject: null, state: null, facts: {} };
  const followed = trainConsequence(before.train, train);
  return {
    subject: train.id,
    state: trainStateOf(train),
    facts: { wave: train.wave, step: train.cleared, members: train.members.length },
    ...(followed ? { followed } : {}),
    ...(train.outcome && train.outcome !== before.train?.outcome ? { ended: { v: after.v, document: train } } : {}),
  };
}

/** What changed for the people who wait; null where nothing did. */
export function trainConsequence(before: Train | null, after: Train): Consequence | null {
  const same = before?.id === after.id ? before : null;
  const { outcome, back, frozen } = after;
  if (outcome && !same?.outcome) {
    const words = {
      promoted: 'the train is promoted',
      rolledBack: 'the train is back',
      halted: 'halted, a person must act',
    };
    const tone = outcome.state === 'promoted' ? 'good' : 'bad';
    return { text: `${words[outcome.state]}: ${outcome.reason}`, tone, routine: false };
  }
  if (back && !same?.back) return said(`all go back, the last one first: ${back.reason}`, 'bad');
  if (frozen && !same?.frozen) return said(`everything is frozen, a person must act: ${frozen.reason}`, 'warn');
  const wayward = after.members.find((member) => isWayward(member, same));
  if (wayward) return said(`${wayward.name} is ${memberWords(wayward)}`, null);
  return onTheWay(same, after);
}

function onTheWay(same: Train | null, after: Train): Consequence | null {
  const { waves, wave, cleared, steps, bakedAt, ending } = after;
  const which = waves.length === 1 ? '' : ` of wave ${waves[wave]?.name}`;
  if (!same || wave !== same.wave) return said(`the members${which} start`, null);
  if (cleared > same.cleared) {
    const weight = percentText(steps[cleared]?.weightPercent ?? 0);
    return said(`all members${which} are ready: on to ${weight}`, null);
  }
  if (ending && !same.ending) return said('everything has baked: all are promoted', null);
  if (bakedAt !== null && same.bakedAt === null) return said(`all members${which} have baked`, null);
  return null;
}

/** Something has become of the member that a person wants to read as it happens. */
function isWayward(member: Member, before: Train | null): boolean {
  const known = before?.members.find(({ name }) => name === member.name);
  const state = wordOf(member);
  return known !== undefined && state !== wordOf(known) && state !== 'running' && state !== 'starting';
}

function wordOf(member: Member): string {
  const standing = standingOf(member);
  return standing === 'open' ? (member.report?.state ?? 'starting') : standing;
}

function memberWords(member: Member): string {
  const reason = memberReason(member);
  const words: Readonly<Record<string, string>> = {
    goingBack: 'going back',
    rollingBack: 'going back',
    rolledBack: 'back',
    refused: 'not started',
  };
  const word = wordOf(member);
  return `${words[word] ?? word}${reason === null ? '' : `: ${reason}`}`;
}

function said(text: string, tone: Consequence['tone']): Consequence {
  return { text, tone, routine: false };
}
