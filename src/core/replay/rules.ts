import { argo, errorRateAlarm, flagger, kayenta, type PeerRule, SAM_ALARMS } from '../judge/peers.ts';
import { type Result, refuse } from '../refusal.ts';
import type { Threshold } from '../release/plan.ts';
import { parseThreshold } from '../release/threshold.ts';

/** A rule that releases are judged again by. */
export type Rule =
  /** The guards that the release had. */
  | { readonly kind: 'own'; readonly name: string }
  | { readonly kind: 'judge'; readonly name: string; readonly alpha?: number; readonly phi?: number }
  | { readonly kind: 'threshold'; readonly name: string; readonly threshold: Threshold }
  /** Somebody else's, on CloudWatch minutes. */
  | { readonly kind: 'peer'; readonly name: string; readonly peer: PeerRule };

export const OWN_RULE: Rule = { kind: 'own', name: 'the guards it had' };

const FORMS =
  '"judge", "judge:alpha=0.001", "threshold:error rate > 5% for 2 minutes", "alarm:percent=5,datapoints=2,periods=2", "sam", "flagger", "argo" or "kayenta"';

interface Setting {
  readonly fallback: number;
  readonly least: number;
  readonly most: number;
  readonly whole: boolean;
}

const percent = (fallback: number): Setting => ({ fallback, least: 0, most: 100, whole: false });
const count = (fallback: number): Setting => ({ fallback, least: 1, most: 1_000, whole: true });

/** Peers by name: what can be set, with the figures of their own documentation, and the rule made of it. */
const PEERS = {
  sam: { settings: {}, make: () => SAM_ALARMS },
  alarm: {
    settings: { percent: percent(5), datapoints: count(2), periods: count(2) },
    make: (s) => errorRateAlarm(s.percent!, s.datapoints!, s.periods!),
  },
  flagger: {
    settings: { success: percent(99), checks: count(10) },
    make: (s) => flagger(s.success!, s.checks!),
  },
  argo: {
    settings: { success: percent(95), minutes: count(5), limit: { ...count(3), least: 0 } },
    make: (s) => argo(s.success!, s.minutes!, s.limit!),
  },
  kayenta: { settings: { minutes: count(10) }, make: (s) => kayenta(s.minutes!) },
} as const satisfies Record<string, PeerKind>;

interface PeerKind {
  readonly settings: Readonly<Record<string, Setting>>;
  readonly make: (settings: Readonly<Record<string, number>>) => PeerRule;
}

const JUDGE_SETTINGS: Readonly<Record<string, Setting>> = {
  alpha: { fallback: Number.NaN, least: 1e-9, most: 0.5, whole: false },
  phi: { fallback: Number.NaN, least: 1, most: 1e4, whole: false },
};

/** Reads a rule as it is written behind `--rule`. */
export function parseRule(text: string): Result<Rule> {
  const colon = text.indexOf(':');
  const kind = (colon < 0 ? text : text.slice(0, colon)).trim().toLowerCase();
  const rest = colon < 0 ? '' : text.slice(colon + 1).trim();
  if (kind === 'threshold') {
    const read = parseThreshold(rest);
    if (!read.ok) return refuse('usage', `--rule: ${read.problem}`);
    return { ok: true, value: { kind: 'threshold', name: `threshold ${rest}`, threshold: read.threshold } };
  }
  if (kind === 'judge') {
    const settings = readSettings(kind, JUDGE_SETTINGS, rest);
    if (typeof settings === 'string') return refuse('usage', settings);
    const { alpha, phi } = settings;
    const given = { ...(isSet(alpha) ? { alpha } : {}), ...(isSet(phi) ? { phi } : {}) };
    const name = ['judge', ...Object.entries(given).map(([key, value]) => `${key} ${value}`)].join(' ');
    return { ok: true, value: { kind: 'judge', name, ...given } };
  }
  const peer: PeerKind | undefined = Object.hasOwn(PEERS, kind) ? PEERS[kind as keyof typeof PEERS] : undefined;
  if (!peer) return refuse('usage', `--rule "${text}" is not known: write ${FORMS}`);
  const settings = readSettings(kind, peer.settings, rest);
  if (typeof settings === 'string') return refuse('usage', settings);
  const rule = peer.make(settings);
  return { ok: true, value: { kind: 'peer', name: rule.name, peer: rule } };
}

function isSet(value: number | undefined): value is number {
  return value !== undefined && !Number.isNaN(value);
}

/** Reads `name=number,…`; a sentence where it cannot be read. */
function readSettings(
  kind: string,
  known: Readonly<Record<string, Setting>>,
  text: string,
): Readonly<Record<string, number>> | string {
  const read: Record<string, number> = {};
  for (const part of text === '' ? [] : text.split(',')) {
    const [name = '', value = ''] = part.split('=').map((side) => side.trim());
    const setting = Object.hasOwn(known, name) ? known[name] : undefined;
    if (!setting) {
      const names = Object.keys(known);
      const possible = names.length === 0 ? 'it takes none' : `possible are ${names.join(', ')}`;
      return `--rule ${kind}: "${part}" is not a setting of it; ${possible}`;
    }
    const number = value === '' ? Number.NaN : Number(value);
    const fits = number >= setting.least && number <= setting.most && (!setting.whole || Number.isInteger(number));
    if (!fits)
      return `--rule ${kind}: ${name} is "${value}"; it must be a ${setting.whole ? 'whole ' : ''}number from ${setting.least} to ${setting.most}`;
    read[name] = number;
  }
  const fallbacks = Object.entries(known).map(([name, { fallback }]) => [name, fallback] as const);
  return { ...Object.fromEntries(fallbacks), ...read };
}
