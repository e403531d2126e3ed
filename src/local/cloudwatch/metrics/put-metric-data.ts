import type { MetricDatum as Datum, PutMetricDataInput } from '@aws-sdk/client-cloudwatch';
import type { Clock } from '../../clock.ts';
import { type CallContext, notEmulated } from '../../wire/service.ts';
import { invalidCombination, invalidValue, missingParameter, notInEnum } from '../errors.ts';
import { dimensionsOf } from './dimensions.ts';
import type { MetricDatum, MetricStore } from './metric-store.ts';
import { UNITS } from './units.ts';

/** CloudWatch's own limits on one call and one datum. */
const MAX_DATA = 1_000;
const MAX_VALUES = 150;
const OLDEST_MS = 14 * 24 * 3_600_000;
const NEWEST_MS = 2 * 3_600_000;
/** CloudWatch refuses values beyond ±2^360. */
const MAX_VALUE = 2 ** 360;

/** PutMetricData. Nothing is recorded where one datum is refused. */
export function putMetricData(store: MetricStore, clock: Clock, input: PutMetricDataInput, call: CallContext): void {
  if (input.EntityMetricData?.length) throw notEmulated('PutMetricData with EntityMetricData');
  const namespace = input.Namespace ?? '';
  if (!/^[^:][\w./#:-]{0,254}$/.test(namespace)) {
    throw invalidValue(`The value ${namespace} for parameter Namespace is invalid.`);
  }
  if (namespace.startsWith('AWS/')) {
    throw invalidValue('The value AWS/ for parameter Namespace is invalid.');
  }
  const data = input.MetricData ?? [];
  if (data.length === 0) throw missingParameter('The parameter MetricData is required.');
  if (data.length > MAX_DATA) {
    throw invalidValue(`The collection MetricData must not have a size greater than ${MAX_DATA}.`);
  }
  const nowMs = clock.now();
  const checked = data.map((datum, index) =>
    checkDatum(datum, `MetricData.member.${index + 1}`, namespace, call.region, nowMs),
  );
  for (const datum of checked) store.put(datum);
}

function checkDatum(datum: Datum, path: string, namespace: string, region: string, nowMs: number): MetricDatum {
  const { MetricName: name, Unit: unit = 'None', StorageResolution: resolution = 60 } = datum;
  if (!name) throw missingParameter(`The parameter ${path}.MetricName is required.`);
  if (!UNITS.includes(unit)) throw notInEnum(unit, 'metricData.1.member.unit', UNITS);
  if (resolution !== 1 && resolution !== 60) {
    throw invalidValue(`The parameter ${path}.StorageResolution must be 1 or 60.`);
  }
  const atMs = datum.Timestamp?.getTime() ?? nowMs;
  if (!(atMs >= nowMs - OLDEST_MS && atMs <= nowMs + NEWEST_MS)) {
    throw invalidValue(
      `The parameter ${path}.Timestamp must specify a time within the past two weeks and at most two hours ahead.`,
    );
  }
  const dimensions = dimensionsOf(datum.Dimensions, `${path}.Dimensions`);
  return {
    ...{ region, namespace, name, dimensions, unit, atMs, highResolution: resolution === 1 },
    ...valuesOf(datum, path),
  };
}

function valuesOf(datum: Datum, path: string): Pick<MetricDatum, 'values' | 'set'> {
  const { Value: value, Values: values, Counts: counts, StatisticValues: set } = datum;
  refuseBoth(path, 'Value', value, 'Values', values);
  refuseBoth(path, 'Value', value, 'StatisticValues', set);
  refuseBoth(path, 'Values', values, 'StatisticValues', set);
  if (values) return { values: countedValues(values, counts, path) };
  if (set) {
    const { SampleCount: count = 0, Sum: sum = 0, Minimum: min = 0, Maximum: max = 0 } = set;
    for (const number of [count, sum, min, max]) checkValue(number, `${path}.StatisticValues`);
    if (!(count > 0)) throw invalidValue(`The parameter ${path}.StatisticValues.SampleCount must be greater than 0.`);
    return { values: [], set: { count, sum, min, max } };
  }
  if (value === undefined) {
    throw missingParameter(`One of the parameters ${path}.Value, Values and StatisticValues is required.`);
  }
  checkValue(value, `${path}.Value`);
  return { values: [[value, 1]] };
}

function countedValues(values: readonly number[], counts: readonly number[] | undefined, path: string) {
  if (counts && counts.length !== values.length) {
    throw invalidValue(`The parameters ${path}.Values and ${path}.Counts must be of the same size.`);
  }
  if (values.length > MAX_VALUES) {
    throw invalidValue(`The collection ${path}.Values must not have a size greater than ${MAX_VALUES}.`);
  }
  return values.map((value, index): [number, number] => {
    const count = counts?.[index] ?? 1;
    checkValue(value, `${path}.Values`);
    if (!(count > 0)) throw invalidValue(`The parameter ${path}.Counts must have values greater than 0.`);
    return [value, count];
  });
}

function refuseBoth(path: string, one: string, first: unknown, other: string, second: unknown): void {
  if (first === undefined || second === undefined) return;
  throw invalidCombination(
    `The parameters ${path}.${one} and ${path}.${other} are mutually exclusive and you have specified both.`,
  );
}

function checkValue(value: number, path: string): void {
  if (Number.isFinite(value) && Math.abs(value) <= MAX_VALUE) return;
  throw invalidValue(`The value ${value} for parameter ${path} is invalid.`);
}
