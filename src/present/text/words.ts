import type { VerdictOutcome } from '../../core/judge/verdict.ts';
import type { Shifter } from '../../core/release/deployment.ts';
import type { ReleaseStateName } from '../../core/release/release.ts';
import type { Who } from '../../core/who.ts';
import type { Tone } from './line.ts';

export { percentText } from '../../core/percent.ts';

/** Symbols differ by shape, not by colour alone. */
export const VERDICT_SIGNS: Readonly<Record<VerdictOutcome, readonly [Tone, string]>> = {
  pass: ['good', '✔'],
  fail: ['bad', '✖'],
  running: ['warn', '▲'],
  inconclusive: ['dim', '?'],
  error: ['warn', '!'],
};

export const STATE_WORDS: Readonly<Record<ReleaseStateName, readonly [Tone, string]>> = {
  running: ['strong', '▶ running'],
  paused: ['warn', '‖ paused'],
  held: ['warn', '‖ held'],
  rollingBack: ['bad', '◀ rolling back'],
  promoted: ['good', '✔ promoted'],
  rolledBack: ['bad', '◀ rolled back'],
  halted: ['bad', '✖ halted: a person must act'],
};

/** `2026-01-05 12:00:30 UTC`. */
export function utc(atMs: number): string {
  return `${new Date(atMs).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

/** `12:00:30`, the day left out. */
export function clock(atMs: number): string {
  return new Date(atMs).toISOString().slice(11, 19);
}

export function personText({ name, provedBy }: Who): string {
  return provedBy === 'system' ? name : `${name} (${provedBy})`;
}

/** `1 error`, `2 errors`, `12,034 invocations`. */
export function countText(count: number, thing: string): string {
  return `${count.toLocaleString('en-US')} ${thing}${count === 1 ? '' : 's'}`;
}

/** "application/group", as CodeDeploy's own pages put it together. */
export function shifterText({ application, group }: Shifter): string {
  return `${application}/${group}`;
}
