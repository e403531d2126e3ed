import { CloudWatch as Client } from '@aws-sdk/client-cloudwatch';
import { createCloudWatch } from '../../../src/local/cloudwatch/index.ts';
import type { MetricSink } from '../../../src/local/links.ts';
import { openStore, type Store } from '../../../src/local/store.ts';
import { LOCAL_ACCOUNT } from '../../../src/local/wire/dispatch.ts';
import { ManualClock } from '../manual-clock.ts';
import { inProcess, wireOver } from '../wire/in-process.ts';

/** The region of the SDK client in {@link inProcess}. */
export const REGION = 'eu-central-1';
export const TOPIC = `arn:aws:sns:${REGION}:${LOCAL_ACCOUNT}:alarms`;

export interface Published {
  readonly topicArn: string;
  readonly subject: string | undefined;
  readonly message: Readonly<Record<string, unknown>>;
}

export interface Invoked {
  readonly functionArn: string;
  readonly event: Readonly<Record<string, unknown>>;
  readonly source: string;
}

/** CloudWatch behind the wire layer, called by the real SDK client, on a clock of its own. */
export class Harness {
  readonly clock: ManualClock;
  readonly sdk: Client;
  readonly metrics: MetricSink;
  readonly published: Published[] = [];
  readonly invoked: Invoked[] = [];
  readonly close: () => void;

  constructor(clock = new ManualClock(), store: Store = openStore()) {
    this.clock = clock;
    const { service, metrics, close } = createCloudWatch({
      ...{ store, clock, account: LOCAL_ACCOUNT },
      publisher: {
        publish: (topicArn, message, subject) => {
          this.published.push({ topicArn, subject, message: JSON.parse(message) });
        },
      },
      invoker: {
        invokeAsync: (functionArn, payload, source) => {
          if (functionArn.endsWith(':gone')) throw new Error(`Function not found: ${functionArn}`);
          this.invoked.push({ functionArn, event: JSON.parse(Buffer.from(payload).toString()), source });
        },
      },
    });
    this.metrics = metrics;
    this.close = close;
    this.sdk = new Client(inProcess(wireOver([service], { clock })));
  }

  /** Records a sample as Lambda does. */
  sample(
    name: string,
    value: number,
    dimensions: Readonly<Record<string, string>> = {},
    atMs = this.clock.now(),
  ): void {
    this.metrics.record({ region: REGION, namespace: 'AWS/Lambda', name, dimensions, value, unit: 'Count', atMs });
  }

  async state(name: string): Promise<string> {
    const { MetricAlarms = [], CompositeAlarms = [] } = await this.sdk.describeAlarms({
      AlarmNames: [name],
      AlarmTypes: ['MetricAlarm', 'CompositeAlarm'],
    });
    return [...MetricAlarms, ...CompositeAlarms][0]?.StateValue ?? 'no such alarm';
  }
}
