import type { TriggerEventType } from '@aws-sdk/client-codedeploy';
import type { Clock } from '../clock.ts';
import { parseAppSpec } from './appspec.ts';
import { shiftsOf } from './configs.ts';
import { DeploymentFailure } from './errors.ts';
import type { LambdaSide } from './lambda-side.ts';
import { endedAt, isRollback, rollbackOf, rollsBackOn } from './outcome.ts';
import type { Pace } from './pace.ts';
import { type DeploymentRecord, type EventRecord, isActive, keyOf, type Tables } from './state.ts';
import type { Announce } from './triggers.ts';

/** A hook that has not answered by then has failed. */
const HOOK_MINUTES = 60;
/** No deployment may last longer. */
const MAX_MINUTES = 50 * 60;
/** How often alarms are asked. AWS does not say how often it does; a minute is what its alarms themselves are timed by. */
const ALARM_MINUTES = 1;
/** How soon what was refused for a moment is tried again, and how often in all. */
const RETRY_MINUTES = 1 / 12;
const MAX_RETRIES = 12;

export interface DeployerDeps {
  readonly tables: Tables;
  readonly clock: Clock;
  readonly pace: () => Pace;
  readonly lambda: LambdaSide;
  readonly readRevision: (deployment: DeploymentRecord) => string;
  readonly announce: Announce;
  readonly newExecutionId: () => string;
  readonly onBug: (what: string, error: unknown) => void;
}

/**
 * Carries deployments out: one lane each, so that a stop never meets a shift under way; between the turns of a lane there is
 * nothing but its record and the one timer that the record asks for.
 */
export class Deployer {
  readonly #deps: DeployerDeps;
  readonly #lanes = new Map<string, Promise<unknown>>();
  readonly #timers = new Map<string, () => void>();
  readonly #retries = new Map<string, number>();
  #closed = false;

  constructor(deps: DeployerDeps) {
    this.#deps = deps;
    for (const deployment of deps.tables.deployments.list()) if (isActive(deployment)) this.#turn(keyFor(deployment));
  }

  start(deployment: DeploymentRecord): void {
    this.#save(deployment);
    this.#turn(keyFor(deployment));
  }

  answered(deployment: DeploymentRecord, executionId: string, status: 'Succeeded' | 'Failed'): void {
    const endedMs = this.#deps.clock.now();
    const settle = (event: EventRecord): EventRecord =>
      event.executionId === executionId ? { ...event, status, endedMs } : event;
    this.#save({ ...deployment, events: deployment.events.map(settle) });
    this.#turn(keyFor(deployment));
  }

