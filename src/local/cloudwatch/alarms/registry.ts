import type { Clock } from '../../clock.ts';
import type { FunctionInvoker, TopicPublisher } from '../../links.ts';
import type { Store, Table } from '../../store.ts';
import type { AlarmState } from './decide.ts';
import { type AlarmHistory, createAlarmHistory } from './history.ts';
import { lambdaEvent, snsMessage, subjectOf, type Triggering } from './messages.ts';
import { type AlarmRecord, actionsOf, type CompositeAlarmRecord, type StateRecord } from './model.ts';
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

export interface RegistryDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly account: string;
  readonly publisher: TopicPublisher;
  readonly invoker: FunctionInvoker | undefined;
}

/** The alarms of all regions, and what follows from a change of state. */
export class AlarmRegistry {
  readonly history: AlarmHistory;
  readonly #deps: RegistryDeps;
  readonly #table: Table<AlarmRecord>;

  constructor(deps: RegistryDeps) {
    this.history = createAlarmHistory(deps.store);
    this.#deps = deps;
    this.#table = deps.store.table<AlarmRecord>('cloudwatch/alarms');
  }

  get(region: string, name: string): AlarmRecord | undefined {
    return this.#table.get(keyOf(region, name));
  }

  byArn(arn: string): AlarmRecord | undefined {
    const alarm = this.get(arn.split(':')[3] ?? '', nameIn(arn));
    return alarm?.arn === arn ? alarm : undefined;
  }

  /** Sorted by name, as CloudWatch lists them; all regions where none is given. */
  list(region?: string): AlarmRecord[] {
    const alarms = region === undefined ? this.#table.list() : this.#table.list(`${region}/`);
    return alarms.sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** Stores a configuration; the state stays. */
  put(alarm: AlarmRecord): void {
    this.#table.set(keyOf(alarm.region, alarm.name), alarm);
  }

  remove(alarm: AlarmRecord): void {
    this.#table.delete(keyOf(alarm.region, alarm.name));
  }

  /** Composite alarms of the region whose rule names the alarm. */
  parentsOf(alarm: AlarmRecord): CompositeAlarmRecord[] {
    return this.#table.list(`${alarm.region}/`).filter((other): other is CompositeAlarmRecord => {
      return other.kind === 'composite' && childrenOf(other).includes(alarm.name);
    });
  }

  /** Sets the state: history, actions where the state changes, and the composite alarms above. */
  setState(alarm: AlarmRecord, next: NewState): void {
    this.#setState(alarm, next, new Set());
  }

  /** Puts a composite alarm that is new or changed into the state its rule has now. */
  settle(alarm: CompositeAlarmRecord, what: 'created' | 'updated'): void {
    const value = this.#stateOfRule(alarm);
    if (value === alarm.state.value) return;
    const children = childrenOf(alarm).flatMap((name) => this.get(alarm.region, name) ?? []);
    const reason = `${alarm.arn} was ${what} and its alarm rule evaluates to ${value}`;
    this.setState(alarm, { value, reason, reasonData: triggering(children) });
  }

  /** `above` holds the alarms on the way up, so that a circle of rules ends. */
  #setState(alarm: AlarmRecord, next: NewState, above: ReadonlySet<string>): void {
    const nowMs = this.#deps.clock.now();
    const old = alarm.state;
    const changed = old.value !== next.value;
    const { value, reason, reasonData, manual = false } = next;
    const state: StateRecord = {
      ...{ value, reason, updatedAtMs: nowMs, transitionedAtMs: changed ? nowMs : old.transitionedAtMs, manual },
      ...(reasonData === undefined ? {} : { reasonData }),
    };
    const updated: AlarmRecord = { ...alarm, state };
    this.put(updated);
    if (!changed) return;
    recordStateUpdate(this.history, updated, old);
    if (updated.actionsEnabled) for (const action of actionsOf(updated, value)) this.#act(action, updated, old);
    for (const parent of this.parentsOf(updated)) {
      if (!above.has(parent.arn)) this.#reevaluate(parent, updated, new Set([...above, alarm.arn]));
    }
  }

  #act(action: string, alarm: AlarmRecord, old: StateRecord): void {
    const message = snsMessage(alarm, old, this.#deps.account);
    const failure = this.#tryToPerform(action, alarm, old, message);
    const word = failure === undefined ? 'Successfully executed' : 'Failed to execute';
    const outcome =
      failure === undefined
        ? { actionState: 'Succeeded', notificationResource: action, publishedMessage: message }
        : { actionState: 'Failed', notificationResource: action, error: failure };
    const data = { ...outcome, stateUpdateTimestamp: alarm.state.updatedAtMs };
    this.history.add(alarm, 'Action', `${word} action ${action}`, data, this.#deps.clock.now());
  }

  /** Answers what went wrong, or undefined. Whatever an action's target does, the alarm and its other actions go on. */
  #tryToPerform(action: string, alarm: AlarmRecord, old: StateRecord, message: string): string | undefined {
    const { publisher, invoker, account } = this.#deps;
    try {
      if (/^arn:aws[\w-]*:sns:/.test(action)) {
        publisher.publish(action, message, subjectOf(alarm));
        return undefined;
      }
      if (/^arn:aws[\w-]*:lambda:/.test(action) && invoker) {
        invoker.invokeAsync(action, Buffer.from(JSON.stringify(lambdaEvent(alarm, old, account))), LAMBDA_PRINCIPAL);
        return undefined;
      }
      return 'The local AWS performs alarm actions of SNS and Lambda only';
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }

  #reevaluate(composite: CompositeAlarmRecord, child: AlarmRecord, above: ReadonlySet<string>): void {
    const value = this.#stateOfRule(composite);
    if (value === composite.state.value) return;
    const reason = `${child.arn} transitioned to ${child.state.value} at ${longDate(child.state.updatedAtMs)}`;
    this.#setState(composite, { value, reason, reasonData: triggering([child]) }, above);
  }

  #stateOfRule({ config, region }: CompositeAlarmRecord): AlarmState {
    const rule = parseRule(config.AlarmRule ?? '');
    return holds(rule, (alarm) => this.get(region, nameIn(alarm))?.state.value) ? 'ALARM' : 'OK';
  }
}

function keyOf(region: string, name: string): string {
  return `${region}/${name}`;
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
