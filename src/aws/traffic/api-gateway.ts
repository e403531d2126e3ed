import type { Stage } from '@aws-sdk/client-api-gateway';
import type { Aliases, Urgency } from '../../app/ports/aliases.ts';
import { AwsProblem } from '../../app/ports/problem.ts';
import type { AliasSnapshot, Routing } from '../../core/release/alias.ts';
import { ARM_NAME, type CanaryStage, routerOf } from '../../core/release/router.ts';
import { percentOf, pressing } from '../aliases.ts';
import type { Clients } from '../clients.ts';
import { call, callOrMissing } from '../problem.ts';
import { digestOf } from './digest.ts';

const GET = 'apigateway:GET';
const PATCH = 'apigateway:PATCH';

/**
 * A stage and its canary as an alias: the versions are the functions that the stage variable names, for the stage and for the
 * canary. API Gateway has no conditional write, so the stage is read again right before it is written, and refused where
 * it is not as it was: what happens between these two calls is not seen. Works only for keys that {@link routerOf} reads.
 */
export function createStageAliases(clients: Clients): Aliases {
  async function read(router: CanaryStage, urgency: Urgency | undefined): Promise<Stage | undefined> {
    return callOrMissing(GET, async () => {
      const gateway = await clients.apiGateway();
      return pressing(urgency, 'rollbackRead', () => gateway.getStage(nameOf(router)));
    });
  }

  return {
    async get(key, urgency) {
      const router = routerIn(key);
      const stage = await read(router, urgency);
      return stage && snapshotOf(router, stage);
    },

    async update(key, to, revisionId, urgency) {
      const router = routerIn(key);
      const stage = await read(router, urgency);
      if (!stage) throw new AwsProblem('missing', 'GetStage', 'NotFoundException', `there is no stage ${router.stage}`);
      if (snapshotOf(router, stage).revisionId !== revisionId) throw outdated(router);
      try {
        const written = await call(PATCH, async () => {
          const gateway = await clients.apiGateway();
          return pressing(urgency, 'rollback', () =>
            gateway.updateStage({ ...nameOf(router), patchOperations: [...patchOf(router, to)] }),
          );
        });
        return snapshotOf(router, written);
      } catch (error) {
        // Its word for two changes at a time, of which this one was not done.
        if (error instanceof AwsProblem && error.code === 'ConflictException') throw outdated(router);
        throw error;
      }
    },

    async create(key) {
      const { stage } = routerIn(key);
      const why = `stage ${stage} is made by your own templates; Switchback moves its traffic only`;
      throw new AwsProblem('invalid', 'CreateStage', 'NotCreatedHere', why);
    },
  };
}

function routerIn(key: Parameters<Aliases['get']>[0]): CanaryStage {
  const router = routerOf(key);
  if (router?.kind !== 'apiGateway') throw problem('NoRouter', `${key.function} is no stage of an API`);
  return router;
}

function nameOf({ api, stage }: CanaryStage): { restApiId: string; stageName: string } {
  return { restApiId: api, stageName: stage };
}

function outdated({ stage }: CanaryStage): AwsProblem {
  return new AwsProblem('precondition', 'UpdateStage', 'StageChanged', `stage ${stage} is not as it was read`);
}

function problem(code: string, message: string): AwsProblem {
  return new AwsProblem('invalid', 'GetStage', code, message);
}

/** Throws an {@link AwsProblem} for a stage that does not lead to two functions. */
function snapshotOf({ stage: name, variable }: CanaryStage, stage: Stage): AliasSnapshot {
  const { variables = {}, canarySettings: canary, deploymentId, description = '', lastUpdatedDate } = stage;
  const main = armOf(name, variable, variables[variable]);
  if (!canary) throw problem('NoCanarySettings', `stage ${name} has no canarySettings: give it a canary of 0 %`);
  if (canary.deploymentId !== undefined && canary.deploymentId !== deploymentId)
    throw problem(
      'OtherDeployment',
      `the canary of stage ${name} serves deployment ${canary.deploymentId} and the stage ${deploymentId}: promote or remove it first, for only functions are released here`,
    );
  const percent = percentOf((canary.percentTraffic ?? 0) / 100);
  const other = canary.stageVariableOverrides?.[variable];
  const second = percent > 0 && other !== undefined && other !== main ? armOf(name, variable, other) : undefined;
  const routing: Routing =
    second === undefined
      ? { version: main, second: null }
      : percent >= 100
        ? { version: second, second: null }
        : { version: main, second: { version: second, weightPercent: percent } };
  const revisionId = digestOf({ variables, canary, deploymentId, description, lastUpdatedDate });
  return { ...routing, revisionId, description };
}

function armOf(stage: string, variable: string, value: string | undefined): string {
  if (value !== undefined && ARM_NAME.test(value)) return value;
  throw problem(
    'StageVariable',
    `variable ${variable} of stage ${stage} is ${value === undefined ? 'not set' : `"${value}"`}: it must hold the name of a function, alone`,
  );
}

/** All of it in one request. A canary that gets nothing leads to the same function, whatever somebody makes of its share. */
function patchOf({ variable }: CanaryStage, { version, second, description }: Routing & { description: string }) {
  const replace = (path: string, value: string) => ({ op: 'replace' as const, path, value });
  return [
    replace(`/variables/${variable}`, version),
    replace(`/canarySettings/stageVariableOverrides/${variable}`, second?.version ?? version),
    replace('/canarySettings/percentTraffic', String(second?.weightPercent ?? 0)),
    replace('/description', description),
  ];
}
