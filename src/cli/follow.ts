import { textOf } from '../app/error-text.ts';
import { isMovedAway } from '../app/ports/relocation.ts';
import { formatDuration, parseDuration } from '../core/duration.ts';
import { consequence } from '../core/history/consequence.ts';
import { type AliasKey, actorOf, flagsOf } from '../core/release/alias.ts';
import { decide } from '../core/release/decide.ts';
import type { AliasEvent } from '../core/release/events.ts';
import { guardVerdicts } from '../core/release/guards.ts';
import { type AliasDoc, actualWeight, emptyDoc, type Release, stateOf } from '../core/release/release.ts';
import { releaseJson } from '../present/json/release.ts';
import { evidenceNote } from '../present/text/evidence.ts';
import { line } from '../present/text/line.ts';
import { releaseScreen } from '../present/text/release.ts';
import { type Story, storyOf } from '../present/text/story.ts';
import { percentText } from '../present/text/words.ts';
import type { Home } from '../wire.ts';
import { Absence } from './absence.ts';
import type { Context } from './context.ts';
import { EXIT, type ExitCode } from './exit.ts';
import { CommandFailure, usage } from './failure.ts';
import { Painter } from './painter.ts';

/** Why following came to its end. */
export interface Followed {
  readonly end: 'settled' | 'timedOut' | 'interrupted' | 'superseded';
  readonly release: Release;
}

/** Where to begin to read: the actor as it stood before the release was touched. */
export interface Since {
  readonly sequence: number;
  readonly doc: AliasDoc;
}

export interface FollowOptions {
  readonly since: Since;
  readonly timeoutMs?: number;
  /** Whether this process drives what it follows; a rollback is driven by its own turns alone. */
  readonly drive: boolean;
}

/** Clocks on the screen move every second; without a screen only changes count, and this is the backstop. */
const REFRESH_MS = { live: 1_000, lines: 2_000 };
/** How soon a change by another process is seen. */
const NOTICE_MS = 100;
const PAGE = 200;
/** Where every event is a line: looks are told at most this often, and those that say the same again only this often. */
const ROUTINE_MS = { other: 10_000, same: 60_000 };
/** So long a verification by traffic may take beyond its own wait before nobody waits for it any more. */
const VERIFICATION_PATIENCE_MS = 30_000;

export async function sinceNow(home: Home, key: AliasKey): Promise<Since> {
  const stored = await home.ports.host.read(actorOf(key));
  return { sequence: stored?.sequence ?? 0, doc: stored?.state ?? emptyDoc(key) };
}

/**
 * Shows a release until it has ended and, after a rollback, traffic was asked. Ends earlier at the time-out, at Ctrl-C, or
 * where another release has taken its place. Never ends the release.
 */
export async function follow(
  context: Context,
  home: Home,
  key: AliasKey,
  releaseId: string,
  options: FollowOptions,
): Promise<Followed> {
  const { clock, onInterrupt } = context.io;
  const view = new View(context);
  const bell = new Bell();
  const actor = actorOf(key);
  let interrupted = false;
  const offInterrupt = onInterrupt(() => {
    interrupted = true;
    bell.ring();
  });
  const offChange = home.upkeep.onChange((actors) => actors.includes(actor) && bell.ring(), NOTICE_MS);
  const stopDriving = options.drive ? home.drive() : undefined;
  const deadline = options.timeoutMs === undefined ? Number.POSITIVE_INFINITY : clock.now() + options.timeoutMs;
  const absence = new Absence(context);
  let since = options.since;
  let release: Release | undefined;
  try {
    for (;;) {
      try {
        since = await tell(home, actor, since, view);
        const read = (await home.ports.host.read(actor))?.state.release ?? since.doc.release;
        if (!read) throw new Error(`release ${releaseId} is not in the state file any more`);
        if (read.id !== releaseId) return { end: 'superseded', release: release ?? read };
        release = read;
        absence.over();
      } catch (error) {
        if (!options.drive || !release || !absence.passes(error)) throw error;
      }
      const now = clock.now();
      view.show(release, now);
      if (isSettled(release, now)) return { end: 'settled', release };
      if (interrupted) return { end: 'interrupted', release };
      if (now >= deadline) return { end: 'timedOut', release };
      await bell.wait(Math.min(view.refreshMs, deadline - now), clock);
    }
  } catch (error) {
    throw isMovedAway(error) ? goesOnElsewhere(error, flagsOf(key)) : error;
  } finally {
    view.done();
    offChange();
    offInterrupt();
    await stopDriving?.();
  }
}

/** What was followed was moved to another state in the middle of its way; `error` says where to. */
export function goesOnElsewhere(error: unknown, flags: string): CommandFailure {
  const next = `switchback watch ${flags}, with that --state: it goes on there`;
  return new CommandFailure({ exit: EXIT.timedOut, message: textOf(error), next });
}

/** Ended, and after a rollback asked by traffic, as far as that is still to be expected. */
export function isSettled({ outcome, marks, verification }: Release, nowMs: number): boolean {
  if (!outcome) return false;
  if (outcome.state !== 'rolledBack' || marks.restoredAt === undefined || verification !== null) return true;
  return nowMs > marks.restoredAt + VERIFICATION_PATIENCE_MS;
}

/** The exit code of a command that followed a release. */
export function exitOf({ end, release }: Followed): ExitCode {
  if (end === 'interrupted') return EXIT.interrupted;
  if (end === 'timedOut') return EXIT.timedOut;
  switch (release.outcome?.state) {
    case 'promoted':
      return EXIT.done;
    case 'rolledBack':
      // A switch back is what was asked for; a release that was rolled back is not.
      return release.kind === 'rollback' ? EXIT.done : EXIT.rolledBack;
    case 'halted':
      return EXIT.halted;
    default:
      return EXIT.refused;
  }
}

