/** The local AWS as one object: every emulated service behind one port. */

import { createApiGateway } from './apigateway/service.ts';
import { systemClock } from './clock.ts';
import { createCloudTrail } from './cloudtrail/service.ts';
import { createTrail } from './cloudtrail/trail.ts';
import { createCloudWatch } from './cloudwatch/index.ts';
import { createCodeDeploy } from './codedeploy/service.ts';
import { createControlPath, type LocalFile } from './control/control.ts';
import { createFaults } from './control/faults.ts';
import { createLambda, type Lambda } from './lambda/index.ts';
import type { FunctionInvoker } from './links.ts';
import { createLogs } from './logs/index.ts';
import { createRoute53 } from './route53/service.ts';
import { createS3 } from './s3/service.ts';
import { createLocalServer } from './server.ts';
import { createSns, type Sns } from './sns/service.ts';
import { SIGNING_KEY_PATH } from './sns/signature.ts';
import { openStore } from './store.ts';
import { createSts } from './sts/service.ts';
import { createWire, LOCAL_ACCOUNT } from './wire/dispatch.ts';
import { createColleague } from './wire/inside.ts';
import { loadModel } from './wire/model.ts';
import type { Service } from './wire/service.ts';

export interface LocalAwsOptions {
  /** 0 or missing: a free port. */
  readonly port?: number;
  /** Missing: 127.0.0.1. The services check no credentials, so any other address is the caller's own risk. */
  readonly host?: string;
  /** Where state outlives the process; missing: nothing does. */
  readonly dataDir?: string;
}

export interface LocalAws {
  /** `http://HOST:PORT`: what SDKs take as `AWS_ENDPOINT_URL`, and the AWS CLI as `--endpoint-url`. */
  readonly endpoint: string;
  /** Ends every function, closes the port and the state. Once closed, further calls do nothing. */
  close(): Promise<void>;
}

/** Starts a local AWS and resolves when it listens. Rejects where the port is taken or the data folder cannot be used. */
export async function startLocalAws(options: LocalAwsOptions = {}): Promise<LocalAws> {
  const { host = '127.0.0.1', port = 0, dataDir } = options;
  const store = openStore(dataDir);
  const folder = dataDir === undefined ? {} : { dataDir };
  const base = { store, clock: systemClock };
  let address = '';
  const endpoint = () => address;

  // SNS and CloudWatch invoke functions, and functions record metrics: one of the two must be bound late.
  const invoker: FunctionInvoker = {
    invokeAsync: (functionArn, payload, source) => lambda.invoker.invokeAsync(functionArn, payload, source),
  };
  const logs = createLogs(base);
  const s3 = createS3({ ...base, ...folder });
  const sns = createSns({ ...base, invoker, endpoint, onBug });
  const account = LOCAL_ACCOUNT;
  const cloudwatch = createCloudWatch({ ...base, publisher: sns.publisher, invoker, account });
  const lambda: Lambda = createLambda({
    ...base,
    ...folder,
    metrics: cloudwatch.metrics,
    logs: logs.logs,
    objects: s3.objects,
    topics: sns.publisher,
    endpoint,
    account,
  });
  const trail = createTrail(account);
  const faults = createFaults(systemClock);
  const colleague = createColleague({
    services: () => services,
    clock: systemClock,
    recorder: trail,
    interference: faults,
    endpoint,
    account,
    name: 'CodeDeploy',
    principal: 'codedeploy.amazonaws.com',
  });
  const codedeploy = createCodeDeploy({
    ...base,
    account,
    colleague,
    objects: s3.objects,
    topics: sns.publisher,
    onBug,
  });
  const services: readonly Service[] = [
    lambda.service,
    cloudwatch.service,
    logs.service,
    createSts(),
    sns.service,
    s3.service,
    codedeploy.service,
    createCloudTrail(trail),
    createRoute53(base),
    createApiGateway(base),
  ];

  const wire = createWire({ services, clock: systemClock, recorder: trail, interference: faults, endpoint, onBug });
  const control = createControlPath({
    faults,
    services,
    pace: codedeploy.pace,
    file: (path) => fileAt(path, sns, lambda),
  });
  const server = createLocalServer({ wire, control, urls: () => lambda.urls, onBug });

  let closing: Promise<void> | undefined;
  function close(): Promise<void> {
    closing ??= closeAll();
    return closing;
  }
  async function closeAll(): Promise<void> {
    await server.close();
    sns.close();
    await codedeploy.close();
    // Functions first: what they still log and count on their way out has somewhere to go.
    await lambda.close();
    logs.close();
    cloudwatch.close();
    store.close();
  }

  try {
    const bound = await server.listen(port, host);
    address = `http://${host.includes(':') ? `[${host}]` : host}:${bound}`;
  } catch (error) {
    await close();
    throw error;
  }
  // Loading a client takes a moment; the first caller of Lambda should not be the one who waits for it.
  setImmediate(() => void loadModel('lambda'));
  return { endpoint: address, close };
}

async function fileAt(path: string, sns: Sns, lambda: Lambda): Promise<LocalFile | undefined> {
  if (path === SIGNING_KEY_PATH) return { contentType: 'application/x-pem-file', body: await sns.signingKeyPem() };
  const codeId = /^\/_local\/code\/([\w-]{1,128})$/.exec(path)?.[1];
  const code = codeId === undefined ? undefined : lambda.code(codeId);
  return code && { contentType: 'application/zip', body: code };
}

/** A fault of the local AWS itself: the caller got a 500, and whoever runs it should see why. */
function onBug(what: string, error: unknown): void {
  const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.stderr.write(`local AWS: ${what} failed: ${detail}\n`);
}
