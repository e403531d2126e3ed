import type { FunctionEventInvokeConfig, Lambda } from '@aws-sdk/client-lambda';
import { ACCOUNT, ALLOCATION_MS, functionInput, OTHER_CODE, REGION } from '../world.ts';
import { NAME, type Script, type Scripts, twoVersions, UNKNOWN_REVISION } from './script.ts';

const ARN = `arn:aws:lambda:${REGION}:${ACCOUNT}:function:`;
const AddS3 = { Action: 'lambda:InvokeFunction', StatementId: 's3', Principal: 's3.amazonaws.com' };

type Destinations = NonNullable<FunctionEventInvokeConfig['DestinationConfig']>;

const invokeConfigExceptions: Script = async ({ aws, create }, check) => {
  await create(NAME);
  const alias = 'eventinvokealias';
  const put = (FunctionName: string, Qualifier?: string) =>
    aws.putFunctionEventInvokeConfig({ FunctionName, Qualifier, MaximumRetryAttempts: 1 });
  const destined = (DestinationConfig: Destinations) =>
    aws.putFunctionEventInvokeConfig({ FunctionName: NAME, DestinationConfig });
  await check('put_functionname_name_notfound', put('doesnotexist'));
  await check('put_functionname_arn_notfound', put(`${ARN}doesnotexist`));
  await check('put_functionname_nootherargs', aws.putFunctionEventInvokeConfig({ FunctionName: NAME }));
  const missing = { OnSuccess: { Destination: `${ARN}doesnotexist` } };
  await check('put_destination_lambda_doesntexist', destined(missing));
  await check('put_destination_recursive', destined({ OnSuccess: { Destination: `${ARN}${NAME}` } }));
  const service = `arn:aws:iam:${REGION}:${ACCOUNT}:function:${NAME}`;
  await check('put_destination_invalid_service_arn', destined({ OnSuccess: { Destination: service } }));
  const malformed = `arn:aws:_-/!lambda:${REGION}:${ACCOUNT}:function:${NAME}`;
  await check('put_destination_invalid_arn_pattern', destined({ OnFailure: { Destination: malformed } }));
  await check('put_alias_doesnotexist', put(NAME, 'doesnotexist'));
  await aws.publishVersion({ FunctionName: NAME });
  await aws.createAlias({ FunctionName: NAME, Name: alias, FunctionVersion: '1' });
  await check('put_alias_qualifiedarn_qualifierconflict', put(`${ARN}${NAME}:${alias}`, `${alias}-other`));
  await check('put_alias_shorthand_qualifierconflict', put(`${NAME}:${alias}`, `${alias}-other`));
  await check('put_shorthand_qualifier_mismatch_1', put(`${NAME}:${alias}`, '$LATEST'));
  await check('put_shorthand_qualifier_mismatch_2', put(`${NAME}:$LATEST`, alias));
  await check('put_shorthand_qualifier_mismatch_3', put(`${NAME}:1`, alias));
  const get = (FunctionName: string, Qualifier?: string) =>
    aws.getFunctionEventInvokeConfig({ FunctionName, Qualifier });
  const remove = (FunctionName: string) => aws.deleteFunctionEventInvokeConfig({ FunctionName });
  await check('delete_function_not_found', remove(NAME));
  await check('delete_function_doesnotexist', remove('doesnotexist'));
  await check('list_function_doesnotexist', aws.listFunctionEventInvokeConfigs({ FunctionName: 'doesnotexist' }));
  await check('get_function_doesnotexist', get('doesnotexist'));
  await check('get_qualifier_doesnotexist', get(NAME, 'doesnotexist'));
  const update = (FunctionName: string, Qualifier?: string) =>
    aws.updateFunctionEventInvokeConfig({ FunctionName, Qualifier, MaximumRetryAttempts: 1 });
  await check('update_eventinvokeconfig_function_doesnotexist', update('doesnotexist'));
  await check('get_eventinvokeconfig_doesnotexist', get(NAME, alias));
  await check('update_eventinvokeconfig_config_doesnotexist_with_qualifier', update(NAME, alias));
  await check('update_eventinvokeconfig_config_doesnotexist_without_qualifier', update(NAME));
};

