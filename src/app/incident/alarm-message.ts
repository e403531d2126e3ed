import { z } from 'zod';

/** What CloudWatch tells of an alarm by SNS, as far as an incident is made of it. Source: recorded messages. */
export interface AlarmMessage {
  readonly name: string;
  readonly arn: string;
  readonly state: 'ALARM' | 'OK' | 'INSUFFICIENT_DATA';
  readonly reason: string;
  /** Epoch milliseconds. */
  readonly changedAt: number;
  readonly account: string;
  /** `eu-west-1`; the message itself names regions as people do. */
  readonly region: string;
  readonly description: string | null;
  /** From the dimensions of its metrics; null where they name none. */
  readonly function: string | null;
  readonly alias: string | null;
}

const dimensions = z.array(z.object({ name: z.string(), value: z.string() })).optional();
const metric = z.object({ Dimensions: dimensions }).optional();
const Message = z.object({
  AlarmName: z.string().min(1).max(255),
  AlarmArn: z.string().min(1).max(1_600),
  AlarmDescription: z.string().nullish(),
  NewStateValue: z.enum(['ALARM', 'OK', 'INSUFFICIENT_DATA']),
  NewStateReason: z.string(),
  StateChangeTime: z.string(),
  Trigger: z
    .object({
      Dimensions: dimensions,
      Metrics: z.array(z.object({ MetricStat: z.object({ Metric: metric }).optional() })).optional(),
    })
    .optional(),
});

const ARN = /^arn:aws[a-z-]*:cloudwatch:([a-z0-9-]+):(\d{12}):alarm:.+$/;
const MAX_REASON = 1_000;

/** Undefined where the text is no alarm of CloudWatch's. */
export function readAlarmMessage(text: string): AlarmMessage | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const read = Message.safeParse(value);
  if (!read.success) return undefined;
  const { AlarmName, AlarmArn, AlarmDescription, NewStateValue, NewStateReason, StateChangeTime, Trigger } = read.data;
  const [, region, account] = ARN.exec(AlarmArn) ?? [];
  const changedAt = Date.parse(StateChangeTime.replace(/([+-]\d\d)(\d\d)$/, '$1:$2'));
  if (region === undefined || account === undefined || !Number.isFinite(changedAt)) return undefined;
  const named = [
    ...(Trigger?.Dimensions ?? []),
    ...(Trigger?.Metrics ?? []).flatMap(({ MetricStat }) => MetricStat?.Metric?.Dimensions ?? []),
  ];
  const [resource] = named.filter(({ name }) => name === 'Resource').map(({ value: of }) => of.split(':'));
  return {
    name: AlarmName,
    arn: AlarmArn,
    state: NewStateValue,
    reason: NewStateReason.slice(0, MAX_REASON),
    changedAt,
    account,
    region,
    description: AlarmDescription ?? null,
    function: named.find(({ name }) => name === 'FunctionName')?.value ?? resource?.[0] ?? null,
    alias: resource?.[1] ?? null,
  };
}
