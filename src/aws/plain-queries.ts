import type { CloudWatch, MetricDataQuery } from '@aws-sdk/client-cloudwatch';
import type { AbsoluteLocation, BuildHandlerOptions, SerializeHandlerOptions } from '@smithy/types';
import type { Middleware } from './governor.ts';

/** As the SDK writes a list with nothing in it. */
const NONE = '"MetricDataQueries":[]';

/**
 * Puts GetMetricData's queries into its body as the JSON that they are. The SDK looks each of their fields up in its schema,
 * which for 500 queries in a process that has slept holds up everything else for 20-40 ms; this takes one.
 */
export function writingQueriesPlainly(client: CloudWatch): CloudWatch {
  const takeOut: Middleware = (next, context) => (args) => {
    if (context.commandName !== 'GetMetricDataCommand') return next(args);
    context.plainQueries = args.input.MetricDataQueries;
    return next({ ...args, input: { ...args.input, MetricDataQueries: [] } });
  };
  const putIn: Middleware = (next, context) => (args) => {
    const queries: readonly MetricDataQuery[] | undefined = context.plainQueries;
    if (!queries) return next(args);
    const { request } = args;
    const written = new TextDecoder().decode(request.body);
    if (!written.includes(NONE))
      throw new Error("GetMetricData's request is not the JSON that this version of the SDK is known to write");
    request.body = Buffer.from(written.replace(NONE, () => `"MetricDataQueries":${JSON.stringify(queries)}`));
    return next(args);
  };
  const first: SerializeHandlerOptions & AbsoluteLocation = {
    step: 'serialize',
    priority: 'high',
    name: 'switchbackQueriesOut',
  };
  // Before the length of the body is told.
  const second: BuildHandlerOptions & AbsoluteLocation = {
    step: 'build',
    priority: 'high',
    name: 'switchbackQueriesIn',
  };
  client.middlewareStack.add(takeOut, first);
  client.middlewareStack.add(putIn, second);
  return client;
}
