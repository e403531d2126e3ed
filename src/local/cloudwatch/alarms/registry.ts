import type { Clock } from '../../clock.ts';
import type { FunctionInvoker, TopicPublisher } from '../../links.ts';
import type { Store } from '../../store.ts';
import type { AlarmState } from './decide.ts';
import { type AlarmHistory, createAlarmHistory } from './history.ts';
import { lambdaEvent, snsMessage, subjectOf, type Triggering } from './messages.ts';
import { type AlarmRecord, actionsOf, alarmArn, type CompositeAlarmRecord, type StateRecord } from './model.ts';
import { jsonDate, longDate } from './reasons.ts';
import { alarmsIn, holds, parseRule } from './rule.ts';

/** The principal in whose name CloudWatch invokes functions. */
const LAMBDA_PRINCIPAL = 'lambda.alarms.cloudwatch.amazonaws.com';

export interface NewState {
  readonly value: AlarmState;
  readonly reason: string;
  readonly reasonData?: string;
  readonly manual?: boolean;
}

export interface AlarmRegistry {
  readonly history: AlarmHistory;
  get(region: string, name: string): AlarmRecord | undefined;
  byArn(arn: string): AlarmRecord | undefined;
  /** Sorted by name, as CloudWatch lists them; all regions where none is given. */
  list(region?: string): AlarmRecord[];
  /** Stores a configuration; the state stays. */
  put(alarm: AlarmRecord): void;
  remove(alarm: AlarmRecord): void;
  /** Sets the state: history, actions where the state changes, and the composite alarms above. */
  setState(alarm: AlarmRecord, next: NewState): void;
  /** Puts a composite alarm that is new or changed into the state its rule has now. */
  settle(alarm: CompositeAlarmRecord, what: 'created' | 'updated'): void;
  /** Composite alarms of the region whose rule names the alarm. */
  parentsOf(alarm: AlarmRecord): CompositeAlarmRecord[];
}

export interface RegistryDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly account: string;
  readonly publisher: TopicPublisher;
  readonly invoker: FunctionInvoker | undefined;
}

