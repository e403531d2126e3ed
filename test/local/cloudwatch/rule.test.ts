import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { alarmsIn, holds, parseRule, RuleSyntaxError } from '../../../src/local/cloudwatch/alarms/rule.ts';

const STATES = { up: 'OK', down: 'ALARM', dark: 'INSUFFICIENT_DATA' } as const;
const stateOf = (alarm: string) => (alarm in STATES ? STATES[alarm as keyof typeof STATES] : undefined);

const RULES: readonly (readonly [rule: string, holds: boolean])[] = [
  ['ALARM("down")', true],
  ['ALARM(down)', true],
  ["OK('up')", true],
  ['INSUFFICIENT_DATA(dark)', true],
  ['ALARM(gone)', false],
  ['ALARM(up) OR ALARM(down)', true],
  ['ALARM(up) AND ALARM(down)', false],
  ['NOT ALARM(up) AND ALARM(down)', true],
  ['NOT (ALARM(up) OR ALARM(down))', false],
  ['TRUE OR FALSE AND FALSE', true],
  ['(TRUE OR FALSE) AND FALSE', false],
  ['not not true', true],
  ['(ALARM(up)) OR\n  (ALARM(down) AND OK(up))', true],
];

const BROKEN = [
  '',
  'ALARM',
  'ALARM()',
  'ALARM(a',
  'ALARM(a) OK(b)',
  'AND TRUE',
  'TRUE OR',
  'WARN(a)',
  '(TRUE',
  'ALARM("a)',
];

describe('the rule of a composite alarm', () => {
  for (const [rule, expected] of RULES) {
    it(`${rule.replace(/\s+/g, ' ')} is ${expected}`, () => assert.equal(holds(parseRule(rule), stateOf), expected));
  }

  for (const rule of BROKEN) {
    it(`refuses ${JSON.stringify(rule)}`, () => assert.throws(() => parseRule(rule), RuleSyntaxError));
  }

  it('names each alarm once, names with words of the language in quotation marks included', () => {
    const rule = parseRule('ALARM("NOT (this)") OR OK(a) OR ALARM(a) AND NOT ALARM("arn:aws:cloudwatch:r:1:alarm:b")');
    assert.deepEqual(alarmsIn(rule), ['NOT (this)', 'a', 'arn:aws:cloudwatch:r:1:alarm:b']);
  });

  it('refuses nesting that would overflow the stack', () => {
    assert.throws(() => parseRule('NOT '.repeat(5_000)), RuleSyntaxError);
  });
});
