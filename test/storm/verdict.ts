import type { LedgerEntry } from '../../src/app/ports/host.ts';
import type { AliasKey } from '../../src/core/release/alias.ts';
import {
  type AliasSnapshot,
  alone,
  type Routing,
  readDescription,
  sameRouting,
  shareOf,
} from '../../src/core/release/alias.ts';
import { decide } from '../../src/core/release/decide.ts';
import type { AliasEvent } from '../../src/core/release/events.ts';
import { type AliasDoc, emptyDoc, type Release } from '../../src/core/release/release.ts';

/** An `UpdateAlias` that AWS carried out, as CloudTrail recorded it. */
export interface Shift extends Routing {
  readonly description: string;
}

/** Everything that is known of one alias when the storm is over. */
export interface AliasStory {
  readonly key: AliasKey;
  readonly entries: readonly LedgerEntry[];
  /** Oldest first. */
  readonly shifts: readonly Shift[];
  readonly now: AliasSnapshot;
  /** The user's own text, which must have come through. */
  readonly description: string;
}

export interface StormVerdict {
  readonly releases: number;
  readonly promoted: number;
  readonly rolledBack: number;
  readonly shifts: number;
  /** Releases that never ended. */
  readonly lost: number;
  /** The same owner tag applied twice. */
  readonly doubledShifts: number;
  /** A candidate's share raised after its rollback had been carried out. */
  readonly raisedAfterRollback: number;
  /** Releases whose alias was not left as their outcome says. */
  readonly wrongEndStates: number;
  /** Writes by a release whose successor had already written. */
  readonly lateWrites: number;
  /** A sentence for each of the above. */
  readonly findings: readonly string[];
}

/** Judges by what AWS recorded alone; what the releases say of themselves is only what it is compared with. */
export function judgeStorm(stories: readonly AliasStory[]): StormVerdict {
  const findings: string[] = [];
  const counts = { lost: 0, doubledShifts: 0, raisedAfterRollback: 0, wrongEndStates: 0, lateWrites: 0 };
  const find = (what: keyof typeof counts, story: AliasStory, sentence: string) => {
    counts[what] += 1;
    findings.push(`${what}: ${story.key.function}:${story.key.alias}: ${sentence}`);
  };
  const ended = { promoted: 0, rolledBack: 0, halted: 0 };
  let releases = 0;
  for (const story of stories) {
    const replayed = replay(story);
    releases += replayed.length;
    for (const release of replayed) {
      if (release.outcome) ended[release.outcome.state] += 1;
      else find('lost', story, `${release.id} is ${release.phase}`);
    }
    judgeShifts(story, replayed, find);
  }
  const shifts = stories.reduce((sum, story) => sum + story.shifts.length, 0);
  return { releases, promoted: ended.promoted, rolledBack: ended.rolledBack, shifts, ...counts, findings };
}

type Find = (
  what: 'doubledShifts' | 'raisedAfterRollback' | 'wrongEndStates' | 'lateWrites',
  story: AliasStory,
  sentence: string,
) => void;

function judgeShifts(story: AliasStory, releases: readonly Release[], find: Find): void {
  const written = new Map<string, Shift[]>();
  const tags = new Set<string>();
  let writer: string | undefined;
  for (const shift of story.shifts) {
    const { tag, text } = readDescription(shift.description);
    if (text !== story.description) find('wrongEndStates', story, `the user's description became "${text}"`);
    if (tag) {
      const name = `${tag.releaseId}#${tag.fence}`;
      if (tags.has(name)) find('doubledShifts', story, `${name} was applied twice`);
      tags.add(name);
      if (written.has(tag.releaseId) && writer !== tag.releaseId)
        find('lateWrites', story, `${name} came after a write of ${writer}`);
      writer = tag.releaseId;
    }
    // The write that removes the tag belongs to whose tag was there.
    if (writer !== undefined) written.set(writer, [...(written.get(writer) ?? []), shift]);
  }
  for (const release of releases) judgeRelease(story, release, written.get(release.id) ?? [], find);
  const last = releases.at(-1);
  if (last?.outcome && !isAsItEnded(last, story.now))
    find('wrongEndStates', story, `${last.id} left ${show(story.now)}`);
}

function judgeRelease(story: AliasStory, release: Release, shifts: readonly Shift[], find: Find): void {
  const { stable, candidate } = release.plan;
  let isBack = false;
  for (const shift of shifts) {
    if (isBack && shareOf(shift, candidate) > 0)
      find('raisedAfterRollback', story, `${release.id} went up to ${show(shift)} after its rollback`);
    isBack ||= sameRouting(shift, alone(stable));
  }
  const end = shifts.at(-1);
  if (!release.outcome || (!end && release.outcome.state === 'rolledBack')) return;
  if (!end || !isAsItEnded(release, end))
    find(
      'wrongEndStates',
      story,
      `${release.id} ended ${release.outcome.state} (${release.outcome.reason}) and left ${end ? show(end) : 'nothing'}`,
    );
}

function isAsItEnded({ outcome, plan }: Release, left: Shift): boolean {
  const { stable, candidate } = plan;
  if (outcome?.state !== 'promoted' && outcome?.state !== 'rolledBack') return false;
  const wanted = alone(outcome.state === 'promoted' ? candidate : stable);
  return sameRouting(left, wanted) && readDescription(left.description).tag === null;
}

function show({ version, second, description }: Shift): string {
  return `version ${version}${second ? ` with ${second.weightPercent} % on ${second.version}` : ''} "${description}"`;
}

/** Every release of an alias as it ended, told again from the ledger alone. */
function replay({ key, entries }: AliasStory): Release[] {
  const releases = new Map<string, Release>();
  let doc: AliasDoc = emptyDoc(key);
  for (const { event } of entries) {
    doc = decide(doc, event as AliasEvent).state;
    if (doc.release) releases.set(doc.release.id, doc.release);
  }
  return [...releases.values()];
}