  /** False where the deployment had ended before. */
  async stop(deployment: DeploymentRecord, autoRollback: boolean | undefined): Promise<boolean> {
    const key = keyFor(deployment);
    return this.#inLane(key, async () => {
      const current = this.#read(key);
      if (!current || !isActive(current)) return false;
      const why = new DeploymentFailure('MANUAL_STOP', 'The deployment was manually stopped');
      this.#end(current, 'Stopped', why, autoRollback ?? rollsBackOn(current, 'DEPLOYMENT_STOP_ON_REQUEST'));
      return true;
    });
  }

  /** Times every wait anew, for a minute has another length now. */
  retime(): void {
    for (const key of [...this.#timers.keys()]) this.#turn(key);
  }

  /** Resolves when no deployment has anything to do before its next timer. */
  async settled(): Promise<void> {
    while (this.#lanes.size > 0) await Promise.all(this.#lanes.values());
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const cancel of this.#timers.values()) cancel();
    this.#timers.clear();
    await this.settled();
  }

  #turn(key: string): void {
    this.#timers.get(key)?.();
    this.#timers.delete(key);
    void this.#inLane(key, () => this.#work(key)).catch((error: unknown) =>
      this.#deps.onBug(`deployment ${key}`, error),
    );
  }

  #inLane<T>(key: string, run: () => Promise<T>): Promise<T> {
    const before = this.#lanes.get(key) ?? Promise.resolve();
    const done = before.catch(() => undefined).then(run);
    this.#lanes.set(key, done);
    const leave = () => void (this.#lanes.get(key) === done && this.#lanes.delete(key));
    done.then(leave, leave);
    return done;
  }

  async #work(key: string): Promise<void> {
    if (this.#closed) return;
    const { clock } = this.#deps;
    try {
      const waits = await this.#advance(key);
      this.#retries.delete(key);
      if (waits && !this.#closed) this.#later(key, waits - clock.now());
    } catch (error) {
      const current = this.#read(key);
      if (!current || !isActive(current)) return;
      if (!(error instanceof DeploymentFailure)) {
        // A bug of the local AWS must not keep the group's next deployment waiting for ever.
        this.#end(current, 'Failed', new DeploymentFailure('INTERNAL_ERROR', 'The local AWS failed'), false);
        throw error;
      }
      const retries = (this.#retries.get(key) ?? 0) + 1;
      if (isPassing(error) && retries <= MAX_RETRIES) {
        this.#retries.set(key, retries);
        return this.#later(key, RETRY_MINUTES * this.#minuteMs);
      }
      const isAlarm = error.code === 'ALARM_ACTIVE';
      const cause = isAlarm ? 'DEPLOYMENT_STOP_ON_ALARM' : 'DEPLOYMENT_FAILURE';
      this.#end(current, isAlarm ? 'Stopped' : 'Failed', error, rollsBackOn(current, cause));
    }
  }

  #later(key: string, ms: number): void {
    this.#timers.get(key)?.();
    this.#timers.set(
      key,
      this.#deps.clock.after(Math.max(0, ms), () => this.#turn(key)),
    );
  }

  /** Does what is due; answers when the next thing is, or undefined where the deployment has ended. */
  async #advance(key: string): Promise<number | undefined> {
    for (;;) {
      let now = this.#read(key);
      if (!now || !isActive(now)) return undefined;
      if (now.status !== 'InProgress') now = await this.#begin(now);
      if (now.events.some(({ status }) => status === 'Failed')) {
        const message = 'One or more of the lifecycle event validation functions failed';
        throw new DeploymentFailure('HOOK_EXECUTION_FAILURE', message);
      }
      const endMs = now.createdMs + MAX_MINUTES * this.#minuteMs;
      if (this.#deps.clock.now() >= endMs) {
        throw new DeploymentFailure('TIMEOUT', 'The deployment took longer than 50 hours');
      }
      const alarmsMs = await this.#askAlarms(now);
      const event = now.events.find(({ status }) => status === 'Pending' || status === 'InProgress');
      if (!event) return this.#succeed(key);
      const dueMs = event.name === 'AllowTraffic' ? await this.#shift(now, event) : await this.#callHook(now, event);
      if (dueMs !== undefined) return Math.min(dueMs, alarmsMs, endMs);
    }
  }

  /** Reads the revision and makes sure that the alias stands where the revision says. */
  async #begin(deployment: DeploymentRecord): Promise<DeploymentRecord> {
    const spec = deployment.spec ?? parseAppSpec(this.#deps.readRevision(deployment));
    this.#save({ ...deployment, spec });
    await this.#deps.lambda.check(deployment.region, spec, isRollback(deployment));
    const begun: DeploymentRecord = {
      ...this.#read(keyFor(deployment))!,
      status: 'InProgress',
      startedMs: this.#deps.clock.now(),
    };
    this.#save(begun);
    this.#deps.announce(begun, isRollback(begun) ? 'DeploymentRollback' : 'DeploymentStart');
    return begun;
  }

  /** Asks the alarms where that is due; answers when it is due again. A rollback is not stopped by what it repairs. */
  async #askAlarms(deployment: DeploymentRecord): Promise<number> {
    const { enabled = false, ignorePollAlarmFailure = false, alarms = [] } = deployment.alarms ?? {};
    if (!enabled || alarms.length === 0 || isRollback(deployment)) return Number.POSITIVE_INFINITY;
    const nowMs = this.#deps.clock.now();
    const dueMs = (deployment.alarmsReadMs ?? Number.NEGATIVE_INFINITY) + ALARM_MINUTES * this.#minuteMs;
    if (nowMs < dueMs) return dueMs;
    try {
      const names = alarms.flatMap(({ name }) => name ?? []);
      const active = await this.#deps.lambda.alarmsInAlarm(deployment.region, names);
      if (active.length > 0) {
        const message = `One or more alarms have been activated according to the Amazon CloudWatch metrics you selected, and the affected deployments have been stopped. Activated alarms: ${active.join(', ')}`;
        throw new DeploymentFailure('ALARM_ACTIVE', message);
      }
    } catch (error) {
      const isRed = error instanceof DeploymentFailure && error.code === 'ALARM_ACTIVE';
      if (isRed || !ignorePollAlarmFailure) throw error;
    }
    this.#save({ ...this.#read(keyFor(deployment))!, alarmsReadMs: nowMs });
    return nowMs + ALARM_MINUTES * this.#minuteMs;
  }

  /** Makes the shift that is due; answers when the next one is, or undefined where the lane may go on at once. */
  async #shift(deployment: DeploymentRecord, { startedMs }: EventRecord): Promise<number | undefined> {
    const { clock, lambda } = this.#deps;
    const { spec, shifts, trafficSinceMs } = deployment;
    const next = shiftsOf(deployment.routing)[shifts];
    if (!spec || !next)
      return this.#patchEvent(deployment, 'AllowTraffic', { status: 'Succeeded', endedMs: clock.now() });
    if (startedMs === undefined) {
      return this.#patchEvent(deployment, 'AllowTraffic', { status: 'InProgress', startedMs: clock.now() });
    }
    const nowMs = clock.now();
    const sinceMs = trafficSinceMs ?? nowMs;
    const dueMs = sinceMs + next.afterMinutes * this.#minuteMs;
    if (nowMs < dueMs) return dueMs;
    await lambda.shift(deployment.region, spec, {
      from: shifts === 0 ? null : deployment.weightPercent,
      to: next.weightPercent,
      isRollback: isRollback(deployment),
    });
    this.#save({
      ...this.#read(keyFor(deployment))!,
      shifts: shifts + 1,
      weightPercent: next.weightPercent,
      trafficSinceMs: sinceMs,
    });
    return undefined;
  }

  /** Calls the event's hook, or waits for its answer; undefined where the lane may go on at once. */
  async #callHook(deployment: DeploymentRecord, event: EventRecord): Promise<number | undefined> {
    const { clock, lambda, newExecutionId } = this.#deps;
    const { spec, region, id } = deployment;
    const fn = event.name === 'BeforeAllowTraffic' ? spec?.beforeAllowTraffic : spec?.afterAllowTraffic;
    const nowMs = clock.now();
    if (fn === undefined) {
      return this.#patchEvent(deployment, event.name, { status: 'Succeeded', startedMs: nowMs, endedMs: nowMs });
    }
    if (event.status === 'InProgress') {
      const dueMs = (event.startedMs ?? nowMs) + HOOK_MINUTES * this.#minuteMs;
      if (nowMs < dueMs) return dueMs;
      return this.#patchEvent(deployment, event.name, { status: 'Failed', endedMs: nowMs });
    }
    const executionId = newExecutionId();
    this.#patchEvent(deployment, event.name, { status: 'InProgress', startedMs: nowMs, executionId });
    try {
      await lambda.callHook(region, fn, { DeploymentId: id, LifecycleEventHookExecutionId: executionId });
    } catch (error) {
      // What was not called must be called again, if there is a next time.
      this.#patchEvent(deployment, event.name, { status: 'Pending' });
      throw error;
    }
    return undefined;
  }

  #succeed(key: string): undefined {
    const done = this.#read(key)!;
    const succeeded: DeploymentRecord = { ...done, status: 'Succeeded', completedMs: this.#deps.clock.now() };
    this.#save(succeeded);
    this.#deps.announce(succeeded, 'DeploymentSuccess');
    return undefined;
  }

  #end(deployment: DeploymentRecord, status: 'Failed' | 'Stopped', why: DeploymentFailure, rollsBack: boolean): void {
    const nowMs = this.#deps.clock.now();
    const { code, message } = why;
    const ended = endedAt(deployment, status, { code, message }, nowMs);
    const back = rollsBack ? rollbackOf(ended, nowMs) : undefined;
    const rollbackMessage = `Deployment ${deployment.id} was rolled back: ${message}`;
    const told = back ? { ...ended, rollback: { rollbackDeploymentId: back.id, rollbackMessage } } : ended;
    this.#save(told);
    this.#deps.announce(told, `Deployment${status === 'Failed' ? 'Failure' : 'Stop'}` satisfies TriggerEventType);
    if (back) this.start(back);
  }

  #patchEvent(deployment: DeploymentRecord, name: EventRecord['name'], change: Partial<EventRecord>): undefined {
    const current = this.#read(keyFor(deployment))!;
    const events = current.events.map((event) => (event.name === name ? { ...event, ...change } : event));
    this.#save({ ...current, events });
    return undefined;
  }

  #read(key: string): DeploymentRecord | undefined {
    return this.#deps.tables.deployments.get(key);
  }

  #save(deployment: DeploymentRecord): void {
    this.#deps.tables.deployments.set(keyFor(deployment), deployment);
  }

  get #minuteMs(): number {
    return this.#deps.pace().minuteMs;
  }
}

function keyFor({ region, id }: DeploymentRecord): string {
  return keyOf(region, id);
}

/** Refused for a moment only. */
function isPassing({ code }: DeploymentFailure): boolean {
  return code === 'THROTTLED' || code === 'INTERNAL_ERROR';
}
