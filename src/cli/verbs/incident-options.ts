import { LEVELS } from '../incident/words.ts';
import type { OptionSpec } from './verb.ts';

/** What several commands about incidents take. */
export const ONE = {
  name: 'incident',
  description: 'the incident’s id or the end of it; else the only one that is open',
};
export const wordsBehind = (what: string) => ({
  name: 'incident',
  description: `the incident’s id or the end of it (else the only one that is open), then ${what}`,
});
export const SEVERITY: OptionSpec = { flags: '--severity <level>', description: LEVELS.join(', ') };
export const SUMMARY: OptionSpec = { flags: '--summary <text>', description: 'what happened, in a few sentences' };
export const WORKAROUND: OptionSpec = { flags: '--workaround <text>', description: 'what customers can do meanwhile' };
export const BEGAN: OptionSpec = {
  flags: '--began <time>',
  description: 'when the impact began: 2026-01-05T12:00Z, or 10m ago',
};
export const COMPONENT: OptionSpec = {
  flags: '--component <name>',
  description: 'a part that is affected',
  many: true,
};
export const EVIDENCE: OptionSpec = {
  flags: '--evidence <label=ref>',
  description: 'where it can be checked: a URL, an ARN, an id',
  many: true,
};
export const BREAK_GLASS: OptionSpec = {
  flags: '--break-glass',
  description: 'do at once what takes two people; somebody else reviews it afterwards',
};
export const ALIAS: readonly OptionSpec[] = [
  { flags: '--function <name>', description: 'the Lambda function it is about' },
  { flags: '--alias <name>', description: 'the alias that production calls' },
  { flags: '--config <file>', description: 'config file (else SWITCHBACK_CONFIG, else switchback.yaml)' },
];
