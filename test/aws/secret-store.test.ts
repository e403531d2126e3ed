import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { AwsProblem } from '../../src/app/ports/problem.ts';
import { createAws } from '../../src/aws/index.ts';

/** Both services as far as they are asked: awsJson 1.1, one secret, one parameter, everything else unknown. */
const ANSWERS: Readonly<Record<string, (body: Readonly<Record<string, unknown>>) => readonly [number, object]>> = {
  'secretsmanager.GetSecretValue': ({ SecretId }) =>
    SecretId === 'slack'
      ? [200, { Name: 'slack', SecretString: '{"token":"xoxb-1"}' }]
      : SecretId === 'bytes'
        ? [200, { Name: 'bytes', SecretBinary: 'AAAA' }]
        : [400, { __type: 'ResourceNotFoundException', message: "Secrets Manager can't find the specified secret." }],
  'AmazonSSM.GetParameter': ({ Name, WithDecryption }) =>
    Name === '/switchback/jira' && WithDecryption === true
      ? [200, { Parameter: { Name, Type: 'SecureString', Value: 'jira-1' } }]
      : [400, { __type: 'ParameterNotFound', message: '' }],
};

test('secrets come from Secrets Manager and the Parameter Store, decrypted, in the region that an ARN names', async (t) => {
  const regions: string[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    regions.push(/Credential=[^/]+\/\d+\/([a-z0-9-]+)\//.exec(request.headers.authorization ?? '')?.[1] ?? '');
    const [status, body] = ANSWERS[String(request.headers['x-amz-target'])]!(
      JSON.parse(Buffer.concat(chunks).toString()),
    );
    response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify(body));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const endpointUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { secretStore, close } = createAws({ endpointUrl, region: 'eu-central-1' });
  t.after(() => {
    close();
    server.closeAllConnections();
    server.close();
  });
  assert.equal(await secretStore.secret('slack'), '{"token":"xoxb-1"}');
  assert.equal(await secretStore.parameter('/switchback/jira'), 'jira-1');
  const far = 'arn:aws:secretsmanager:us-west-2:123456789012:secret:slack';
  const missing = (problem: unknown) =>
    problem instanceof AwsProblem && problem.kind === 'missing' && !problem.retryable;
  await assert.rejects(secretStore.secret(far), missing);
  await assert.rejects(secretStore.parameter('/none'), missing);
  await assert.rejects(secretStore.secret('bytes'), /holds bytes, and a text is needed/);
  assert.deepEqual(regions, ['eu-central-1', 'eu-central-1', 'us-west-2', 'eu-central-1', 'eu-central-1']);
});
