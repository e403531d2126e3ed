import { AwsProblem } from '../app/ports/problem.ts';
import type { SecretStore } from '../app/ports/secret-store.ts';
import type { Clients } from './clients.ts';
import { call } from './problem.ts';

/** Secrets Manager and the Parameter Store, each in the region that an ARN names, else in the caller's. */
export function createSecretStore(clients: Clients): SecretStore {
  return {
    secret: (name) =>
      call('secretsmanager:GetSecretValue', async () => {
        const client = await clients.secretsManager(regionOf(name));
        const { SecretString } = await client.getSecretValue({ SecretId: name });
        return textOf('GetSecretValue', SecretString);
      }),
    parameter: (name) =>
      call('ssm:GetParameter', async () => {
        const client = await clients.ssm(regionOf(name));
        const { Parameter } = await client.getParameter({ Name: name, WithDecryption: true });
        return textOf('GetParameter', Parameter?.Value);
      }),
  };
}

/** Empty for the caller's own. */
function regionOf(name: string): string {
  return /^arn:aws[a-z-]*:(?:secretsmanager|ssm):([a-z0-9-]+):/.exec(name)?.[1] ?? '';
}

function textOf(operation: string, text: string | undefined): string {
  if (text !== undefined) return text;
  throw new AwsProblem('invalid', operation, 'NoText', 'it holds bytes, and a text is needed');
}
