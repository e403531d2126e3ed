import { readFileSync } from 'node:fs';
import path from 'node:path';
import { ALLOCATION_MS, functionInput, OTHER_CODE, zipOf } from '../world.ts';
import { HELPED, helped, NAME, type Scripts, twoVersions, UNKNOWN_REVISION } from './script.ts';

const versioned = (id: string) => zipOf({ 'index.mjs': id });

export const VERSION_SCRIPTS: Scripts = {
  'TestLambdaVersions::test_publish_version_on_create': async ({ aws, settle }, check) => {
    await check('create_response', aws.createFunction({ ...functionInput(NAME), Publish: true }));
    settle();
    await check('get_function_result', aws.getFunction({ FunctionName: NAME }));
    await check('get_function_version_result', aws.getFunction({ FunctionName: NAME, Qualifier: '1' }));
    await check('get_function_latest_result', aws.getFunction({ FunctionName: NAME, Qualifier: '$LATEST' }));
    await check('list_versions_result', aws.listVersionsByFunction({ FunctionName: NAME }));
    await check('repeated_publish_response', aws.publishVersion({ FunctionName: NAME, Description: 'ignored' }));
    await check('list_versions_result_after_publish', aws.listVersionsByFunction({ FunctionName: NAME }));
  },
  'TestLambdaVersions::test_publish_with_wrong_revisionid': async ({ aws, settle }, check) => {
    await check('create_response', aws.createFunction({ ...functionInput(NAME), Runtime: 'python3.9' }));
    settle();
    await check('get_fn_response', aws.getFunction({ FunctionName: NAME }));
    const wrong = { FunctionName: NAME, RevisionId: UNKNOWN_REVISION };
    await check('publish_wrong_revisionid_exc', aws.publishVersion(wrong));
    const { Configuration } = await aws.getFunction({ FunctionName: NAME });
    await check('publish_result', aws.publishVersion({ FunctionName: NAME, RevisionId: Configuration?.RevisionId }));
  },
  'TestLambdaVersions::test_publish_with_update': async ({ aws, settle }, check) => {
    await check('create_response', aws.createFunction(functionInput(NAME)));
    settle();
    await check('get_function_result', aws.getFunction({ FunctionName: NAME }));
    const update = { FunctionName: NAME, ZipFile: OTHER_CODE, Publish: true };
    await check('update_function_code_result', aws.updateFunctionCode(update));
    await check('get_function_version_result', aws.getFunction({ FunctionName: NAME, Qualifier: '1' }));
    await check('get_function_latest_result', aws.getFunction({ FunctionName: NAME, Qualifier: '$LATEST' }));
  },
  'TestLambdaVersions::test_lambda_versions_with_code_changes': async (world, check) => {
    const { aws, settle } = world;
    world.behaviour = ({ codeDir, version }, { invokedArn }) => {
      const version_id = readFileSync(path.join(codeDir, 'index.mjs'), 'utf8');
      return {
        payload: Buffer.from(JSON.stringify({ version_id, invoked_arn: invokedArn, version_from_ctx: version })),
      };
    };
    const Description = 'No version :(';
    const input = {
      ...functionInput(NAME),
      Handler: 'handler.handler',
      Description,
      Code: { ZipFile: versioned('version1') },
    };
    await check('create_response', aws.createFunction(input));
    settle();
    const publish = (description: string) => aws.publishVersion({ FunctionName: NAME, Description: description });
    await check('first_publish_response', publish('First version description :)'));
    const second = { FunctionName: NAME, ZipFile: versioned('version2') };
    await check('update_lambda_response', aws.updateFunctionCode(second));
    settle();
    await check('invocation_result_latest', aws.invoke({ FunctionName: NAME }));
    await check('invocation_result_v1', aws.invoke({ FunctionName: NAME, Qualifier: '1' }));
    await check('second_publish_response', publish('Second version description :)'));
    await check('invocation_result_v2', aws.invoke({ FunctionName: NAME, Qualifier: '2' }));
    const third = { FunctionName: NAME, ZipFile: versioned('version3'), Publish: true };
    await check('update_lambda_response_with_publish', aws.updateFunctionCode(third));
    settle();
    await check('invocation_result_v3', aws.invoke({ FunctionName: NAME, Qualifier: '3' }));
    await check('invocation_result_latest_end', aws.invoke({ FunctionName: NAME }));
    await check('invocation_result_v2_end', aws.invoke({ FunctionName: NAME, Qualifier: '2' }));
    await check('invocation_result_v1_end', aws.invoke({ FunctionName: NAME, Qualifier: '1' }));
  },
  'TestLambdaAlias::test_notfound_and_invalid_routingconfigs': async ({ aws, settle }, check) => {
    const staging = { ...functionInput(NAME), Publish: true, Environment: { Variables: { testenv: 'staging' } } };
    await check('create_response', aws.createFunction(staging));
    settle();
    await check('publish_v1', aws.publishVersion({ FunctionName: NAME }));
    await aws.updateFunctionConfiguration({ FunctionName: NAME, Environment: { Variables: { testenv: 'prod' } } });
    settle();
    await check('publish_v2', aws.publishVersion({ FunctionName: NAME }));
    const create = (
      version: string,
      weights: Record<string, number> | undefined,
      Name = 'custom',
      FunctionName = NAME,
    ) => {
      const routing = weights === undefined ? {} : { RoutingConfig: { AdditionalVersionWeights: weights } };
      return aws.createAlias({ FunctionName, Name, FunctionVersion: version, ...routing });
    };
    await check('routing_config_exc_toomany', create('1', { '1': 0.8, '2': 0.2 }));
    await check('routing_config_exc_toohigh', create('1', { '2': 2 }));
    await check('routing_config_exc_subzero', create('1', { '2': -1 }));
    await check('routing_config_exc_sameversion', create('1', { '1': 0.5 }));
    await check('target_version_doesnotexist', create('10', { '2': 0.5 }));
    await check('routing_config_exc_version_doesnotexist', create('1', { '10': 0.5 }));
    await check('target_version_exc_version_latest', create('$LATEST', { '1': 0.5 }));
    await check('routing_config_exc_version_latest', create('1', { $LATEST: 0.5 }));
    await check('create-alias-latest', create('$LATEST', undefined, 'custom-latest'));
    await check('routing_config_exc_fn_doesnotexist', create('1', { '2': 0.5 }, 'custom', `${NAME}-unknown`));
    await check('create_alias_empty_routingconfig', create('1', {}, 'custom-empty-routingconfig'));
    await check('create_alias_response', create('1', { '2': 0.5 }));
    await check('routing_config_exc_already_exist', create('1', { '2': 0.5 }));
    await check('alias_does_not_exist_esc', aws.getAlias({ FunctionName: NAME, Name: 'non-existent' }));
  },
  'TestLambdaAlias::test_non_existent_alias_update': async ({ aws, settle }, check) => {
    const staging = { ...functionInput(NAME), Environment: { Variables: { testenv: 'staging' } } };
    await check('create_response', aws.createFunction(staging));
    settle();
    await check('update_alias_response', aws.updateAlias({ FunctionName: NAME, Name: 'non-existent' }));
  },
  'TestLambdaAliases::test_alias_routingconfig': async (world, check) => {
    await twoVersions(world);
    const RoutingConfig = { AdditionalVersionWeights: { '2': 0.5 } };
    const input = { FunctionName: NAME, Name: 'alias1', FunctionVersion: '1', RoutingConfig };
    await check('create_alias_response', world.aws.createAlias(input));
  },
  'TestLambdaReservedConcurrency::test_function_concurrency_exceptions': async ({ aws, create }, check) => {
    const put = (FunctionName: string, ReservedConcurrentExecutions: number) =>
      aws.putFunctionConcurrency({ FunctionName, ReservedConcurrentExecutions });
    const missing = 'put_function_concurrency_with_function_name_doesnotexist';
    await check(missing, put('doesnotexist', 1));
    await check(`${missing}_and_invalid_concurrency`, put('doesnotexist', 100_000));
    await create(NAME);
    await check('put_function_concurrency_with_qualified_arn', put(`${NAME}:$LATEST`, 1));
  },
  'TestLambdaReservedConcurrency::test_function_concurrency': async ({ aws, create }, check) => {
    await create(NAME);
    const put = (ReservedConcurrentExecutions: number) =>
      aws.putFunctionConcurrency({ FunctionName: NAME, ReservedConcurrentExecutions });
    await check('put_function_concurrency_with_reserved_0', put(0));
    await check('put_function_concurrency_with_reserved_1', put(1));
    await check('get_function_concurrency', aws.getFunctionConcurrency({ FunctionName: NAME }));
    await check('delete_response', aws.deleteFunctionConcurrency({ FunctionName: NAME }));
    await check('get_function_concurrency_after_delete', aws.getFunctionConcurrency({ FunctionName: NAME }));
  },
  'TestLambdaReservedConcurrency::test_function_concurrency_limits': async ({ aws, create }, check) => {
    await create(NAME);
    const put = (ReservedConcurrentExecutions: number) =>
      aws.putFunctionConcurrency({ FunctionName: NAME, ReservedConcurrentExecutions });
    await check('put_function_concurrency_account_limit_exceeded', put(1001));
    await check('put_function_concurrency_below_unreserved_min_value', put(901));
  },
  'TestLambdaProvisionedConcurrency::test_provisioned_concurrency_limits': async ({ aws, create }, check) => {
    await create(NAME, { Publish: true });
    const put = (ProvisionedConcurrentExecutions: number) =>
      aws.putProvisionedConcurrencyConfig({ FunctionName: NAME, Qualifier: '1', ProvisionedConcurrentExecutions });
    await check('put_provisioned_concurrency_account_limit_exceeded', put(1001));
    await check('put_provisioned_concurrency_below_unreserved_min_value', put(901));
  },
  'TestLambdaProvisionedConcurrency::test_provisioned_concurrency_exceptions': async ({ aws, create }, check) => {
    await create(NAME, HELPED);
    await check('publish_version_result', aws.publishVersion({ FunctionName: NAME }));
    const get = (FunctionName: string, Qualifier: string) =>
      aws.getProvisionedConcurrencyConfig({ FunctionName, Qualifier });
    await check('get_provisioned_config_doesnotexist', get(NAME, '1'));
    await check('get_provisioned_functionname_doesnotexist', get('doesnotexist', 'noalias'));
    await check('get_provisioned_qualifier_doesnotexist', get(NAME, 'noalias'));
    await check('get_provisioned_version_doesnotexist', get(NAME, '10'));
    await check('get_provisioned_latest', get(NAME, '$LATEST'));
    const list = (FunctionName: string) => aws.listProvisionedConcurrencyConfigs({ FunctionName });
    await check('list_provisioned_noconfigs', list(NAME));
    await check('list_provisioned_functionname_doesnotexist', list('doesnotexist'));
    const remove = (FunctionName: string, Qualifier: string) =>
      aws.deleteProvisionedConcurrencyConfig({ FunctionName, Qualifier });
    await check('delete_provisioned_functionname_doesnotexist', remove('doesnotexist', '1'));
    await check('delete_provisioned_qualifier_doesnotexist', remove(NAME, 'noalias'));
    await check('delete_provisioned_version_doesnotexist', remove(NAME, '10'));
    await check('delete_provisioned_latest', remove(NAME, '$LATEST'));
    await check('delete_provisioned_config_doesnotexist', remove(NAME, '1'));
    const put = (FunctionName: string, Qualifier: string, ProvisionedConcurrentExecutions = 1) =>
      aws.putProvisionedConcurrencyConfig({ FunctionName, Qualifier, ProvisionedConcurrentExecutions });
    await check('put_provisioned_invalid_param_0', put(NAME, '1', 0));
    await check('put_provisioned_functionname_doesnotexist_alias', put('doesnotexist', 'noalias'));
    await check('put_provisioned_functionname_doesnotexist_version', put('doesnotexist', '1'));
    await check('put_provisioned_qualifier_doesnotexist', put(NAME, 'doesnotexist'));
    await check('put_provisioned_version_doesnotexist', put(NAME, '10'));
    await check('put_provisioned_latest', put(NAME, '$LATEST'));
  },
  'TestLambdaProvisionedConcurrency::test_lambda_provisioned_lifecycle': async ({ aws, create }, check) => {
    const alias = 'provisioned-alias';
    await create(NAME, HELPED);
    await check('publish_version_result', aws.publishVersion({ FunctionName: NAME }));
    await check('create_alias_result', aws.createAlias({ FunctionName: NAME, Name: alias, FunctionVersion: '1' }));
    const put = (Qualifier: string) =>
      aws.putProvisionedConcurrencyConfig({ FunctionName: NAME, Qualifier, ProvisionedConcurrentExecutions: 1 });
    const get = (Qualifier: string) => aws.getProvisionedConcurrencyConfig({ FunctionName: NAME, Qualifier });
    const onVersion = { FunctionName: NAME, Qualifier: '1' };
    await check('put_provisioned_on_version', put('1'));
    await check('put_provisioned_on_alias_versionconflict', put(alias));
    await check('delete_provisioned_version', aws.deleteProvisionedConcurrencyConfig(onVersion));
    await check('get_provisioned_version_postdelete', get('1'));
    await check('put_provisioned_on_alias', put(alias));
    await check('put_provisioned_on_version_conflict', put('1'));
    await check('delete_alias_result', aws.deleteAlias({ FunctionName: NAME, Name: alias }));
    await check('get_provisioned_alias_postaliasdelete', get(alias));
    await check('list_response_postdeletes', aws.listProvisionedConcurrencyConfigs({ FunctionName: NAME }));
  },
  'TestLambdaConcurrency::test_provisioned_concurrency_init_failure': async (world, check) => {
    const { aws, clock } = world;
    await world.create(NAME, { Publish: true });
    world.behaviour = () => ({ status: 'error', functionError: 'Unhandled' });
    const version = { FunctionName: NAME, Qualifier: '1' };
    const put = aws.putProvisionedConcurrencyConfig({ ...version, ProvisionedConcurrentExecutions: 1 });
    await check('put_provisioned', put);
    await check('get_provisioned_prewait', aws.getProvisionedConcurrencyConfig(version));
    clock.advance(ALLOCATION_MS);
    await check('get_provisioned_postwait', aws.getProvisionedConcurrencyConfig(version));
  },
  'TestLambdaConcurrency::test_lambda_provisioned_concurrency_moves_with_alias': async (
    { aws, clock, settle },
    check,
  ) => {
    const alias = 'moving-alias';
    const shape = { Runtime: 'python3.8', Handler: 'handler.handler', Environment: { Variables: {} } } as const;
    const create = aws.createFunction({ ...functionInput(NAME), ...shape, Timeout: 2 });
    await check('create-result', helped(create));
    settle();
    const latest = { FunctionName: NAME, Qualifier: '$LATEST' };
    await check('get-function-configuration', aws.getFunctionConfiguration(latest));
    await check('publish_version_1', aws.publishVersion({ FunctionName: NAME, Description: 'my-first-version' }));
    const first = { FunctionName: NAME, Qualifier: '1' };
    await check('get_function_configuration_version_1', aws.getFunctionConfiguration(first));
    await check('create_alias', aws.createAlias({ FunctionName: NAME, Name: alias, FunctionVersion: '1' }));
    await check('get_function_before_provisioned', aws.getFunction(first));
    const provisioned = { FunctionName: NAME, Qualifier: alias };
    await aws.putProvisionedConcurrencyConfig({ ...provisioned, ProvisionedConcurrentExecutions: 1 });
    clock.advance(ALLOCATION_MS);
    await check('get_function_after_provisioned', aws.getFunction(provisioned));
    await aws.updateFunctionConfiguration({ FunctionName: NAME, Timeout: 10 });
    settle();
    await check('get_function_after_update', aws.getFunctionConfiguration({ FunctionName: NAME }));
    await check('publish_version_2', aws.publishVersion({ FunctionName: NAME }));
    await check('update_alias', aws.updateAlias({ FunctionName: NAME, Name: alias, FunctionVersion: '2' }));
    await check('get_provisioned_config_after_alias_move', aws.getProvisionedConcurrencyConfig(provisioned));
    await check('provisioned_concurrency_notfound', aws.getProvisionedConcurrencyConfig(first));
  },
};
