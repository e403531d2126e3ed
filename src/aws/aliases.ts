import type { AliasConfiguration } from '@aws-sdk/client-lambda';
import type { Aliases, Urgency } from '../app/ports/aliases.ts';
import { AwsProblem } from '../app/ports/problem.ts';
import type { AliasKey, AliasSnapshot } from '../core/release/alias.ts';
import type { Priority } from './budget.ts';
import { calling } from './calling.ts';
import type { Clients } from './clients.ts';
import { call, callOrMissing } from './problem.ts';

/** The alias at Lambda. */
export function createAliases(clients: Clients): Aliases {
  return {
    async get(key, urgency) {
      return callOrMissing('lambda:GetAlias', async () => {
        const lambda = await clients.lambda();
        const answer = await pressing(urgency, 'rollbackRead', () => lambda.getAlias(nameOf(key)));
        return snapshotOf('GetAlias', answer);
      });
    },
    async update(key, to, revisionId, urgency) {
      return call('lambda:UpdateAlias', async () => {
        const lambda = await clients.lambda();
        const input = {
          ...nameOf(key),
          FunctionVersion: to.version,
          Description: to.description,
          // Without it Lambda keeps the weights that were there.
          RoutingConfig: { AdditionalVersionWeights: weightsOf(to.second) },
          RevisionId: revisionId,
        };
        const answer = await pressing(urgency, 'rollback', () => lambda.updateAlias(input));
        return snapshotOf('UpdateAlias', answer);
      });
    },
    async create(key, version, description) {
      return call('lambda:CreateAlias', async () => {
        const lambda = await clients.lambda();
        const answer = await lambda.createAlias({
          ...nameOf(key),
          FunctionVersion: version,
          Description: description,
        });
        return snapshotOf('CreateAlias', answer);
      });
    },
  };
}

/** Runs a call with the urgency that its caller has; one without any is an ordinary one. */
export function pressing<T>(urgency: Urgency | undefined, first: Priority, run: () => T): T {
  if (urgency === undefined) return run();
  return calling({ priority: urgency === 'rollback' ? first : 'ordinary', ownRetries: true }, run);
}

function nameOf(key: AliasKey): { FunctionName: string; Name: string } {
  return { FunctionName: key.function, Name: key.alias };
}

function weightsOf(second: AliasSnapshot['second']): Record<string, number> {
  return second === null ? {} : { [second.version]: fractionOf(second.weightPercent) };
}

/** 10 % as AWS's fraction 0.1, without the tail of digits that dividing leaves. */
export function fractionOf(weightPercent: number): number {
  return Number((weightPercent / 100).toFixed(6));
}

/** AWS's fraction 0.1 as 10 %. */
export function percentOf(fraction: number): number {
  return Number((fraction * 100).toFixed(4));
}

/** Lambda's answer as data. Throws an {@link AwsProblem} for an answer without version or revision: it is not Lambda's. */
export function snapshotOf(operation: string, answer: AliasConfiguration): AliasSnapshot {
  const { FunctionVersion: version, RevisionId: revisionId } = answer;
  if (version === undefined || revisionId === undefined)
    throw new AwsProblem(
      'invalid',
      operation,
      'IncompleteAnswer',
      `the answer has no ${version === undefined ? 'FunctionVersion' : 'RevisionId'}: is this endpoint really Lambda?`,
    );
  const [second] = Object.entries(answer.RoutingConfig?.AdditionalVersionWeights ?? {});
  return {
    version,
    second: second && second[1] > 0 ? { version: second[0], weightPercent: percentOf(second[1]) } : null,
    revisionId,
    description: answer.Description ?? '',
  };
}