const URL_OPERATIONS = {
  create: (aws: Lambda, FunctionName: string, Qualifier?: string) =>
    aws.createFunctionUrlConfig({ FunctionName, Qualifier, AuthType: 'NONE' }),
  get: (aws: Lambda, FunctionName: string, Qualifier?: string) => aws.getFunctionUrlConfig({ FunctionName, Qualifier }),
  delete: (aws: Lambda, FunctionName: string, Qualifier?: string) =>
    aws.deleteFunctionUrlConfig({ FunctionName, Qualifier }),
  update: (aws: Lambda, FunctionName: string, Qualifier?: string) =>
    aws.updateFunctionUrlConfig({ FunctionName, Qualifier, AuthType: 'AWS_IAM' }),
};

const urlExceptions: Script = async ({ aws, create }, check) => {
  await create(NAME, { Publish: true });
  for (const [name, send] of Object.entries(URL_OPERATIONS)) {
    const step = `${name}_function_url_config`;
    await check(`${step}_name_doesnotexist`, send(aws, 'doesnotexist'));
    await check(`${step}_arn_doesnotexist`, send(aws, `${ARN}doesnotexist`));
    await check(`${step}_name_doesnotexist_qualifier`, send(aws, 'doesnotexist', '1'));
    await check(`${step}_qualifier_version`, send(aws, NAME, '1'));
    await check(`${step}_qualifier_version_doesnotexist`, send(aws, NAME, '2'));
    await check(`${step}_qualifier_alias_doesnotexist`, send(aws, NAME, 'doesntexist'));
    if (name !== 'delete') {
      const mismatch = send(aws, `${ARN}${NAME}:alias-1`, 'alias-2');
      await check(`${step}_qualifier_alias_doesnotmatch_arn`, mismatch);
    }
    await check(`${step}_qualifier_latest`, send(aws, NAME, '$LATEST'));
    if (name !== 'create') await check(`${step}_config_doesnotexist`, send(aws, NAME));
  }
};

const tagExceptions: Script = async ({ aws, create }, check) => {
  await create(NAME);
  const tag = (Resource: string, Tags: Record<string, string> = { key: 'value' }) =>
    aws.tagResource({ Resource, Tags });
  await check('tag_lambda_invalidarn', tag('arn:aws:something'));
  await check('tag_lambda_doesnotexist', tag(`${ARN}doesnotexist`));
  await check('tag_lambda_qualifier_doesnotexist', tag(`${ARN}${NAME}:v1`));
  await check('untag_empty_keys', aws.untagResource({ Resource: `${ARN}${NAME}`, TagKeys: [] }));
  await check('tag_empty_tags', tag(`${ARN}${NAME}`, {}));
};

const manyTags = (count: number, prefix = 'key') =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`${prefix}-${index}`, 'value']));

const functionArns: Script = async ({ aws }, check) => {
  const create = (FunctionName: string) => aws.createFunction(functionInput(FunctionName));
  await check('invalid_function_name_exc', create('invalid:function:name'));
  await check('long_function_name_exc', create('a'.repeat(65)));
  await check('long_function_arn_exc', create(`${ARN}${'a'.repeat(150)}`));
  const other = `arn:aws:lambda:ap-southeast-1:${ACCOUNT}:function:${NAME}`;
  await check('function_arn_other_region_exc', aws.getFunction({ FunctionName: other }));
};

const reservedAndProvisioned: Script = async (world, check) => {
  const { aws, clock } = world;
  await twoVersions(world);
  const put = (Qualifier: string, ProvisionedConcurrentExecutions: number) =>
    aws.putProvisionedConcurrencyConfig({ FunctionName: NAME, Qualifier, ProvisionedConcurrentExecutions });
  const reserve = (ReservedConcurrentExecutions: number) =>
    aws.putFunctionConcurrency({ FunctionName: NAME, ReservedConcurrentExecutions });
  await put('1', 2);
  clock.advance(ALLOCATION_MS);
  await aws.getFunction({ FunctionName: NAME });
  await check('reserved_lower_than_provisioned_exc', reserve(1));
  await reserve(2);
  await check('reserved_equals_provisioned_latest_invoke_exc', aws.invoke({ FunctionName: NAME }));
  await check('reserved_equals_provisioned_another_provisioned_exc', put('2', 1));
  await check('reserved_equals_provisioned_increase_provisioned_exc', put('1', 3));
};

