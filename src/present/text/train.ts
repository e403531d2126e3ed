import { formatDuration } from '../../core/duration.ts';
import { flagsOf } from '../../core/release/alias.ts';
import { actualWeight } from '../../core/release/release.ts';
import { backCause } from '../../core/train/going-back.ts';
import { holdEnds } from '../../core/train/onward.ts';
import type { TrainPlan } from '../../core/train/plan.ts';
import {
  type Isolation,
  isolationOf,
  isReady,
  type Member,
  memberReason,
  type Standing,
  standingOf,
  type Train,
  type TrainStateName,
  trainStateOf,
} from '../../core/train/train.ts';
import type { MemberReleases } from '../json/train.ts';
import { type Line, labelled, line, type Part } from './line.ts';
import { clock, percentText, personText, STATE_WORDS, utc } from './words.ts';

export const TRAIN_WORDS: Readonly<Record<TrainStateName, readonly ['strong' | 'warn' | 'bad' | 'good', string]>> = {
  running: ['strong', '▶ running'],
  paused: ['warn', '‖ paused'],
  frozen: ['warn', '‖ frozen: a person must act'],
  rollingBack: ['bad', '◀ rolling back'],
  promoted: ['good', '✔ promoted'],
  rolledBack: ['bad', '◀ rolled back'],
  halted: ['bad', '✖ halted: a person must act'],
};

/** One train, top down: how it stands and why, every member in its wave, and last the command that stops it. */
export function trainScreen(train: Train, releases: MemberReleases, nowMs: number): Line[] {
  const { started, outcome, back, frozen, paused, isolated } = train;
  const because = outcome ?? back ?? frozen;
  return [
    line(['strong', `train ${train.name}`], `  ${train.id}  `, TRAIN_WORDS[trainStateOf(train)], whereText(train)),
    ...(because ? [labelled('because', because.reason)] : []),
    ...(paused ? [labelled('paused', `by ${personText(paused.who)} at ${clock(paused.at)}: ${paused.reason}`)] : []),
    ...isolated.map(isolationLine),
    ...train.waves.flatMap((_, index) => waveLines(train, index, releases)),
    ...nextLines(train, nowMs),
    labelled(
      'started',
      `${utc(started.at)} by ${personText(started.who)}${started.reason ? `: ${started.reason}` : ''}`,
    ),
    ...lastLine(train),
  ];
}

function whereText({ outcome, waves, wave, cleared, steps }: Train): string {
  if (outcome) return '';
  const which = waves.length > 1 ? `, wave ${wave + 1} of ${waves.length}` : '';
  return cleared < 0 ? which : `${which}, step ${cleared + 1} of ${steps.length}`;
}

function isolationLine({ region, how, who, at, reason }: Isolation): Line {
  const what = how === 'rollback' ? 'taken back' : 'frozen';
  return labelled('isolated', ['warn', `${region} ${what}`], ` by ${personText(who)} at ${clock(at)}: ${reason}`);
}

function waveLines(train: Train, index: number, releases: MemberReleases): Line[] {
  const { name, holdMs } = train.waves[index]!;
  const isLast = index === train.waves.length - 1;
  const hold = isLast || holdMs === 0 ? '' : `, then left alone for ${formatDuration(holdMs)}`;
  const title = train.waves.length === 1 ? [] : [labelled('wave', ['strong', name], ['dim', hold])];
  const members = train.members.filter((member) => member.wave === index);
  const width = Math.max(...members.map((member) => member.name.length));
  return [...title, ...members.map((member) => memberLine(train, member, releases, width))];
}

function memberLine(train: Train, member: Member, releases: MemberReleases, width: number): Line {
  const release = releases.get(member.name);
  const weight = release ? actualWeight(release) : undefined;
  const share = weight === undefined ? '' : `  ${percentText(weight)}`;
  return labelled(
    '',
    `${member.name.padEnd(width)}  ${member.stable} → ${member.candidate}${share}  `,
    ...standingParts(train, member),
  );
}

const STANDING_WORDS: Readonly<Record<Exclude<Standing, 'open'>, Exclude<Part, string>>> = {
  waiting: ['dim', '· not started'],
  starting: ['strong', '▶ starting'],
  goingBack: STATE_WORDS.rollingBack,
  promoted: STATE_WORDS.promoted,
  rolledBack: STATE_WORDS.rolledBack,
  halted: STATE_WORDS.halted,
  refused: ['bad', '✖ not started'],
};

function standingParts(train: Train, member: Member): Part[] {
  const standing = standingOf(member);
  const reason = memberReason(member);
  const why = reason === null ? '' : `: ${reason}`;
  const out = member.leftOut ? ', left out by a person' : '';
  if (standing !== 'open') return [STANDING_WORDS[standing], `${why}${out}`];
  const { report, backAt } = member;
  if (backCause(train, member)) return [['bad', backAt === null ? '◀ its turn to go back comes' : '◀ told to go back']];
  if (waits(train, member)) return [['dim', isolationOf(train, member) ? '… ready' : '… ready, waits for the others']];
  return [STATE_WORDS[report?.state ?? 'running'], why];
}

/** It has done what the train asked of it so far. */
function waits({ wave, cleared }: Train, member: Member): boolean {
  return isReady(member, member.wave === wave ? cleared : 0);
}

function nextLines(train: Train, nowMs: number): Line[] {
  const text = nextText(train, nowMs);
  return text === null ? [] : [labelled('next', text)];
}