/** The alarms of all regions, and what follows from a change of state. */
export function createAlarmRegistry({ store, clock, account, publisher, invoker }: RegistryDeps): AlarmRegistry {
  const table = store.table<AlarmRecord>('cloudwatch/alarms');
  const history = createAlarmHistory(store);
  const keyOf = (region: string, name: string): string => `${region}/${name}`;
  const save = (alarm: AlarmRecord): void => table.set(keyOf(alarm.region, alarm.name), alarm);

  function setState(alarm: AlarmRecord, next: NewState, above: ReadonlySet<string> = new Set()): void {
    const nowMs = clock.now();
    const old = alarm.state;
    const changed = old.value !== next.value;
    const { value, reason, reasonData, manual = false } = next;
    const state: StateRecord = {
      ...{ value, reason, updatedAtMs: nowMs, transitionedAtMs: changed ? nowMs : old.transitionedAtMs, manual },
      ...(reasonData === undefined ? {} : { reasonData }),
    };
    const updated: AlarmRecord = { ...alarm, state };
    save(updated);
    if (!changed) return;
    recordStateUpdate(history, updated, old);
    act(updated, old);
    for (const parent of parentsOf(updated)) {
      if (!above.has(parent.arn)) reevaluate(parent, updated, new Set([...above, alarm.arn]));
    }
  }

  function act(alarm: AlarmRecord, old: StateRecord): void {
    if (!alarm.actionsEnabled) return;
    for (const action of actionsOf(alarm, alarm.state.value)) {
      const message = snsMessage(alarm, old, account);
      const failure = tryToPerform(action, alarm, old, message);
      const summary =
        failure === undefined ? `Successfully executed action ${action}` : `Failed to execute action ${action}`;
      const outcome =
        failure === undefined
          ? { actionState: 'Succeeded', notificationResource: action, publishedMessage: message }
          : { actionState: 'Failed', notificationResource: action, error: failure };
      history.add(alarm, 'Action', summary, { ...outcome, stateUpdateTimestamp: alarm.state.updatedAtMs }, clock.now());
    }
  }

  /** Answers what went wrong, or undefined. Whatever an action's target does, the alarm and its other actions go on. */
  function tryToPerform(action: string, alarm: AlarmRecord, old: StateRecord, message: string): string | undefined {
    try {
      return perform(action, alarm, old, message);
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }

  function perform(action: string, alarm: AlarmRecord, old: StateRecord, message: string): string | undefined {
    if (/^arn:aws[\w-]*:sns:/.test(action)) {
      publisher.publish(action, message, subjectOf(alarm));
      return undefined;
    }
    if (/^arn:aws[\w-]*:lambda:/.test(action) && invoker) {
      invoker.invokeAsync(action, Buffer.from(JSON.stringify(lambdaEvent(alarm, old, account))), LAMBDA_PRINCIPAL);
      return undefined;
    }
    return `The local AWS performs alarm actions of SNS and Lambda only`;
  }

  function stateIn(region: string): (alarm: string) => AlarmState | undefined {
    return (alarm) => table.get(keyOf(region, nameIn(alarm)))?.state.value;
  }

  function reevaluate(composite: CompositeAlarmRecord, child: AlarmRecord, above: ReadonlySet<string>): void {
    const value = stateOfRule(composite);
    if (value === composite.state.value) return;
    const atMs = child.state.updatedAtMs;
    const reason = `${child.arn} transitioned to ${child.state.value} at ${longDate(atMs)}`;
    setState(composite, { value, reason, reasonData: triggering([child]) }, above);
  }

  function stateOfRule(composite: CompositeAlarmRecord): AlarmState {
    return holds(parseRule(composite.config.AlarmRule ?? ''), stateIn(composite.region)) ? 'ALARM' : 'OK';
  }

  function parentsOf(alarm: AlarmRecord): CompositeAlarmRecord[] {
    return table.list(`${alarm.region}/`).filter((other): other is CompositeAlarmRecord => {
      return other.kind === 'composite' && childrenOf(other).includes(alarm.name);
    });
  }

  return {
    history,
    get: (region, name) => table.get(keyOf(region, name)),
    byArn(arn) {
      const alarm = table.get(keyOf(arn.split(':')[3] ?? '', nameIn(arn)));
      return alarm?.arn === arn ? alarm : undefined;
    },
    list(region) {
      const alarms = region === undefined ? table.list() : table.list(`${region}/`);
      return alarms.sort((a, b) => (a.name < b.name ? -1 : 1));
    },
    put: save,
    remove: (alarm) => void table.delete(keyOf(alarm.region, alarm.name)),
    setState: (alarm, next) => setState(alarm, next),
    settle(alarm, what) {
      const value = stateOfRule(alarm);
      if (value === alarm.state.value) return;
      const children = childrenOf(alarm).flatMap((name) => table.get(keyOf(alarm.region, name)) ?? []);
      const reason = `${alarmArn(alarm.region, account, alarm.name)} was ${what} and its alarm rule evaluates to ${value}`;
      setState(alarm, { value, reason, reasonData: triggering(children) });
    },
    parentsOf,
  };
}

/** Names of the alarms in a composite alarm's rule. */
export function childrenOf({ config }: CompositeAlarmRecord): string[] {
  return alarmsIn(parseRule(config.AlarmRule ?? '')).map(nameIn);
}

/** A rule names an alarm by its name or its ARN. */
export function nameIn(alarm: string): string {
  return /^arn:aws[\w-]*:cloudwatch:[^:]*:[^:]*:alarm:(.*)$/s.exec(alarm)?.[1] ?? alarm;
}

function triggering(children: readonly AlarmRecord[]): string {
  const data: Triggering = {
    triggeringAlarms: children.map(({ arn, state }) => ({
      arn,
      state: { value: state.value, timestamp: jsonDate(state.updatedAtMs) },
    })),
  };
  return JSON.stringify(data);
}

function recordStateUpdate(history: AlarmHistory, alarm: AlarmRecord, old: StateRecord): void {
  const summary = `Alarm updated from ${old.value} to ${alarm.state.value}`;
  const data = { version: '1.0', oldState: historyState(old), newState: historyState(alarm.state) };
  history.add(alarm, 'StateUpdate', summary, data, alarm.state.updatedAtMs);
}

function historyState({ value, reason, reasonData }: StateRecord) {
  return {
    stateValue: value,
    stateReason: reason,
    ...(reasonData === undefined ? {} : { stateReasonData: parseJson(reasonData) }),
  };
}

/** SetAlarmState takes any text as reason data. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