const payloadError =
  (step: string, bytes: readonly number[]): Script =>
  async ({ aws, create }, check) => {
    await create(NAME);
    await check(step, aws.invoke({ FunctionName: NAME, Payload: Uint8Array.from(bytes) }));
  };

export const ERROR_SCRIPTS: Scripts = {
  'TestLambdaEventInvokeConfig::test_lambda_eventinvokeconfig_exceptions': invokeConfigExceptions,
  'TestLambdaEventInvokeConfig::test_lambda_eventinvokeconfig_lifecycle': async ({ aws, create }, check) => {
    await create(NAME);
    await aws.putFunctionEventInvokeConfig({ FunctionName: NAME, MaximumRetryAttempts: 2 });
    await aws.publishVersion({ FunctionName: NAME });
    const published = { FunctionName: NAME, Qualifier: '1' };
    await check('get_invokeconfig_postpublish', aws.getFunctionEventInvokeConfig(published));
  },
  'TestLambdaUrl::test_url_config_exceptions': urlExceptions,
  'TestLambdaUrl::test_url_config_lifecycle': async ({ aws, create }, check) => {
    await create(NAME);
    await URL_OPERATIONS.create(aws, NAME);
    await check('failed_duplication', URL_OPERATIONS.create(aws, NAME));
    await URL_OPERATIONS.delete(aws, NAME);
    await check('failed_getter', URL_OPERATIONS.get(aws, NAME));
  },
  'TestLambdaUrl::test_url_config_list_paging': ({ aws }, check) =>
    check('list_function_notfound', aws.listFunctionUrlConfigs({ FunctionName: 'doesnotexist' })),
  'TestLambdaUrl::test_url_config_deletion_without_qualifier': async ({ aws, create }, check) => {
    await create(NAME);
    await URL_OPERATIONS.create(aws, NAME);
    await URL_OPERATIONS.delete(aws, NAME);
    await check('get_url_config_after_deletion', URL_OPERATIONS.get(aws, NAME));
  },
  'TestLambdaTags::test_tag_exceptions': tagExceptions,
  'TestLambdaTags::test_tag_limits': async ({ aws, create }, check) => {
    await create(NAME);
    const Resource = `${ARN}${NAME}`;
    await check('tag_lambda_too_many_tags', aws.tagResource({ Resource, Tags: manyTags(51) }));
    await aws.tagResource({ Resource, Tags: manyTags(50) });
    const one = manyTags(1, 'more');
    await check('tag_lambda_too_many_tags_additional', aws.tagResource({ Resource, Tags: one }));
    const tagged = { ...functionInput(`${NAME}-tagged`), Tags: manyTags(51) };
    await check('create_function_invalid_tags', aws.createFunction(tagged));
  },
  'TestLambdaTags::test_tag_lifecycle': async ({ aws, create }, check) => {
    await create(NAME, { Tags: { key: 'value' } });
    await aws.deleteFunction({ FunctionName: NAME });
    await check('list_tags_postdelete', aws.listTags({ Resource: `${ARN}${NAME}` }));
  },
  'TestLambdaTags::test_tag_versions': async ({ aws, create }, check) => {
    await create(NAME, { Publish: true });
    const tag = (qualifier: string) =>
      aws.tagResource({ Resource: `${ARN}${NAME}:${qualifier}`, Tags: { key: 'value' } });
    await check('tag_resource_exception', tag('1'));
    await check('tag_resource_latest_exception', tag('$LATEST'));
  },
  'TestLambdaFunction::test_list_functions': ({ aws }, check) => {
    const input = { FunctionVersion: 'invalid' } as unknown as Parameters<typeof aws.listFunctions>[0];
    return check('list_functions_invalid_functionversion', aws.listFunctions(input ?? {}));
  },
  'TestLambdaFunction::test_function_arns': functionArns,
  'TestLambdaFunction::test_lambda_concurrent_code_updates': async ({ aws, create }, check) => {
    await create(NAME);
    const update = () => aws.updateFunctionCode({ FunctionName: NAME, ZipFile: OTHER_CODE });
    await update();
    await check('update-during-in-progress-update-exc', update());
  },
  'TestLambdaFunction::test_lambda_concurrent_config_updates': async ({ aws, create }, check) => {
    await create(NAME);
    const update = (Description: string) => aws.updateFunctionConfiguration({ FunctionName: NAME, Description });
    await update('first');
    await check('update-during-in-progress-update-exc', update('second'));
  },
  'TestLambdaFunction::test_lambda_code_location_s3_errors': async ({ aws, create }, check) => {
    const { Code: _, ...rest } = functionInput(NAME);
    const wrongKey = { S3Bucket: 'some-bucket', S3Key: 'doesnotexist' };
    await check('create-error-wrong-key', aws.createFunction({ ...rest, Code: wrongKey }));
    await create(NAME);
    await check('update-error-wrong-key', aws.updateFunctionCode({ FunctionName: NAME, ...wrongKey }));
  },
  'TestLambdaRevisions::test_function_revisions_basic': async ({ aws, create }, check) => {
    await create(NAME);
    const stale = { FunctionName: NAME, RevisionId: UNKNOWN_REVISION };
    await check('update_function_revision_exception', aws.updateFunctionCode({ ...stale, ZipFile: OTHER_CODE }));
    const configuration = aws.updateFunctionConfiguration({ ...stale, Description: 'new' });
    await check('update_function_configuration_revision_exception', configuration);
  },
  'TestLambdaRevisions::test_function_revisions_version_and_alias': async ({ aws, create }, check) => {
    await create(NAME);
    const stale = { FunctionName: NAME, RevisionId: UNKNOWN_REVISION };
    await check('publish_version_revision_exception', aws.publishVersion(stale));
    await aws.publishVersion({ FunctionName: NAME });
    await aws.createAlias({ FunctionName: NAME, Name: 'revision-alias', FunctionVersion: '1' });
    await check('update_alias_revision_exception', aws.updateAlias({ ...stale, Name: 'revision-alias' }));
  },
  'TestLambdaRevisions::test_function_revisions_permissions': async ({ aws, create }, check) => {
    await create(NAME);
    const add = aws.addPermission({ FunctionName: NAME, ...AddS3, RevisionId: UNKNOWN_REVISION });
    await check('add_permission_revision_exception', add);
  },
  'TestLambdaConcurrency::test_lambda_concurrency_block': async ({ aws, create }, check) => {
    await create(NAME);
    await aws.putFunctionConcurrency({ FunctionName: NAME, ReservedConcurrentExecutions: 0 });
    await check('invoke_latest_first_exc', aws.invoke({ FunctionName: NAME }));
    await check('invoke_latest_second_exc', aws.invoke({ FunctionName: NAME }));
  },
  'TestLambdaConcurrency::test_reserved_provisioned_overlap': reservedAndProvisioned,
  'TestLambdaErrors::test_lambda_invoke_payload_encoding_error[body-n\\x87r\\x9e\\xe9\\xb5\\xd7I\\xee\\x9bmt]':
    payloadError(
      'invoke_function_invalid_payload_body',
      [0x6e, 0x87, 0x72, 0x9e, 0xe9, 0xb5, 0xd7, 0x49, 0xee, 0x9b, 0x6d, 0x74],
    ),
  'TestLambdaErrors::test_lambda_invoke_payload_encoding_error[message-\\x99\\xeb,j\\x07\\xa1zYh]': payloadError(
    'invoke_function_invalid_payload_message',
    [0x99, 0xeb, 0x2c, 0x6a, 0x07, 0xa1, 0x7a, 0x59, 0x68],
  ),
};
