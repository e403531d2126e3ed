import { functionInput, type World } from '../world.ts';

/** Sends the call of a recorded step and compares its answer with the recording. */
export type Check = (step: string, call: Promise<object>) => Promise<void>;

/** The calls of one recording, rebuilt from its steps' names, its answers and AWS's documentation. */
export type Script = (world: World, check: Check) => Promise<void>;
export type Scripts = Readonly<Record<string, Script>>;

export const NAME = 'fn-under-test';
export const UNKNOWN_REVISION = 'ffffffff-ffff-4fff-8fff-ffffffffffff';
/** What the recorders' helper for functions sent. */
export const HELPED = { Handler: 'handler.handler', Timeout: 30, Environment: { Variables: {} } };

/** The helper's answer, which held one for an event source as well. */
export async function helped(call: Promise<object>): Promise<object> {
  const CreateFunctionResponse = await call;
  const { $metadata, ...members } = { $metadata: {}, ...CreateFunctionResponse };
  const status = 'httpStatusCode' in $metadata ? $metadata.httpStatusCode : undefined;
  return {
    CreateEventSourceMappingResponse: null,
    CreateFunctionResponse: { ...members, ResponseMetadata: { HTTPHeaders: {}, HTTPStatusCode: status } },
  };
}

/** Creates the function as version 1, then version 2 with another environment. */
export async function twoVersions({ aws, settle }: World, name = NAME): Promise<void> {
  await aws.createFunction({ ...functionInput(name), Publish: true });
  settle();
  await aws.updateFunctionConfiguration({ FunctionName: name, Environment: { Variables: { testenv: 'prod' } } });
  settle();
  await aws.publishVersion({ FunctionName: name });
}
