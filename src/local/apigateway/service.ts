import { randomInt } from 'node:crypto';
import type * as ApiGateway from '@aws-sdk/client-api-gateway';
import type { Clock } from '../clock.ts';
import type { Store } from '../store.ts';
import { AwsError, type CallContext, type Service } from '../wire/service.ts';
import { checkPercent, checkVariables, patched } from './patch.ts';

export interface ApiGatewayDeps {
  readonly store: Store;
  readonly clock: Clock;
}

interface Api {
  readonly id: string;
  readonly name: string;
  readonly createdMs: number;
}

/** A stage as it is kept: its times are numbers. */
interface KeptStage {
  readonly stage: Omit<ApiGateway.Stage, 'createdDate' | 'lastUpdatedDate'>;
  readonly createdMs: number;
  readonly updatedMs: number;
}

/** API Gateway's own limits are 600 APIs in a region and 10 stages of an API. */
const MAX_APIS = 600;
const MAX_STAGES = 10;
const STAGE_NAME = /^[\w-]{1,128}$/;

/** API Gateway's control plane for REST APIs, as far as canaries of stages need it. No API is served here. */
export function createApiGateway({ store, clock }: ApiGatewayDeps): Service {
  const apis = store.table<Api>('apigateway-apis');
  const deployments = store.table<{ readonly id: string; readonly createdMs: number }>('apigateway-deployments');
  const stages = store.table<KeptStage>('apigateway-stages');

  function apiOf({ region }: CallContext, id = ''): string {
    if (!apis.has(`${region}/${id}`)) throw notFound('Invalid API identifier specified');
    return `${region}/${id}`;
  }

  function stageOf(api: string, name = ''): KeptStage {
    const kept = stages.get(`${api}/${name}`);
    if (!kept) throw notFound('Invalid stage identifier specified');
    return kept;
  }

  /** Keeps it, and answers it as API Gateway shows it: times in whole seconds. */
  function keep(api: string, stage: KeptStage['stage'], createdMs: number): ApiGateway.Stage {
    const kept = { stage, createdMs, updatedMs: clock.now() };
    stages.set(`${api}/${stage.stageName}`, kept);
    return shown(kept);
  }

  function create(api: string, input: Omit<ApiGateway.CreateStageRequest, 'restApiId'>): ApiGateway.Stage {
    const { stageName = '', deploymentId = '', variables = {}, canarySettings: canary, description } = input;
    if (!STAGE_NAME.test(stageName)) throw bad('Stage name only allows a-zA-Z0-9_-');
    if (!deployments.has(`${api}/${deploymentId}`)) throw bad('Deployment id does not exist');
    if (stages.has(`${api}/${stageName}`)) throw new AwsError('ConflictException', 'Stage already exists', {}, 409);
    if (stages.list(`${api}/`).length >= MAX_STAGES)
      throw new AwsError('LimitExceededException', 'Maximum number of stages for this API has been reached', {}, 429);
    checkVariables(variables);
    checkVariables(canary?.stageVariableOverrides ?? {});
    const settings = canary && {
      useStageCache: false,
      deploymentId,
      ...canary,
      percentTraffic: checkPercent(canary.percentTraffic ?? 0),
    };
    const stage = {
      stageName,
      deploymentId,
      variables,
      ...(description === undefined ? {} : { description }),
      ...(settings ? { canarySettings: settings } : {}),
    };
    return keep(api, stage, clock.now());
  }

  return {
    id: 'api-gateway',
    operations: {
      CreateRestApi({ name = '' }: ApiGateway.CreateRestApiRequest, call: CallContext): ApiGateway.RestApi {
        if (apis.list(`${call.region}/`).length >= MAX_APIS)
          throw new AwsError('LimitExceededException', 'Maximum number of APIs has been reached', {}, 429);
        const api: Api = { id: newId(10), name, createdMs: clock.now() };
        apis.set(`${call.region}/${api.id}`, api);
        return { id: api.id, name, createdDate: new Date(api.createdMs) };
      },

      CreateDeployment(input: ApiGateway.CreateDeploymentRequest, call: CallContext): ApiGateway.Deployment {
        const api = apiOf(call, input.restApiId);
        const made = { id: newId(6), createdMs: clock.now() };
        const { stageName, variables, canarySettings } = input;
        if (canarySettings) throw bad('The local AWS makes deployments without a canary only');
        deployments.set(`${api}/${made.id}`, made);
        const old = stageName === undefined ? undefined : stages.get(`${api}/${stageName}`);
        if (old) keep(api, { ...old.stage, deploymentId: made.id }, old.createdMs);
        else if (stageName !== undefined)
          create(api, { stageName, deploymentId: made.id, ...(variables ? { variables } : {}) });
        return { id: made.id, createdDate: new Date(made.createdMs) };
      },

      CreateStage(input: ApiGateway.CreateStageRequest, call: CallContext): ApiGateway.Stage {
        return create(apiOf(call, input.restApiId), input);
      },

      GetStage(input: ApiGateway.GetStageRequest, call: CallContext): ApiGateway.Stage {
        return shown(stageOf(apiOf(call, input.restApiId), input.stageName));
      },

      UpdateStage(input: ApiGateway.UpdateStageRequest, call: CallContext): ApiGateway.Stage {
        const api = apiOf(call, input.restApiId);
        const { stage, createdMs } = stageOf(api, input.stageName);
        return keep(api, patched(stage, input.patchOperations ?? []), createdMs);
      },
    },
  };
}

function shown({ stage, createdMs, updatedMs }: KeptStage): ApiGateway.Stage {
  return { ...stage, createdDate: wholeSecond(createdMs), lastUpdatedDate: wholeSecond(updatedMs) };
}

function wholeSecond(ms: number): Date {
  return new Date(Math.floor(ms / 1_000) * 1_000);
}

function notFound(message: string): AwsError {
  return new AwsError('NotFoundException', message, {}, 404);
}

function bad(message: string): AwsError {
  return new AwsError('BadRequestException', message);
}

const ID_CHARS = 'abcdefghijklmnopqrstuvwxyz0123456789';

function newId(length: number): string {
  return Array.from({ length }, () => ID_CHARS[randomInt(ID_CHARS.length)]).join('');
}
