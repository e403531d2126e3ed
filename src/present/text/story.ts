import type { Consequence } from '../../core/history/consequence.ts';
import { describeRouting, type Routing } from '../../core/release/alias.ts';
import type { CommandResult } from '../../core/release/commands.ts';
import { deploymentText } from '../../core/release/deployment.ts';
import type { AliasEvent } from '../../core/release/events.ts';
import type { SteerOrder } from '../../core/release/member.ts';
import type { Observation } from '../../core/release/observation.ts';
import type { Tone } from './line.ts';
import { countText, percentText } from './words.ts';

/** One event as a sentence. */
export interface Story {
  readonly text: string;
  readonly tone: Tone | null;
  /** True for what happens all the time and changed nothing that a person waits for. */
  readonly routine: boolean;
}

/** Says what happened and, by `then`, what the engine made of it. Every kind of event has a sentence. */
export function storyOf(event: AliasEvent, then: Consequence | null): Story {
  const what = happened(event);
  const quiet = event.kind === 'observed' || event.kind === 'tick' || isLook(event);
  if (!then) return { text: what, tone: null, routine: quiet };
  return { text: `${what}; ${then.text}`, tone: then.tone, routine: quiet && then.routine };
}

function isLook(event: AliasEvent): boolean {
  return event.kind === 'result' && event.result.outcome === 'observed';
}

function happened(event: AliasEvent): string {
  const by = event.who.name;
  const why = event.why === undefined ? '' : `: ${event.why}`;
  switch (event.kind) {
    case 'start':
      return `${by} started release ${event.releaseId}, version ${event.plan.stable} to ${event.plan.candidate} (${event.plan.strategy})${why}`;
    case 'startRollback':
      return `${by} switched back from version ${event.plan.candidate} to ${event.plan.stable}${why}`;
    case 'promote':
      return `${by} promoted ${event.full ? 'to 100 % at once' : 'to the next step'}${why}`;
    case 'pause':
      return `${by} paused${why}`;
    case 'resume':
      return `${by} resumed${why}`;
    case 'rollback':
      return `${by} ordered a rollback${why}`;
    case 'steer':
      return orderText(event.order);
    case 'observed':
      return observationText(event.observation);
    case 'hookAnswered':
      return `a hook answered ${event.status} (through ${VIA_WORDS[event.via]})`;
    case 'approve':
      return `${by} ${event.decision === 'approve' ? 'approved' : 'denied'} gate ${event.gate}${why}`;
    case 'result':
      return resultText(event.result, event.command.slice(event.command.indexOf('/') + 1));
    case 'tick':
      return 'time has passed';
    default:
      // The ledger also holds what no engine decides about, and what other versions knew.
      return other(event);
  }
}

function other(event: never): string {
  const { kind, who, why } = event as { kind: string; who: { name: string }; why?: string };
  return `${who.name}: ${kind}${why === undefined ? '' : `: ${why}`}`;
}

function orderText({ cleared, frozen, back }: SteerOrder): string {
  if (back) return `the train goes back: ${back.reason}`;
  if (frozen) return `the train is frozen: ${frozen.reason}`;
  return cleared < 0 ? 'the train is not frozen any more' : `the train cleared the way up to step ${cleared + 1}`;
}

const VIA_WORDS = {
  endpoint: 'Switchback’s own endpoint',
  codedeploy: 'CodeDeploy',
  response: 'its return value',
} as const;

function resultText(result: CommandResult, command: string): string {
  switch (result.outcome) {
    case 'aliasSet':
      return `read back: ${describeRouting(result.snapshot)}`;
    case 'aliasForeign':
      return result.found
        ? `the alias was found changed by somebody else: ${describeRouting(result.found)}`
        : 'the alias was found deleted';
    case 'superseded':
      return `write ${result.by.fence} of this release was there already`;
    case 'deploymentStopped':
      return 'CodeDeploy took the order to stop its deployment';
    case 'hookInvoked':
      return 'the hook was called';
    case 'hookReturned':
      return `the hook returned ${result.status}`;
    case 'hookFailed':
      return `the hook crashed: ${result.error}`;
    case 'gateDone':
      return `gate ${command} says ${result.verdict.outcome}: ${result.verdict.reason}`;
    case 'observed':
      return observationText(result.observation);
    case 'verified': {
      const { stable, candidate, waitedMs } = result.verification;
      return `traffic after the rollback (${Math.round(waitedMs / 1000)} s): stable ${countText(stable.invocations, 'invocation')} with ${countText(stable.errors, 'error')}, candidate ${candidate.invocations}`;
    }
    case 'failed':
      return `a call to AWS failed${result.retryable ? ' and will be tried again' : ''}: ${result.error}`;
    default:
      return result satisfies never;
  }
}

function observationText({ logs, minutes, alarms, alias, deployment, blind }: Observation): string {
  const parts: string[] = [];
  for (const [version, counts] of Object.entries(logs?.counts ?? {}))
    parts.push(
      `version ${version}: ${countText(counts.invocations, 'invocation')}, ${countText(counts.errors, 'error')}`,
    );
  if (minutes && minutes.length > 0) parts.push(countText(minutes.length, 'CloudWatch minute'));
  for (const { name, state } of alarms ?? []) parts.push(`alarm ${name} ${state}`);
  if (alias === null) parts.push('the alias does not exist');
  else if (alias) parts.push(describeRouting(alias));
  if (deployment) parts.push(`deployment ${deploymentText(deployment)}`);
  for (const problem of blind ?? []) parts.push(`could not measure: ${problem}`);
  return parts.length === 0 ? 'looked: nothing new' : `looked: ${parts.join(', ')}`;
}

/** Where traffic goes, for a caption: `v41 90 % · v42 10 %`. */
export function routingText({ version, second }: Routing): string {
  if (!second) return `version ${version} 100 %`;
  return `version ${version} ${percentText(100 - second.weightPercent)} · version ${second.version} ${percentText(second.weightPercent)}`;
}
