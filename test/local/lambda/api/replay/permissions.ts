import type { AddPermissionRequest } from '@aws-sdk/client-lambda';
import { ACCOUNT, functionInput } from '../world.ts';
import { HELPED, helped, NAME, type Scripts, UNKNOWN_REVISION } from './script.ts';

const Action = 'lambda:InvokeFunction';
const BUCKET = 'arn:aws:s3:::bucket-of-the-test';
const S3 = { Action, StatementId: 's3', Principal: 's3.amazonaws.com', SourceArn: BUCKET };

export const PERMISSION_SCRIPTS: Scripts = {
  'TestLambdaPermissions::test_add_lambda_permission_aws': async ({ aws, settle }, check) => {
    await check('create_lambda', helped(aws.createFunction({ ...functionInput(NAME), ...HELPED })));
    settle();
    await check('add_permission', aws.addPermission({ FunctionName: NAME, ...S3 }));
    await check('get_policy', aws.getPolicy({ FunctionName: NAME }));
  },
  'TestLambdaPermissions::test_remove_multi_permissions': async ({ aws, create }, check) => {
    await create(NAME);
    const base = { FunctionName: NAME, Action };
    await check('add_permission_1', aws.addPermission({ ...base, StatementId: 's3', Principal: 's3.amazonaws.com' }));
    const second = { ...base, StatementId: 'sqs', Principal: 'sqs.amazonaws.com', SourceArn: BUCKET };
    await check('add_permission_2', aws.addPermission(second));
    const policy = () => aws.getPolicy({ FunctionName: NAME });
    const remove = (StatementId: string) => aws.removePermission({ FunctionName: NAME, StatementId });
    await check('policy_after_2_add', policy());
    await check('remove_permission_exception_nonexisting_sid', remove('non-existent'));
    await remove('sqs');
    await check('policy_after_removal', policy());
    await remove('sqs').catch(() => undefined);
    await check('policy_after_removal_attempt', policy());
    await remove('s3');
    await check('get_policy_exception_removed_all', policy());
  },
  'TestLambdaPermissions::test_create_multiple_lambda_permissions': async ({ aws, create }, check) => {
    await create(NAME);
    const add = (service: string) => {
      const statement = { StatementId: service, Principal: `${service}.amazonaws.com` };
      return aws.addPermission({ FunctionName: NAME, Action, ...statement });
    };
    await check('add_permission_response_1', add('logs'));
    await check('add_permission_response_2', add('kinesis'));
    await check('policy_after_2_add', aws.getPolicy({ FunctionName: NAME }));
  },
  'TestLambdaPermissions::test_permission_exceptions': async ({ aws, create }, check) => {
    await create(NAME);
    const add = (more: Partial<AddPermissionRequest>) => aws.addPermission({ FunctionName: NAME, ...S3, ...more });
    await check('add_permission_invalid_statement_id', add({ StatementId: 'example.com' }));
    await check('add_permission_fn_qualifier_mismatch', add({ FunctionName: `${NAME}:alias-not-42`, Qualifier: '42' }));
    await check('add_permission_fn_qualifier_latest', add({ Qualifier: '$LATEST' }));
    await check('add_permission_principal_invalid', add({ Principal: 'invalid.nonaws.com' }));
    await check('get_policy_fn_doesnotexist', aws.getPolicy({ FunctionName: 'doesnotexist' }));
    await check('get_policy_fn_version_doesnotexist', aws.getPolicy({ FunctionName: NAME, Qualifier: '42' }));
    await check('add_permission_fn_doesnotexist', add({ FunctionName: 'doesnotexist' }));
    const remove = (FunctionName: string, Qualifier?: string) =>
      aws.removePermission({ FunctionName, StatementId: 's3', Qualifier });
    await check('remove_permission_policy_doesnotexist', remove(NAME));
    await check('add_permission_fn_alias_doesnotexist', add({ Qualifier: 'alias-doesnotexist' }));
    await check('add_permission_fn_version_doesnotexist', add({ Qualifier: '42' }));
    await check('add_permission_fn_qualifier_invalid', add({ Qualifier: 'invalid-qualifier-with-?-char' }));
    const odd = add({ Qualifier: 'valid-with-$-but-doesnotexist' });
    await check('add_permission_fn_qualifier_valid_doesnotexist', odd);
    await add({});
    await check('add_permission_conflicting_statement_id', add({}));
    await check('remove_permission_fn_doesnotexist', remove('doesnotexist'));
    await check('remove_permission_fn_alias_doesnotexist', remove(NAME, 'alias-doesnotexist'));
  },
  'TestLambdaPermissions::test_add_lambda_permission_fields': async ({ aws, create }, check) => {
    await create(NAME);
    const add = (StatementId: string, Principal: string, more: Partial<AddPermissionRequest> = {}) =>
      aws.addPermission({ FunctionName: NAME, Action, StatementId, Principal, ...more });
    const account = { SourceAccount: ACCOUNT };
    await check('add_permission_principal_wildcard', add('wilcard', '*', account));
    await check('add_permission_principal_service', add('lambda', 'lambda.amazonaws.com', account));
    await check('add_permission_principal_account', add('account-id', ACCOUNT));
    const user = `arn:aws:iam::${ACCOUNT}:user/someone`;
    await check('add_permission_principal_arn', add('user-arn', user, account));
    const url = {
      ...account,
      Action: 'lambda:InvokeFunctionUrl',
      SourceArn: BUCKET,
      FunctionUrlAuthType: 'NONE',
      PrincipalOrgID: 'o-1234567890',
    } as const;
    await check('add_permission_optional_fields', add('urlPermission', '*', url));
    const EventSourceToken = 'amzn1.ask.skill.xxxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx';
    await check('add_permission_alexa_skill', add('alexaSkill', '*', { EventSourceToken }));
  },
  'TestLambdaPermissions::test_lambda_permission_fn_versioning': async ({ aws, create }, check) => {
    await create(NAME, HELPED);
    const add = (more: Partial<AddPermissionRequest> = {}) => aws.addPermission({ FunctionName: NAME, ...S3, ...more });
    const policy = (Qualifier?: string) => aws.getPolicy({ FunctionName: NAME, Qualifier });
    await check('add_permission', add());
    await check('get_policy', policy());
    await check('publish_version_result', aws.publishVersion({ FunctionName: NAME }));
    await check('get_function_result_after_publishing', aws.getFunction({ FunctionName: NAME }));
    await check('get_policy_after_publishing_latest', policy());
    await check('get_policy_after_publishing_new_version', policy('1'));
    await add({ Qualifier: '1' });
    await check('get_policy_version', policy('1'));
    const alias = 'permission-alias';
    await check('create_alias_response', aws.createAlias({ FunctionName: NAME, Name: alias, FunctionVersion: '1' }));
    await check('get_alias', aws.getAlias({ FunctionName: NAME, Name: alias }));
    const stale = add({ Qualifier: alias, RevisionId: UNKNOWN_REVISION });
    await check('add_permission_alias_revision_exception', stale);
    await add({ Qualifier: alias });
    await check('get_policy_alias', policy(alias));
    await check('get_policy_after_adding_to_new_version', policy());
    await add({ StatementId: 's3_2' });
    await check('get_policy_after_adding_2', policy());
  },
};
