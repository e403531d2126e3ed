import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createPerform } from '../../src/app/perform.ts';
import { systemClock } from '../../src/aws/clock.ts';
import { createAws } from '../../src/aws/index.ts';
import { AWS_QUOTAS } from '../../src/aws/quotas.ts';
import { type AliasKey, alone, type Routing, writeDescription } from '../../src/core/release/alias.ts';
import type { AwsCommand } from '../../src/core/release/commands.ts';
import { AwsError, startScriptedAws } from './scripted-aws.ts';

const STEPS = 24;
const ROLLBACKS = 4;
/** Lambda's control plane: calls a second, all together. */
const PER_SECOND = 15;

const keyOf = (n: number): AliasKey => ({ account: '1', region: 'us-east-1', function: `f-${n}`, alias: 'live' });
const TEN: Routing = { version: '1', second: { version: '2', weightPercent: 10 } };

type SetAlias = Extract<AwsCommand, { kind: 'setAlias' }>;

function write(n: number, target: Routing, urgent: boolean): SetAlias {
  return {
    kind: 'setAlias',
    key: `r-${n}#${urgent ? 2 : 1}`,
    alias: keyOf(n),
    target,
    fence: urgent ? 2 : 1,
    releaseId: `r-${n}`,
    keepTag: true,
    ...(urgent ? { urgent } : {}),
    description: '',
    untagged: [alone('1')],
    last: null,
  };
}

test('of many releases that start under a throttled control plane none keeps a rollback waiting', async () => {
  await using scripted = await startScriptedAws();
  const aliases = new Map<
    string,
    { version: string; weights: Record<string, number>; description: string; revision: number }
  >();
  const restoredAt = new Map<string, number>();
  let tokens = PER_SECOND;
  let filledAt = performance.now();
  const control = (): void => {
    const now = performance.now();
    tokens = Math.min(PER_SECOND, tokens + ((now - filledAt) / 1_000) * PER_SECOND);
    filledAt = now;
    if (tokens < 1) throw new AwsError('TooManyRequestsException', 'Rate exceeded', {}, 429);
    tokens -= 1;
  };
  const aliasOf = (name: string, n = Number(name.slice(2))) => {
    const isOpen = n >= STEPS;
    const description = isOpen ? writeDescription('', { releaseId: `r-${n}`, fence: 1 }) : '';
    const alias = aliases.get(name) ?? { version: '1', weights: isOpen ? { 2: 0.1 } : {}, description, revision: 1 };
    aliases.set(name, alias);
    return alias;
  };
  const shown = (name: string) => {
    const { version, weights, description, revision } = aliasOf(name);
    const RoutingConfig = { AdditionalVersionWeights: weights };
    return { FunctionVersion: version, RoutingConfig, Description: description, RevisionId: String(revision) };
  };
  scripted.on('lambda', 'GetAlias', ({ FunctionName }) => {
    control();
    return shown(String(FunctionName));
  });
  scripted.on('lambda', 'UpdateAlias', ({ FunctionName, FunctionVersion, RoutingConfig, Description, RevisionId }) => {
    control();
    const name = String(FunctionName);
    const alias = aliasOf(name);
    if (RevisionId !== String(alias.revision)) throw new AwsError('PreconditionFailedException', 'no', {}, 412);
    const { AdditionalVersionWeights: weights = {} } = RoutingConfig as {
      AdditionalVersionWeights?: Record<string, number>;
    };
    aliases.set(name, {
      version: String(FunctionVersion),
      weights,
      description: String(Description),
      revision: alias.revision + 1,
    });
    if (Object.keys(weights).length === 0) restoredAt.set(name, performance.now());
    return shown(name);
  });

  const aws = createAws({ endpointUrl: scripted.endpointUrl, region: 'us-east-1', quotas: AWS_QUOTAS });
  const perform = createPerform({ ...aws, clock: systemClock });
  let stepsDone = 0;
  const steps = Array.from({ length: STEPS }, async (_, n) => {
    for (;;) {
      // What takes longer than one command may is asked for again, as the engine does.
      const result = await perform(write(n, TEN, false));
      if (result.outcome === 'aliasSet') break;
      assert.ok(result.outcome === 'failed' && result.retryable, JSON.stringify(result));
    }
    stepsDone += 1;
  });
  await scripted.called('GetAlias', 5);
  const orderedAt = performance.now();
  const results = await Promise.all(
    Array.from({ length: ROLLBACKS }, (_, n) => perform(write(STEPS + n, alone('1'), true))),
  );
  const doneMeanwhile = stepsDone;
  for (const result of results) assert.equal(result.outcome, 'aliasSet');
  const tookMs = Array.from(
    { length: ROLLBACKS },
    (_, n) => (restoredAt.get(`f-${STEPS + n}`) ?? Number.NaN) - orderedAt,
  );
  // On an idle machine half a second; `npm run bench:scale` measures it.
  assert.ok(
    tookMs.every((ms) => ms < 3_000),
    tookMs.map(Math.round).join(' '),
  );
  assert.ok(doneMeanwhile < STEPS / 2, `${doneMeanwhile} of ${STEPS} steps had passed them`);
  await Promise.all(steps);
  aws.close();
});
