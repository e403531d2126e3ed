import type { CreateFunctionRequest } from '@aws-sdk/client-lambda';
import { ACCOUNT, functionInput, REGION, type World } from '../world.ts';
import { HELPED, helped, NAME, type Script, type Scripts } from './script.ts';

const ARN = `arn:aws:lambda:${REGION}:${ACCOUNT}:function:`;
const FAILED_URL = `arn:aws:lambda:invalid-region:${ACCOUNT}:function:`;

/** The input of each name-validation case: FunctionName and Qualifier of an Invoke. */
const NAMES: Readonly<Record<string, readonly [name: string, qualifier?: string]>> = {
  function_name_is_single_invalid: ['*'],
  invalid_characters_in_function_name: ['my-function!'],
  invalid_characters_in_qualifier: ['my-function', 'invalid!'],
  qualifier_too_long: ['my-function', 'a'.repeat(129)],
  qualifier_too_long0: ['my-function', 'a'.repeat(129)],
  qualifier_too_long1: ['my-function', 'a'.repeat(65)],
  function_name_and_qualifier_too_long: ['my-function', 'a'.repeat(65)],
  invalid_account_id_in_partial_arn: ['invalid-account:function:my-function'],
  invalid_region_in_arn: [`${FAILED_URL}my-function`],
  non_lambda_arn: [`arn:aws:ec2:${REGION}:${ACCOUNT}:instance:i-1234567890abcdef0`],
  function_name_too_long: ['a'.repeat(65)],
  function_name_too_long_and_invalid_region: [`${FAILED_URL}my-function${'a'.repeat(170)}`],
  full_arn_and_qualifier_too_long_and_invalid_region: [`${FAILED_URL}my-function-${'a'.repeat(170)}`, 'a'.repeat(129)],
  full_arn_with_multiple_qualifiers: [`${ARN}my-function:1:2`],
  incomplete_arn: [`arn:aws:lambda:${REGION}:${ACCOUNT}:function`],
  partial_arn_with_extra_qualifier: ['function:my-function:$LATEST:extra'],
  latest_version_with_additional_qualifier: ['my-function:$LATEST', '1'],
  lowercase_latest_qualifier: ['my-function', '$latest'],
  missing_region_in_arn: [`arn:aws:lambda::${ACCOUNT}:function:my-function`],
  missing_account_id_in_arn: [`arn:aws:lambda:${REGION}::function:my-function`],
  misspelled_latest_in_arn: [`${ARN}my-function:$LATES`],
};

const nameScripts: Scripts = Object.fromEntries(
  Object.entries(NAMES).map(([id, [FunctionName, Qualifier]]) => [
    `TestLambdaFunction::test_function_name_and_qualifier_validation[${id}-invoke]`,
    ({ aws }, check) => check('invoke_exception', aws.invoke({ FunctionName, Qualifier })),
  ]),
);

/** The operations of the recordings that ask several of them the same. */
const OPERATIONS = {
  get_function: ({ aws }: World, FunctionName: string, Qualifier?: string) =>
    aws.getFunction({ FunctionName, Qualifier }),
  get_function_configuration: ({ aws }: World, FunctionName: string, Qualifier?: string) =>
    aws.getFunctionConfiguration({ FunctionName, Qualifier }),
  get_function_event_invoke_config: ({ aws }: World, FunctionName: string, Qualifier?: string) =>
    aws.getFunctionEventInvokeConfig({ FunctionName, Qualifier }),
  get_function_url_config: ({ aws }: World, FunctionName: string, Qualifier?: string) =>
    aws.getFunctionUrlConfig({ FunctionName, Qualifier }),
  get_function_code_signing_config: ({ aws }: World, FunctionName: string) =>
    aws.getFunctionCodeSigningConfig({ FunctionName }),
  get_function_concurrency: ({ aws }: World, FunctionName: string) => aws.getFunctionConcurrency({ FunctionName }),
  delete_function: ({ aws }: World, FunctionName: string, Qualifier?: string) =>
    aws.deleteFunction({ FunctionName, Qualifier }),
  invoke: ({ aws }: World, FunctionName: string, Qualifier?: string) => aws.invoke({ FunctionName, Qualifier }),
};

function forEachOperation(
  test: string,
  names: readonly (keyof typeof OPERATIONS)[],
  script: (name: keyof typeof OPERATIONS) => Script,
): Scripts {
  return Object.fromEntries(names.map((name) => [`TestLambdaFunction::${test}[${name}]`, script(name)]));
}

const CONFIGURED = ['get_function', 'get_function_configuration', 'get_function_event_invoke_config'] as const;
const ALL = [
  ...CONFIGURED,
  'delete_function',
  'get_function_url_config',
  'get_function_code_signing_config',
  'get_function_concurrency',
] as const;