/** What happens next and when; null once nothing does. */
function nextText(train: Train, nowMs: number): string | null {
  const { outcome, back, frozen, paused, ending, bakedAt, waves, wave, cleared, steps, name } = train;
  if (outcome) return null;
  if (back) return 'the next member goes back when the one before it was read back';
  if (frozen)
    return `nothing until "switchback resume --train ${name}", which goes on without the halted member, or "switchback rollback --train ${name}"`;
  if (paused) return `nothing until "switchback resume --train ${name}"`;
  if (ending) return 'every member is promoted after a last fresh look';
  const missing = missingText(train);
  if (bakedAt !== null) {
    const endsAt = holdEnds(train);
    const following = waves[wave + 1]?.name ?? '';
    return endsAt === null
      ? `wave ${following} when the waves before it are steady${missing}`
      : `wave ${following} in ${formatDuration(Math.max(0, Math.ceil((endsAt - nowMs) / 1_000) * 1_000))} (${clock(endsAt)} UTC)`;
  }
  const next = steps[cleared + 1];
  const what = next ? percentText(next.weightPercent) : 'baked';
  return `${what} when all members of the wave are ready${missing}`;
}

function missingText(train: Train): string {
  const missing = train.members.filter(
    (member) => member.wave === train.wave && standingOf(member) === 'open' && !waits(train, member),
  );
  return missing.length === 0 ? '' : `; not yet: ${missing.map(({ name }) => name).join(', ')}`;
}

function lastLine(train: Train): Line[] {
  const command = `switchback rollback --train ${train.name}`;
  switch (trainStateOf(train)) {
    case 'rollingBack':
      return [];
    case 'promoted':
      return [labelled('undo', ['strong', command])];
    case 'rolledBack':
      return whyLine(train);
    case 'halted':
      return train.members
        .filter((member) => standingOf(member) === 'halted')
        .map(({ key, stable }) =>
          labelled('repair', ['strong', `switchback rollback ${flagsOf(key)} --region ${key.region} --to ${stable}`]),
        );
    default:
      return [labelled('stop it', ['strong', command])];
  }
}

/** Where to look for the reason: at the member that went back by itself. */
function whyLine({ members }: Train): Line[] {
  const bad = members.find(({ order, undo, report }) => !undo && !order.back && report?.state === 'rolledBack');
  if (!bad) return [];
  return [labelled('why', ['strong', `switchback diagnose ${flagsOf(bad.key)} --region ${bad.key.region}`])];
}

/** A train's plan as people read it before they agree to it. */
export function trainPlanText(plan: TrainPlan): Line[] {
  const { rules, steps, waves } = plan;
  const holds = steps.map(({ weightPercent, holdMs }) => `${percentText(weightPercent)} for ${formatDuration(holdMs)}`);
  const takes =
    rules.takeBack === 'train'
      ? 'takes the whole train back, the last one first'
      : 'takes its own wave back, the last one first; earlier waves stay';
  const halted = rules.onHalted === 'rollback' ? 'the others go back' : 'the others are frozen where they are';
  const width = Math.max(...waves.flatMap(({ members }) => members.map(({ name }) => name.length)));
  return [
    line(['strong', `Train ${plan.name}`], `  of account ${plan.account}`),
    labelled('strategy', `${plan.strategy}: all together, ${holds.join(', then ')}`),
    ...waves.flatMap(({ name, holdMs, members }, index) => [
      labelled(
        waves.length === 1 ? 'members' : `wave ${index + 1}`,
        ...(name === String(index + 1) ? [] : [['strong', `${name}  `] as const]),
        index < waves.length - 1 ? `left alone for ${formatDuration(holdMs)} once it has baked` : '',
      ),
      ...members.map((member) =>
        labelled(
          '',
          `${member.name.padEnd(width)}  version ${member.plan.stable} → ${member.plan.candidate}${guardsText(member.plan)}`,
        ),
      ),
    ]),
    labelled('rules', `a bad member ${takes}`),
    labelled('', `a halted member stops the train: ${halted}`),
    ...plan.notes.map((note, index) => labelled(index === 0 ? 'notes' : '', note)),
    ...waves.flatMap(({ members }) =>
      members.flatMap(({ name, plan: { warnings } }) =>
        warnings.map((warning) => labelled('warning', ['warn', '!'], ` ${name}: ${warning}`)),
      ),
    ),
  ];
}

function guardsText({ alarms, thresholds, judge }: TrainPlan['waves'][number]['members'][number]['plan']): string {
  const guards = [
    ...(judge ? ['judge'] : []),
    ...alarms.map(({ name }) => `alarm ${name}`),
    ...thresholds.map(({ text }) => text),
  ];
  return guards.length === 0 ? ', no guards' : `, guarded by ${guards.join(', ')}`;
}

/** The runs of one train, newest first. */
export function trainHistoryText(name: string, past: readonly Train[], truncated: boolean): Line[] {
  if (past.length === 0) return [line(`train ${name} has not run in this state`)];
  const lines = past.flatMap((train) => {
    const { started, outcome, marks, members } = train;
    const took = marks.endedAt === undefined ? '' : `  took ${formatDuration(marks.endedAt - marks.startedAt)}`;
    return [
      line(['strong', train.id], `  ${utc(started.at)}  `, TRAIN_WORDS[trainStateOf(train)], took),
      labelled('who', `${personText(started.who)}${started.reason ? `: ${started.reason}` : ''}`),
      labelled('members', members.map((member) => `${member.name} ${member.stable} → ${member.candidate}`).join(', ')),
      ...(outcome ? [labelled('because', outcome.reason)] : []),
    ];
  });
  return truncated ? [...lines, line(['dim', 'older runs are not shown'])] : lines;
}
