/**
 * Function URLs. AWS gives each its own host name (`https://<id>.lambda-url.<region>.on.aws/`); without DNS of its own the
 * local AWS gives a path on its endpoint instead: `http://127.0.0.1:PORT/_local/url/<id>/`.
 */
import { randomBytes } from 'node:crypto';
import type {
  CreateFunctionUrlConfigRequest,
  DeleteFunctionUrlConfigRequest,
  FunctionUrlConfig,
  GetFunctionUrlConfigRequest,
  ListFunctionUrlConfigsRequest,
  ListFunctionUrlConfigsResponse,
  UpdateFunctionUrlConfigRequest,
} from '@aws-sdk/client-lambda';
import type { FunctionUrls, RawRequest, RawResponse } from '../../links.ts';
import { AwsError, type CallContext, notEmulated } from '../../wire/service.ts';
import type { LambdaContext, Operations } from './context.ts';
import { conflict, resourceNotFound } from './errors.ts';
import { type FunctionRef, functionArn, parseRef } from './names.ts';
import { pageOf } from './paging.ts';
import { route } from './routing.ts';
import { findVersion, functionKey, type UrlRecord } from './state.ts';
import { responseOf, urlEvent } from './url-event.ts';
import { oneOf, required } from './validate.ts';

const NO_FUNCTION = 'Function does not exist';
/** Long enough not to be guessed; AWS's ids have 32 characters. */
const URL_ID_BYTES = 16;

export function urlOperations(context: LambdaContext): Operations {
  const { urls } = context.tables;
  const stored = (ref: FunctionRef): UrlRecord => {
    const record = findUrl(context, ref);
    if (!record) throw resourceNotFound();
    return record;
  };
  return {
    CreateFunctionUrlConfig(input: CreateFunctionUrlConfigRequest, call: CallContext): FunctionUrlConfig {
      const ref = settableRef(context, input, call);
      if (findUrl(context, ref)) {
        throw conflict(
          `Failed to create function url config for [functionArn = ${ref.arn}]. Error message:  FunctionUrlConfig exists for this Lambda function`,
        );
      }
      const record: UrlRecord = {
        region: ref.region,
        name: ref.name,
        ...(ref.qualifier === undefined ? {} : { qualifier: ref.qualifier }),
        urlId: randomBytes(URL_ID_BYTES).toString('hex'),
        authType: input.AuthType ?? 'AWS_IAM',
        ...(input.InvokeMode === undefined ? {} : { invokeMode: 'BUFFERED' }),
        createdAtMs: context.clock.now(),
        lastModifiedMs: context.clock.now(),
      };
      urls.set(record.urlId, record);
      const { LastModifiedTime: _, ...shown } = shownUrl(context, record);
      return shown as FunctionUrlConfig;
    },
    GetFunctionUrlConfig: (input: GetFunctionUrlConfigRequest, call: CallContext) =>
      shownUrl(context, stored(parseRef(input.FunctionName, input.Qualifier, call, 'url'))),
    UpdateFunctionUrlConfig(input: UpdateFunctionUrlConfigRequest, call: CallContext): FunctionUrlConfig {
      const before = stored(settableRef(context, input, call));
      const authType = input.AuthType ?? before.authType;
      const record: UrlRecord = { ...before, authType, lastModifiedMs: context.clock.now() };
      urls.set(record.urlId, record);
      return shownUrl(context, record);
    },
    DeleteFunctionUrlConfig(input: DeleteFunctionUrlConfigRequest, call: CallContext) {
      urls.delete(stored(parseRef(input.FunctionName, input.Qualifier, call, 'url')).urlId);
      return {};
    },
    ListFunctionUrlConfigs(input: ListFunctionUrlConfigsRequest, call: CallContext): ListFunctionUrlConfigsResponse {
      const ref = parseRef(input.FunctionName, undefined, call);
      if (!context.tables.functions.has(functionKey(ref))) throw resourceNotFound(NO_FUNCTION);
      const own = urls.list().filter((url) => url.region === ref.region && url.name === ref.name);
      const { items, ...next } = pageOf(own, input.Marker, input.MaxItems);
      return { FunctionUrlConfigs: items.map((url) => shownUrl(context, url)), ...next };
    },
  };
}

