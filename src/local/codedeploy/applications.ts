import { randomUUID } from 'node:crypto';
import type {
  ApplicationInfo,
  BatchGetApplicationsInput,
  BatchGetApplicationsOutput,
  CreateApplicationInput,
  CreateApplicationOutput,
  DeleteApplicationInput,
  GetApplicationInput,
  GetApplicationOutput,
  ListApplicationsInput,
  ListApplicationsOutput,
} from '@aws-sdk/client-codedeploy';
import type { Clock } from '../clock.ts';
import type { CallContext, Service } from '../wire/service.ts';
import { applicationName, findApplication, refuse } from './errors.ts';
import { pageOf } from './paging.ts';
import { type ApplicationRecord, isActive, keyOf, type Tables } from './state.ts';

const MAX_APPLICATIONS = 1_000;
/** CodeDeploy's limit on one batch. */
const MAX_BATCH = 100;

export function applicationOperations(tables: Tables, clock: Clock): Service['operations'] {
  return {
    CreateApplication(input: CreateApplicationInput, { region }: CallContext): CreateApplicationOutput {
      const name = applicationName(input.applicationName);
      const platform = input.computePlatform ?? 'Server';
      if (platform !== 'Lambda') {
        const message = `The compute platform ${platform} is not emulated by the local AWS; it must be Lambda`;
        throw refuse('InvalidComputePlatformException', message);
      }
      const key = keyOf(region, name);
      if (tables.applications.has(key)) {
        throw refuse('ApplicationAlreadyExistsException', `Application already exists: ${name}`);
      }
      if (tables.applications.list(`${region}/`).length >= MAX_APPLICATIONS) {
        throw refuse('ApplicationLimitExceededException', `There may be at most ${MAX_APPLICATIONS} applications`);
      }
      const id = randomUUID();
      tables.applications.set(key, { region, name, id, createdMs: clock.now() });
      return { applicationId: id };
    },

    GetApplication(input: GetApplicationInput, call: CallContext): GetApplicationOutput {
      return { application: describe(findApplication(tables, input.applicationName, call)) };
    },

    BatchGetApplications(input: BatchGetApplicationsInput, call: CallContext): BatchGetApplicationsOutput {
      const names = input.applicationNames ?? [];
      if (names.length === 0) applicationName(undefined);
      if (names.length > MAX_BATCH) {
        throw refuse('BatchLimitExceededException', `At most ${MAX_BATCH} applications can be described at once`);
      }
      return { applicationsInfo: names.map((name) => describe(findApplication(tables, name, call))) };
    },

    ListApplications(input: ListApplicationsInput, { region }: CallContext): ListApplicationsOutput {
      const names = tables.applications.list(`${region}/`).map(({ name }) => name);
      const { items, ...next } = pageOf(names.sort(), input.nextToken);
      return { applications: items, ...next };
    },

    /** Deleting what is not there succeeds, as at AWS; the groups go with it. */
    DeleteApplication(input: DeleteApplicationInput, { region }: CallContext) {
      const name = applicationName(input.applicationName);
      const prefix = `${keyOf(region, name)}/`;
      for (const group of tables.groups.list(prefix)) tables.groups.delete(`${prefix}${group.name}`);
      for (const deployment of tables.deployments.list(`${region}/`)) {
        if (deployment.application === name && !isActive(deployment)) {
          tables.deployments.delete(keyOf(region, deployment.id));
        }
      }
      tables.applications.delete(keyOf(region, name));
      return {};
    },
  };
}

function describe({ name, id, createdMs }: ApplicationRecord): ApplicationInfo {
  return {
    applicationId: id,
    applicationName: name,
    createTime: new Date(createdMs),
    linkedToGitHub: false,
    computePlatform: 'Lambda',
  };
}
