/** Deleting a function, or one of its versions, with everything that belongs to it. */
import type { LambdaContext } from './context.ts';
import { conflict } from './errors.ts';
import { functionKey, ownedPrefix, qualifiedKey } from './state.ts';

type Owner = { readonly region: string; readonly name: string };

/** Deletes a published version; a version that does not exist is already deleted. Throws 409 while an alias uses it. */
export function deleteVersion(context: LambdaContext, owner: Owner, version: string): void {
  const { tables } = context;
  const users = tables.aliases
    .list(ownedPrefix(owner))
    .filter((alias) => alias.functionVersion === version || version in context.provisioner.weightsOf(alias))
    .map((alias) => alias.alias);
  if (users.length > 0) {
    throw conflict(`Unable to delete version because the following aliases reference it: [${users.join(', ')}]`);
  }
  const key = qualifiedKey(owner, version);
  context.provisioner.remove(owner, version);
  tables.versions.delete(key);
  tables.policies.delete(key);
  tables.invokeConfigs.delete(key);
  context.executor.drop(key);
}

/** Deletes the function: all versions, aliases, policies, settings and URLs. */
export function deleteOwned(context: LambdaContext, owner: Owner): void {
  const { tables } = context;
  const prefix = ownedPrefix(owner);
  for (const record of tables.provisioned.list(prefix)) context.provisioner.remove(record, record.qualifier);
  for (const { alias } of tables.aliases.list(prefix)) {
    tables.aliases.delete(qualifiedKey(owner, alias));
    tables.policies.delete(qualifiedKey(owner, alias));
  }
  for (const { version } of tables.versions.list(prefix)) {
    const key = qualifiedKey(owner, version);
    tables.versions.delete(key);
    tables.policies.delete(key);
    context.executor.drop(key);
  }
  for (const record of tables.invokeConfigs.list(prefix)) {
    tables.invokeConfigs.delete(qualifiedKey(record, record.qualifier));
  }
  for (const url of tables.urls.list()) {
    if (url.region === owner.region && url.name === owner.name) tables.urls.delete(url.urlId);
  }
  const record = tables.functions.get(functionKey(owner));
  tables.functions.delete(functionKey(owner));
  if (record) {
    const { reservedConcurrency: _, ...unreserved } = record;
    context.executor.setReserved(unreserved);
  }
}
