import { type Line, line, type Tone } from './line.ts';

/** A channel in a list. */
export interface ChannelRow {
  readonly name: string;
  readonly kind: string;
  readonly audiences: readonly string[];
  readonly inDoubt: string;
  readonly missing: readonly string[];
}

/** A channel that was tried. */
export interface TrialRow {
  readonly name: string;
  readonly kind: string;
  readonly outcome: 'sent' | 'checked' | 'wouldSend' | 'later' | 'refused' | 'inDoubt';
  readonly told: string;
  /** What to do next, where there is something. */
  readonly next: string | null;
  /** Texts as they went over the wire, or would. */
  readonly wire: readonly string[];
}

export function channelsText(rows: readonly ChannelRow[]): readonly Line[] {
  if (rows.length === 0) return [line('No channels are set up: messages are kept beside the state and leave nowhere.')];
  const width = { name: longest(rows.map(({ name }) => name)), kind: longest(rows.map(({ kind }) => kind)) };
  return [
    line(['strong', 'Channels']),
    ...rows.flatMap(({ name, kind, audiences, inDoubt, missing }) => [
      line('  ', ['strong', name.padEnd(width.name)], `  ${kind.padEnd(width.kind)}  ${audiences.join(', ')}`, [
        'dim',
        `   in doubt: ${inDoubt}`,
      ]),
      ...missing.map((told) => line(`  ${''.padEnd(width.name)}  `, ['bad', told])),
    ]),
  ];
}

const OUTCOMES: Readonly<Record<TrialRow['outcome'], readonly [Tone, string]>> = {
  sent: ['good', 'sent'],
  checked: ['good', 'checked'],
  wouldSend: ['dim', 'would send'],
  later: ['warn', 'not now'],
  refused: ['bad', 'refused'],
  inDoubt: ['warn', 'in doubt'],
};

export function trialsText(rows: readonly TrialRow[]): readonly Line[] {
  const width = longest(rows.map(({ name }) => name));
  return rows.flatMap(({ name, kind, outcome, told, next, wire }) => [
    line(['strong', name.padEnd(width)], `  ${kind}: `, OUTCOMES[outcome], `  ${told}`),
    ...(next === null ? [] : [line(['dim', `${''.padEnd(width)}  next: `], next)]),
    ...wire.flatMap((text) => text.split(/\r?\n/).map((each) => line(['dim', '  | '], each))),
  ]);
}

function longest(texts: readonly string[]): number {
  return Math.max(0, ...texts.map((text) => text.length));
}
