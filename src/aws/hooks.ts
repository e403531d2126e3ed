import type { Hooks } from '../app/ports/hooks.ts';
import { watching } from './calling.ts';
import type { Clients } from './clients.ts';
import { parseObject } from './json.ts';
import { call, callOrMissing } from './problem.ts';

/** A hook's answer is a word; more than this is not read. Lambda itself allows 6 MB. */
const MAX_PAYLOAD_CHARS = 6 * 1024 * 1024;

/** Validation hooks: called through Lambda, answered through CodeDeploy's API or by what they return. */
export function createHooks(clients: Clients): Hooks {
  return {
    async invoke(functionName, payload) {
      const answer = await call('lambda:InvokeFunction', async () => {
        const lambda = await clients.invoker();
        return lambda.invoke({
          FunctionName: functionName,
          InvocationType: 'RequestResponse',
          Payload: new TextEncoder().encode(JSON.stringify(payload)),
        });
      });
      const text = new TextDecoder().decode(answer.Payload).slice(0, MAX_PAYLOAD_CHARS);
      if (answer.FunctionError !== undefined) throw new Error(`hook ${functionName} failed: ${crashOf(text)}`);
      return statusOf(parseObject(text)?.status);
    },
    async answer(deploymentId, executionId) {
      return callOrMissing('codedeploy:GetDeploymentTarget', async () => {
        const codedeploy = await clients.codedeploy();
        const input = { deploymentId, targetIds: [deploymentId] };
        const { deploymentTargets = [] } = await watching(() => codedeploy.batchGetDeploymentTargets(input));
        const events = deploymentTargets.flatMap(({ lambdaTarget }) => lambdaTarget?.lifecycleEvents ?? []);
        return statusOf(events.find(({ lifecycleEventName }) => lifecycleEventName === executionId)?.status);
      });
    },
  };
}

function statusOf(status: unknown): 'Succeeded' | 'Failed' | undefined {
  return status === 'Succeeded' || status === 'Failed' ? status : undefined;
}

/** `TypeError: x is not a function` from Lambda's error payload, or the payload itself where it has another form. */
function crashOf(text: string): string {
  const { errorType: type, errorMessage: message } = parseObject(text) ?? {};
  if (typeof message !== 'string') return text.slice(0, MAX_ERROR_CHARS) || 'it gave no error';
  const line = typeof type === 'string' ? `${type}: ${message}` : message;
  return line.slice(0, MAX_ERROR_CHARS);
}

/** An error is a sentence in the ledger, not a dump. */
const MAX_ERROR_CHARS = 500;