function findUrl(context: LambdaContext, ref: FunctionRef): UrlRecord | undefined {
  return context.tables.urls
    .list()
    .find((url) => url.region === ref.region && url.name === ref.name && url.qualifier === ref.qualifier);
}

function settableRef(
  context: LambdaContext,
  input: CreateFunctionUrlConfigRequest | UpdateFunctionUrlConfigRequest,
  call: CallContext,
): FunctionRef {
  const violations = [
    ...(call.operation === 'CreateFunctionUrlConfig' ? required('authType', input.AuthType) : []),
    ...oneOf('authType', input.AuthType, ['NONE', 'AWS_IAM']),
    ...oneOf('invokeMode', input.InvokeMode, ['BUFFERED', 'RESPONSE_STREAM']),
  ];
  const ref = parseRef(input.FunctionName, input.Qualifier, call, 'url', violations);
  if (!findVersion(context.tables, ref)) throw resourceNotFound(NO_FUNCTION);
  if (input.InvokeMode === 'RESPONSE_STREAM') throw notEmulated('Response streaming of function URLs');
  if (input.Cors !== undefined && Object.keys(input.Cors).length > 0) throw notEmulated('CORS of function URLs');
  return ref;
}

function shownUrl(context: LambdaContext, url: UrlRecord): FunctionUrlConfig {
  const arn = functionArn(url.region, context.account, url.name);
  const time = (ms: number) => new Date(ms).toISOString().replace('Z', '000Z');
  return {
    FunctionUrl: `${context.endpoint()}/_local/url/${url.urlId}/`,
    FunctionArn: url.qualifier === undefined ? arn : `${arn}:${url.qualifier}`,
    AuthType: url.authType,
    ...(url.invokeMode === undefined ? {} : { InvokeMode: url.invokeMode }),
    CreationTime: time(url.createdAtMs),
    LastModifiedTime: time(url.lastModifiedMs),
  };
}

/** Serves the URLs. Signatures are not verified: with `AWS_IAM`, a request that carries one passes. */
export function createFunctionUrls(context: LambdaContext): FunctionUrls {
  return {
    async serve(urlId, request) {
      const url = context.tables.urls.get(urlId);
      if (!url) return undefined;
      if (url.authType === 'AWS_IAM' && !isSigned(request)) return refusal(403, 'Forbidden');
      const requestId = context.newId();
      const { region, name, qualifier } = url;
      const arn = functionArn(region, context.account, name);
      try {
        const target = route(context, { region, name, arn, ...(qualifier === undefined ? {} : { qualifier }) });
        const event = urlEvent(request, { urlId, requestId, account: context.account, nowMs: context.clock.now() });
        const payload = Buffer.from(JSON.stringify(event));
        const outcome = await context.executor.run(target, { requestId, payload });
        const answer = outcome.functionError === undefined ? responseOf(outcome.payload) : undefined;
        const response = answer ?? refusal(502, 'Internal Server Error');
        return { ...response, headers: { ...response.headers, 'x-amzn-requestid': requestId } };
      } catch (error) {
        if (!(error instanceof AwsError)) throw error;
        return error.status === 429 ? refusal(429, 'Rate Exceeded.') : refusal(502, 'Internal Server Error');
      }
    },
  };
}

function isSigned(request: RawRequest): boolean {
  const authorization = request.headers.authorization ?? '';
  return authorization.startsWith('AWS4-') || request.query.includes('X-Amz-Signature=');
}

function refusal(status: number, Message: string): RawResponse {
  return { status, headers: { 'content-type': 'application/json' }, body: Buffer.from(JSON.stringify({ Message })) };
}