const operationScripts: Scripts = {
  ...forEachOperation('test_ops_on_nonexisting_version', CONFIGURED, (name) => async (world, check) => {
    await world.create(NAME);
    await check('version_not_found_exception', OPERATIONS[name](world, NAME, '1221'));
  }),
  ...forEachOperation('test_ops_on_nonexisting_fn', ALL, (name) => async (world, check) => {
    await check('not_found_exception', OPERATIONS[name](world, NAME));
  }),
  ...forEachOperation('test_get_function_wrong_region', [...ALL, 'invoke'], (name) => async (world, check) => {
    await check(
      'wrong_region_exception',
      OPERATIONS[name](world, `arn:aws:lambda:us-west-2:${ACCOUNT}:function:${NAME}`),
    );
  }),
  ...forEachOperation(
    'test_ops_with_arn_qualifier_mismatch',
    ['delete_function', 'get_function', 'get_function_configuration'],
    (name) => async (world, check) => {
      await check('not_match_exception', OPERATIONS[name](world, `${ARN}some-function:2`, '$LATEST'));
      await check('match_exception', OPERATIONS[name](world, `${ARN}some-function:$LATEST`, '$LATEST'));
    },
  ),
};

const invalid = (name: string, more: object) =>
  ({ ...functionInput(name), ...more }) as unknown as CreateFunctionRequest;

export const FUNCTION_SCRIPTS: Scripts = {
  ...nameScripts,
  ...operationScripts,
  'TestLambdaFunction::test_delete_on_nonexisting_version': async ({ aws }, check) => {
    await check('delete_function_response_non_existent', aws.deleteFunction({ FunctionName: NAME }));
    const qualified = { FunctionName: NAME, Qualifier: '1221' };
    await check('delete_function_response_non_existent_with_qualifier', aws.deleteFunction(qualified));
  },
  'TestLambdaFunction::test_create_lambda_exceptions': async ({ aws }, check) => {
    const create = (more: object) => aws.createFunction(invalid(NAME, more));
    await check('invalid_role_arn_exc', create({ Role: 'r1' }));
    await check('invalid_runtime_exc', create({ Runtime: 'non-existent-runtime' }));
    await check('uppercase_runtime_exc', create({ Runtime: 'PYTHON3.9' }));
    await check('multiple_architectures', create({ Architectures: ['x86_64', 'arm64'] }));
    await check('uppercase_architecture', create({ Architectures: ['X86_64'] }));
    await check('invalid_zip_exc', create({ Code: { ZipFile: Buffer.from('this is no zip') } }));
  },
  'TestLambdaFunction::test_update_lambda_exceptions': async ({ aws, create }, check) => {
    await create(NAME);
    const update = (more: { Role?: string; Runtime?: string }) => {
      const input = { FunctionName: NAME, ...more } as Parameters<typeof aws.updateFunctionConfiguration>[0];
      return aws.updateFunctionConfiguration(input);
    };
    await check('invalid_role_arn_exc', update({ Role: 'r1' }));
    await check('invalid_runtime_exc', update({ Runtime: 'non-existent-runtime' }));
    await check('uppercase_runtime_exc', update({ Runtime: 'PYTHON3.9' }));
  },
  'TestLambdaFunction::test_invalid_invoke': async ({ aws }, check) => {
    const FunctionName = `arn:aws:lambda:${REGION}:123400000000@function:myfn`;
    await check('invoke_function_name_pattern_exc', aws.invoke({ FunctionName }));
  },
  'TestLambdaFeatures::test_invoke_exceptions': ({ aws }, check) =>
    check('invoke_function_doesnotexist', aws.invoke({ FunctionName: 'doesnotexist' })),
  'TestLambdaFeatures::test_basic_invoke': async ({ aws, settle }, check) => {
    const old = { Runtime: 'python3.9' } as const;
    await check('lambda_create_fn', aws.createFunction({ ...functionInput(NAME), ...old }));
    await check('lambda_create_fn_2', aws.createFunction({ ...functionInput(`${NAME}-2`), ...old }));
    settle();
    await check('lambda_get_fn', aws.getFunction({ FunctionName: NAME }));
    await check('lambda_get_fn_2', aws.getFunction({ FunctionName: `${NAME}-2` }));
    await check('lambda_invoke_result', aws.invoke({ FunctionName: NAME, Payload: Buffer.from('{}') }));
  },
  'TestLambdaBehavior::test_lambda_invoke_with_timeout': async (world, check) => {
    const { aws } = world;
    const input = { ...functionInput(NAME), ...HELPED, Timeout: 1 };
    await check('create-result', helped(aws.createFunction(input)));
    world.settle();
    const errorMessage = 'RequestId: 00000000-0000-0000-0000-000000000000 Error: Task timed out after 1.00 seconds';
    const payload = Buffer.from(JSON.stringify({ errorType: 'Sandbox.Timedout', errorMessage }));
    world.behaviour = () => ({ status: 'timeout', functionError: 'Unhandled', payload });
    await check('invoke-result', aws.invoke({ FunctionName: NAME }));
  },
  'TestLambdaURL::test_lambda_url_echo_invoke[BUFFERED]': async ({ aws, create }, check) => {
    await create(NAME);
    const config = { FunctionName: NAME, AuthType: 'NONE', InvokeMode: 'BUFFERED' } as const;
    await check('create_lambda_url_config', aws.createFunctionUrlConfig(config));
    await check('add_permission', aws.addPermission({ FunctionName: NAME, ...OPEN_URL }));
  },
};

const OPEN_URL = {
  StatementId: 'urlPermission',
  Action: 'lambda:InvokeFunctionUrl',
  Principal: '*',
  FunctionUrlAuthType: 'NONE',
} as const;
