import { isMovedAway } from '../../app/ports/relocation.ts';
import type { TrainEvent } from '../../core/train/events.ts';
import { trainOf } from '../../core/train/plan.ts';
import { type Train, trainStateOf } from '../../core/train/train.ts';
import { type MemberReleases, trainJson } from '../../present/json/train.ts';
import { line } from '../../present/text/line.ts';
import { trainScreen } from '../../present/text/train.ts';
import { trainStoryOf } from '../../present/text/train-story.ts';
import type { Home } from '../../wire.ts';
import { Absence } from '../absence.ts';
import type { Context } from '../context.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import { Bell, goesOnElsewhere } from '../follow.ts';
import { Painter } from '../painter.ts';
import { memberReleases } from './target.ts';

/** Why following came to its end. `stopped`: the train froze, and only a person can move it. */
export interface FollowedTrain {
  readonly end: 'settled' | 'stopped' | 'timedOut' | 'interrupted' | 'superseded';
  readonly train: Train;
}

export interface TrainFollowOptions {
  readonly actor: string;
  readonly trainId: string;
  /** The ledger is told from behind this entry on. */
  readonly since: number;
  readonly timeoutMs?: number;
  /** Whether a frozen train ends it. */
  readonly untilFrozen: boolean;
}

const REFRESH_MS = { live: 1_000, lines: 2_000 };
const NOTICE_MS = 100;
const PAGE = 200;

/** Drives a train and shows it until it has ended, the time-out has passed, or a person must act. Never ends the train. */
export async function followTrain(context: Context, home: Home, options: TrainFollowOptions): Promise<FollowedTrain> {
  const { actor, trainId, timeoutMs, untilFrozen } = options;
  const { clock, onInterrupt } = context.io;
  const { host } = await home.trains();
  const bell = new Bell();
  const view = new TrainView(context);
  let interrupted = false;
  const offInterrupt = onInterrupt(() => {
    interrupted = true;
    bell.ring();
  });
  const offChange = host.onChange((actors) => actors.includes(actor) && bell.ring(), NOTICE_MS);
  const stopDriving = home.drive();
  const deadline = timeoutMs === undefined ? Number.POSITIVE_INFINITY : clock.now() + timeoutMs;
  const absence = new Absence(context);
  let since = options.since;
  let train: Train | undefined;
  try {
    for (;;) {
      try {
        since = await tellTrain(home, actor, since, view);
        train = (await host.read(actor))?.state.train ?? undefined;
        if (!train) throw new Error(`train ${trainId} is not in the state any more`);
        if (train.id !== trainId) return { end: 'superseded', train };
        view.show(train, await memberReleases(home, train), clock.now());
        absence.over();
      } catch (error) {
        if (!train || !absence.passes(error)) throw error;
      }
      if (train.outcome) return { end: 'settled', train };
      if (untilFrozen && trainStateOf(train) === 'frozen') return { end: 'stopped', train };
      if (interrupted) return { end: 'interrupted', train };
      if (clock.now() >= deadline) return { end: 'timedOut', train };
      await bell.wait(Math.min(view.refreshMs, deadline - clock.now()), clock);
    }
  } catch (error) {
    throw isMovedAway(error) ? goesOnElsewhere(error, `--train ${trainOf(actor)?.name}`) : error;
  } finally {
    view.done();
    offChange();
    offInterrupt();
    await stopDriving();
  }
}

/** The exit code of a command that followed a train, by the same rules as a release's. */
export function trainExit({ end, train }: FollowedTrain): ExitCode {
  switch (end) {
    case 'interrupted':
      return EXIT.interrupted;
    case 'timedOut':
      return EXIT.timedOut;
    case 'stopped':
      return EXIT.halted;
    case 'superseded':
      return EXIT.refused;
    case 'settled':
      return train.outcome?.state === 'promoted'
        ? EXIT.done
        : train.outcome?.state === 'halted'
          ? EXIT.halted
          : EXIT.rolledBack;
    default:
      return end satisfies never;
  }
}

/** Prints how following ended: the train as the result, and for people what goes on without them. */
export async function reportTrain(context: Context, home: Home, followed: FollowedTrain): Promise<ExitCode> {
  const { train, end } = followed;
  await showTrain(context, home, train);
  if (end === 'superseded') context.output.note(`another run has taken the place of ${train.id}`);
  if (end === 'interrupted' || end === 'timedOut')
    context.output.say(
      line(
        ['strong', end === 'interrupted' ? 'Stopped watching.' : 'Watching timed out.'],
        ` Train ${train.name} was not ended: it is ${trainStateOf(train)}.`,
      ),
      line('It moves on, and its guards watch, while any switchback looks at it:'),
      line('  ', ['strong', `switchback watch --train ${train.name}`]),
      line('  ', ['strong', `switchback rollback --train ${train.name}`], '   to take everything back now'),
    );
  return trainExit(followed);
}

/** The train as the command's result. */
export async function showTrain(context: Context, home: Home, train: Train, more: object = {}): Promise<void> {
  const { output, io } = context;
  const releases = await memberReleases(home, train);
  const now = io.clock.now();
  output.result({ ...trainJson(train, releases, now), ...more }, trainScreen(train, releases, now));
}

async function tellTrain(home: Home, actor: string, since: number, view: TrainView): Promise<number> {
  const { host } = await home.trains();
  for (let sequence = since; ; ) {
    const entries = await host.ledger(actor, { after: sequence, limit: PAGE });
    for (const { event, outcome, sequence: number } of entries) {
      view.tell(number, event as TrainEvent, outcome?.followed ?? null, outcome?.state ?? null);
      sequence = number;
    }
    if (entries.length < PAGE) return sequence;
  }
}

/** The live block, or a line for whatever a person waits for. */
class TrainView {
  readonly #context: Context;
  readonly #painter: Painter | undefined;

  constructor(context: Context) {
    this.#context = context;
    const { output, io } = context;
    if (output.live && !output.jsonLines) this.#painter = new Painter(io.stderr, output.paint(io.stderr));
  }

  get refreshMs(): number {
    return this.#painter ? REFRESH_MS.live : REFRESH_MS.lines;
  }

  tell(sequence: number, event: TrainEvent, followed: Parameters<typeof trainStoryOf>[1], state: string | null): void {
    const { output, io } = this.#context;
    const { text, tone, routine } = trainStoryOf(event, followed);
    const at = new Date(event.at).toISOString();
    const { kind, who, why } = event;
    output.event({ sequence, at, kind, who, ...(why === undefined ? {} : { why }), text, state });
    if (this.#painter || output.jsonLines || routine) return;
    io.stderr.write(`${tone ? output.paint(io.stderr)(tone, `${at}  ${text}`) : `${at}  ${text}`}\n`);
  }

  show(train: Train, releases: MemberReleases, nowMs: number): void {
    this.#painter?.draw(trainScreen(train, releases, nowMs));
  }

  done(): void {
    this.#painter?.clear();
  }
}
