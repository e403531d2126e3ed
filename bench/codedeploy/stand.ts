import { CloudWatch } from '@aws-sdk/client-cloudwatch';
import { CodeDeploy } from '@aws-sdk/client-codedeploy';
import { Lambda } from '@aws-sdk/client-lambda';
import { strToU8, zipSync } from 'fflate';

export const REGION = 'us-east-1';
export const ALIAS = 'live';
const APPLICATION = 'bench';
const ROLE = 'arn:aws:iam::123456789012:role/bench';
const READY_TRIES = 500;
const MAX_SOCKETS = 400;

/** The strategy of all lanes, in CodeDeploy's words and in ours. */
export const CONFIG = 'CodeDeployDefault.LambdaCanary10Percent5Minutes';
export const STRATEGY = 'canary 10% 5m';

/** The local AWS as the lanes use it. */
export class Stand {
  readonly endpoint: string;
  readonly folder: string;
  readonly lambda: Lambda;
  readonly codedeploy: CodeDeploy;
  readonly #cloudwatch: CloudWatch;

  constructor(endpoint: string, folder: string) {
    const credentials = { accessKeyId: 'bench', secretAccessKey: 'bench' };
    const requestHandler = { httpAgent: { maxSockets: MAX_SOCKETS } };
    const client = { endpoint, region: REGION, credentials, requestHandler };
    this.endpoint = endpoint;
    this.folder = folder;
    this.lambda = new Lambda(client);
    this.codedeploy = new CodeDeploy(client);
    this.#cloudwatch = new CloudWatch(client);
  }

  get strategyText(): string {
    return `${CONFIG} / ${STRATEGY}`;
  }

  async open(): Promise<void> {
    await this.codedeploy.createApplication({ applicationName: APPLICATION, computePlatform: 'Lambda' });
  }

  close(): void {
    this.lambda.destroy();
    this.codedeploy.destroy();
    this.#cloudwatch.destroy();
  }

  /** Version 1 never fails and is live; version 2 fails so often. */
  async createFunction(name: string, errorShare: number): Promise<void> {
    await this.lambda.createFunction({
      FunctionName: name,
      Runtime: 'nodejs24.x',
      Handler: 'index.handler',
      Role: ROLE,
      Code: { ZipFile: code(0) },
    });
    await this.#ready(name);
    await this.lambda.publishVersion({ FunctionName: name });
    await this.lambda.createAlias({ FunctionName: name, Name: ALIAS, FunctionVersion: '1' });
    await this.lambda.updateFunctionCode({ FunctionName: name, ZipFile: code(errorShare), Publish: true });
    await this.#ready(name);
  }

  /** The pair of alarms from SAM's documentation: any error in two minutes running, of the alias and of the new version. */
  async samAlarms(name: string): Promise<string[]> {
    const base = [
      { Name: 'FunctionName', Value: name },
      { Name: 'Resource', Value: `${name}:${ALIAS}` },
    ];
    const pairs = [
      [`${name}-alias-errors`, base],
      [`${name}-latest-errors`, [...base, { Name: 'ExecutedVersion', Value: '2' }]],
    ] as const;
    for (const [AlarmName, Dimensions] of pairs) {
      await this.#cloudwatch.putMetricAlarm({
        AlarmName,
        Namespace: 'AWS/Lambda',
        MetricName: 'Errors',
        Dimensions: [...Dimensions],
        Statistic: 'Sum',
        Period: 60,
        EvaluationPeriods: 2,
        Threshold: 0,
        ComparisonOperator: 'GreaterThanThreshold',
      });
    }
    return pairs.map(([alarm]) => alarm);
  }

  /** Begins a deployment of CodeDeploy from version 1 to 2, as CloudFormation would. */
  async deploy(name: string, alarms: readonly string[]): Promise<string> {
    await this.codedeploy.createDeploymentGroup({
      applicationName: APPLICATION,
      deploymentGroupName: name,
      serviceRoleArn: ROLE,
      deploymentConfigName: CONFIG,
      deploymentStyle: { deploymentType: 'BLUE_GREEN', deploymentOption: 'WITH_TRAFFIC_CONTROL' },
      alarmConfiguration: { enabled: true, alarms: alarms.map((alarm) => ({ name: alarm })) },
      autoRollbackConfiguration: {
        enabled: true,
        events: ['DEPLOYMENT_FAILURE', 'DEPLOYMENT_STOP_ON_ALARM', 'DEPLOYMENT_STOP_ON_REQUEST'],
      },
    });
    const Properties = { Name: name, Alias: ALIAS, CurrentVersion: '1', TargetVersion: '2' };
    const content = JSON.stringify({
      version: 0,
      Resources: [{ [name]: { Type: 'AWS::Lambda::Function', Properties } }],
    });
    const { deploymentId = '' } = await this.codedeploy.createDeployment({
      applicationName: APPLICATION,
      deploymentGroupName: name,
      revision: { revisionType: 'AppSpecContent', appSpecContent: { content } },
    });
    return deploymentId;
  }

  async #ready(FunctionName: string): Promise<void> {
    for (let tries = 0; tries < READY_TRIES; tries += 1) {
      const { State, LastUpdateStatus } = await this.lambda.getFunctionConfiguration({ FunctionName });
      if (State === 'Active' && LastUpdateStatus === 'Successful') return;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    throw new Error(`${FunctionName} did not become active`);
  }
}

function code(errorShare: number): Uint8Array {
  const source = `export const handler = async () => {
  if (Math.random() < ${errorShare}) throw new Error('it cannot be priced');
  return { ok: true };
};
`;
  return zipSync({ 'index.mjs': strToU8(source) });
}