/** Prints how following ended: the release as the result, and for people what goes on without them. */
export function report(context: Context, followed: Followed): ExitCode {
  const { output, io } = context;
  const { release, end } = followed;
  const now = io.clock.now();
  output.result(releaseJson(release, now), releaseScreen(release, now));
  if (end === 'superseded') output.note(`another release has taken the place of ${release.id}`);
  if (end === 'interrupted' || end === 'timedOut') goesOn(context, release, end);
  return exitOf(followed);
}

function goesOn({ output }: Context, release: Release, end: 'interrupted' | 'timedOut'): void {
  const flags = flagsOf(release.plan.key);
  const weight = actualWeight(release);
  const has =
    weight === undefined ? '' : ` with ${percentText(weight)} of the traffic on version ${release.plan.candidate}`;
  output.say(
    line(
      ['strong', end === 'interrupted' ? 'Stopped watching.' : 'Watching timed out.'],
      ` Release ${release.id} was not ended: it is ${stateOf(release)}${has}.`,
    ),
    line('It moves on, and its guards watch, while any switchback looks at it:'),
    line('  ', ['strong', `switchback watch ${flags}`]),
    line('  ', ['strong', `switchback rollback ${flags}`], '   to go back now'),
  );
}

/** A time that was given as a flag, in milliseconds. */
export function timeFlag(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const ms = parseDuration(text);
  if (ms === undefined || ms <= 0) throw usage(`${name} "${text}" is not a time: write a time such as 30s, 5m or 2h`);
  return ms;
}

/** Reads what happened since, tells it, and answers where it stopped. */
async function tell({ ports: { host } }: Home, actor: string, since: Since, view: View): Promise<Since> {
  let { sequence, doc } = since;
  for (;;) {
    const entries = await host.ledger(actor, { after: sequence, limit: PAGE });
    for (const entry of entries) {
      const event = entry.event as AliasEvent;
      const after = decide(doc, event).state;
      view.tell(entry.sequence, event, doc.release, after.release);
      doc = after;
      sequence = entry.sequence;
    }
    if (entries.length < PAGE) return { sequence, doc };
  }
}

/** The live block, or a line an event. */
class View {
  readonly #context: Context;
  readonly #painter: Painter | undefined;
  #routine = { at: Number.NEGATIVE_INFINITY, text: '' };

  constructor(context: Context) {
    this.#context = context;
    const { output, io } = context;
    if (output.live && !output.jsonLines) this.#painter = new Painter(io.stderr, output.paint(io.stderr));
  }

  get refreshMs(): number {
    return this.#painter ? REFRESH_MS.live : REFRESH_MS.lines;
  }

  tell(sequence: number, event: AliasEvent, before: Release | null, after: Release | null): void {
    const story = storyOf(event, consequence(before, after));
    const { output, io } = this.#context;
    if (after) {
      output.event({
        sequence,
        at: new Date(event.at).toISOString(),
        kind: event.kind,
        who: event.who,
        ...(event.why === undefined ? {} : { why: event.why }),
        text: story.text,
        release: releaseJson(after, event.at),
      });
    }
    if (this.#painter) return;
    if (output.jsonLines || !this.#isWorthALine(event, story)) return;
    const evidence = story.routine && after ? evidenceNote(guardVerdicts(after.plan, after.guards, event.at)) : '';
    const text = `${new Date(event.at).toISOString()}  ${story.text}${evidence}`;
    io.stderr.write(`${story.tone ? output.paint(io.stderr)(story.tone, text) : text}\n`);
  }

  show(release: Release, nowMs: number): void {
    this.#painter?.draw(releaseScreen(release, nowMs));
  }

  done(): void {
    this.#painter?.clear();
  }

  #isWorthALine({ at, kind }: AliasEvent, { routine, text }: Story): boolean {
    if (!routine) return true;
    const quietMs = text === this.#routine.text ? ROUTINE_MS.same : ROUTINE_MS.other;
    if (kind === 'tick' || at - this.#routine.at < quietMs) return false;
    this.#routine = { at, text };
    return true;
  }
}

/** Wakes whoever waits; a ring while nobody waits is kept for the next one. */
export class Bell {
  #rung = false;
  #wake: (() => void) | undefined;

  ring(): void {
    this.#rung = true;
    this.#wake?.();
  }

  async wait(ms: number, clock: Context['io']['clock']): Promise<void> {
    if (!this.#rung) {
      const stop = new AbortController();
      const rung = new Promise<void>((wake) => {
        this.#wake = wake;
      });
      await Promise.race([rung, clock.sleep(ms, stop.signal).catch(() => undefined)]);
      stop.abort();
    }
    this.#rung = false;
    this.#wake = undefined;
  }
}

/** The open release, or the command's end. */
export function openRelease(doc: AliasDoc | undefined, key: AliasKey, nowMs: number): Release {
  const release = doc?.release;
  if (release && release.phase !== 'ended') return release;
  const ago = release?.outcome ? formatDuration(nowMs - release.outcome.at) : '';
  const last = release ? `; the last one, ${release.id}, ended ${stateOf(release)} ${ago} ago` : '';
  throw new CommandFailure({
    exit: EXIT.refused,
    message: `no release of ${key.function}:${key.alias} is open${last}`,
    next: `switchback status ${flagsOf(key)}`,
  });
}
