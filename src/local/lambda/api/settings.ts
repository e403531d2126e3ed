/** Settings that the local AWS knows only in their default state, so that reading them answers as for a new function. */
import type {
  GetFunctionCodeSigningConfigRequest,
  GetFunctionCodeSigningConfigResponse,
  GetRuntimeManagementConfigRequest,
  GetRuntimeManagementConfigResponse,
} from '@aws-sdk/client-lambda';
import type { CallContext } from '../../wire/service.ts';
import { shownArn } from './configuration.ts';
import type { LambdaContext, Operations } from './context.ts';
import { LATEST, parseRef } from './names.ts';
import { requireFunction, requireVersion } from './state.ts';

export function settingsOperations(context: LambdaContext): Operations {
  return {
    /** No function has a code signing configuration: attaching one is not emulated. */
    GetFunctionCodeSigningConfig(
      input: GetFunctionCodeSigningConfigRequest,
      call: CallContext,
    ): Partial<GetFunctionCodeSigningConfigResponse> {
      requireFunction(context.tables, parseRef(input.FunctionName, undefined, call));
      return {};
    },
    /** Runtimes are those of the machine; changing how they are updated is not emulated. */
    GetRuntimeManagementConfig(
      input: GetRuntimeManagementConfigRequest,
      call: CallContext,
    ): GetRuntimeManagementConfigResponse {
      const ref = parseRef(input.FunctionName, input.Qualifier, call);
      requireVersion(context.tables, ref);
      return { FunctionArn: shownArn(ref.arn, ref.qualifier ?? LATEST), UpdateRuntimeOn: 'Auto' };
    },
  };
}
