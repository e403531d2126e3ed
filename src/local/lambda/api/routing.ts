/** From the name in a call to the version that runs. */
import type { LambdaContext } from './context.ts';
import { conflict, functionNotFound } from './errors.ts';
import type { Target } from './executor.ts';
import { type FunctionRef, LATEST } from './names.ts';
import { functionKey, qualifiedKey } from './state.ts';

/**
 * Chooses between an alias's versions: `roll` (0 to 1) below the weight goes to the weighted version, the rest to the
 * main one. Lambda's model is the same plain chance per invocation, without stickiness.
 */
export function pickVersion(main: string, weights: Readonly<Record<string, number>>, roll: number): string {
  let upTo = 0;
  for (const [version, weight] of Object.entries(weights)) {
    upTo += weight;
    if (roll < upTo) return version;
  }
  return main;
}

/** Where an invocation goes now. Throws 404 for an unknown function or qualifier, 409 for a function not ready yet. */
export function route(context: LambdaContext, ref: FunctionRef): Target {
  const { tables } = context;
  const asked = ref.qualifier ?? LATEST;
  const record = tables.functions.get(functionKey(ref));
  const alias = tables.aliases.get(qualifiedKey(ref, asked));
  const number = alias
    ? pickVersion(alias.functionVersion, context.provisioner.weightsOf(alias), context.random())
    : asked;
  const version = tables.versions.get(qualifiedKey(ref, number));
  if (!record || !version) throw functionNotFound(`${ref.arn}:${asked}`);
  if (version.progress === 'creating') {
    throw conflict(
      'The operation cannot be performed at this time. The function is currently in the following state: Pending',
    );
  }
  return {
    record,
    version: context.lifecycle.serving(version),
    ...(ref.qualifier === undefined ? {} : { qualifier: ref.qualifier }),
    isAlias: alias !== undefined,
    invokedArn: ref.qualifier === undefined ? ref.arn : `${ref.arn}:${ref.qualifier}`,
  };
}
