import { after, before } from 'node:test';
import { createAws } from '../../src/aws/index.ts';
import { openS3Host } from '../../src/hosts/s3.ts';
import { type LocalAws, startLocalAws } from '../../src/local/main.ts';
import { hostConformance } from './conformance.ts';
import { commandOf, counterLogic } from './counter.ts';

let local: LocalAws;
let aws: ReturnType<typeof createAws>;
let places = 0;

before(async () => {
  local = await startLocalAws();
  aws = createAws({ endpointUrl: local.endpoint, region: 'eu-west-1' });
  await fetch(`${local.endpoint}/state`, { method: 'PUT', headers: { host: 's3' } });
});
after(async () => {
  aws.close();
  await local.close();
});

hostConformance('s3', async () => {
  places += 1;
  const objects = aws.objects('state', `place-${places}/`);
  return {
    open: (options) =>
      openS3Host({
        objects,
        place: `s3://state/place-${places}`,
        logic: counterLogic,
        commandOf,
        pollMs: 5,
        ...options,
      }),
    remove: async () => undefined,
  };
});
