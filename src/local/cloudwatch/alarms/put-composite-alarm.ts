import type { PutCompositeAlarmInput } from '@aws-sdk/client-cloudwatch';
import type { Clock } from '../../clock.ts';
import { type CallContext, notEmulated } from '../../wire/service.ts';
import { missingParameter, validation } from '../errors.ts';
import type { CompositeAlarmRecord } from './model.ts';
import { checkActions, checkName, checkReplaced, newOrKept, recordConfiguration } from './put-metric-alarm.ts';
import { type AlarmRegistry, nameIn } from './registry.ts';
import { alarmsIn, MAX_RULE_CHILDREN, MAX_RULE_LENGTH, parseRule, RuleSyntaxError, UnsupportedRule } from './rule.ts';
import { tagsOf } from './tags.ts';

/** PutCompositeAlarm; the alarm takes the state of its rule at once. */
export function putCompositeAlarm(
  registry: AlarmRegistry,
  clock: Clock,
  input: PutCompositeAlarmInput,
  call: CallContext,
): void {
  if (input.ActionsSuppressor !== undefined) throw notEmulated('The suppression of actions of a composite alarm');
  const name = checkName(input.AlarmName);
  checkRule(registry, input.AlarmRule, call);
  checkActions([input.OKActions, input.AlarmActions, input.InsufficientDataActions]);
  const existing = checkReplaced(registry, call, name, 'composite');
  const { Tags, ActionsEnabled = true, ...config } = input;
  const alarm: CompositeAlarmRecord = {
    kind: 'composite',
    ...newOrKept(existing, call, name, clock.now(), tagsOf(Tags)),
    ...{ actionsEnabled: ActionsEnabled, config },
  };
  registry.put(alarm);
  recordConfiguration(registry, alarm, existing !== undefined);
  registry.settle(alarm, existing ? 'updated' : 'created');
}

function checkRule(registry: AlarmRegistry, rule: string | undefined, { region }: CallContext): void {
  if (!rule) throw missingParameter('The parameter AlarmRule is required.');
  if (rule.length > MAX_RULE_LENGTH) throw validation(`An alarm rule has at most ${MAX_RULE_LENGTH} characters.`);
  const children = childrenIn(rule);
  if (children.length > MAX_RULE_CHILDREN) throw validation(`An alarm rule names at most ${MAX_RULE_CHILDREN} alarms.`);
  const missing = children.filter((alarm) => !registry.get(region, nameIn(alarm)));
  if (missing.length > 0) {
    throw validation(
      `Could not save the composite alarm as alarms [${missing.join(', ')}] in the alarm rule do not exist`,
    );
  }
}

function childrenIn(rule: string): string[] {
  try {
    return alarmsIn(parseRule(rule));
  } catch (error) {
    if (error instanceof UnsupportedRule) throw notEmulated(`The function ${error.message} in an alarm rule`);
    if (error instanceof RuleSyntaxError) throw validation(`AlarmRule is not valid: ${error.message}`);
    throw error;
  }
}
