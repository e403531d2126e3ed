/** Recordings that are not replayed, by test (or `test > step`), with the reason. */
const RUNS_CODE = 'runs real code: held by the tests of the runtime';
const CODE_SIGNING = 'code signing configurations are not emulated';
const SUPERSEDED = 'recorded in 2022; a policy has had a revision of its own since, as the recordings of 2025 show';
const NO_ANSWER = 'holds no answer of the service';

export const SKIPPED: Readonly<Record<string, string>> = {
  'TestCodeSigningConfig::test_function_code_signing_config': CODE_SIGNING,
  'TestCodeSigningConfig::test_code_signing_not_found_excs': CODE_SIGNING,
  'TestLambdaPermissions::test_lambda_permission_versioning': SUPERSEDED,
  'TestLambdaPermissions::test_lambda_permission_revisions': SUPERSEDED,
  'TestLambdaPermissions::test_add_lambda_permission_optional_fields': NO_ANSWER,
  'TestLambdaBehavior::test_lambda_invoke_timed_out_environment_reuse': RUNS_CODE,
  'TestRequestIdHandling::test_request_id_invoke': RUNS_CODE,
  'TestRequestIdHandling::test_request_id_invoke_url': RUNS_CODE,
  'TestLambdaVersions::test_function_update_during_invoke': RUNS_CODE,
  'TestLambdaFunction::test_invalid_vpc_config_subnet': 'functions in a VPC are not emulated',
  'TestLambdaFunction::test_invalid_vpc_config_security_group': 'functions in a VPC are not emulated',
  'TestLambdaFunction::test_create_lambda_exceptions > empty_architectures':
    'the refusal of the recording client, which never sent the call',
  'TestLambdaFunction::test_function_arns > function_arn_other_account_exc':
    'the message was left out of the recording',
  'TestLambdaFunction::test_lambda_code_location_s3_errors > create-error-wrong-bucket':
    'the link to S3 does not tell a missing bucket from a missing key',
  'TestLambdaFunction::test_lambda_code_location_s3_errors > update-error-wrong-bucket':
    'the link to S3 does not tell a missing bucket from a missing key',
};

/** Tests whose every case (the part in brackets) is skipped. */
export const SKIPPED_FAMILIES: Readonly<Record<string, string>> = {
  'TestLambdaRuntimesCommon::test_echo_invoke': NO_ANSWER,
  'TestLambdaRuntimesCommon::test_introspection_invoke': RUNS_CODE,
  'TestLambdaRuntimesCommon::test_uncaught_exception_invoke': RUNS_CODE,
  'TestLambdaRuntimesCommon::test_runtime_wrapper_invoke': RUNS_CODE,
  'TestLambdaCallingLocalstack::test_manual_endpoint_injection': NO_ANSWER,
};

export function skipReason(test: string, step?: string): string | undefined {
  const family = test.replace(/\[.*$/s, '');
  return SKIPPED[test] ?? SKIPPED_FAMILIES[family] ?? (step === undefined ? undefined : SKIPPED[`${test} > ${step}`]);
}
