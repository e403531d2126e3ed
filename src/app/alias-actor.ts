import { type OldAliasDoc, upgradeDoc } from '../core/gates/upgrade.ts';
import { aliasStanding } from '../core/history/outcome.ts';
import { keyOf } from '../core/release/alias.ts';
import type { Command } from '../core/release/commands.ts';
import { decide } from '../core/release/decide.ts';
import type { AliasEvent } from '../core/release/events.ts';
import { type AliasDoc, emptyDoc, isOpen } from '../core/release/release.ts';
import { watchOf } from '../core/release/watch.ts';
import { SYSTEM } from '../core/who.ts';
import type { ActorLogic } from './ports/actor.ts';

/** The alias and its releases, as a host needs to know them. */
export const aliasActor: ActorLogic<AliasDoc, AliasEvent, Command> = {
  kind: 'alias',
  initial(actor) {
    const key = keyOf(actor);
    if (!key) throw new Error(`${actor} names no alias: account/region/function/alias is expected`);
    return emptyDoc(key);
  },
  decide,
  upcast(document) {
    if (isAliasDoc(document)) return document;
    if (isOldDoc(document)) return upgradeDoc(document);
    throw new Error(`the stored alias is of version ${versionOf(document)}; this Switchback knows 1 and 2: upgrade`);
  },
  isOpen: ({ release }) => isOpen(release),
  wakeAt: ({ wakeAt }) => wakeAt,
  tick: (at) => ({ kind: 'tick', at, who: SYSTEM }),
  brief: { version: 1, of: watchOf },
  standing: aliasStanding,
};

function isAliasDoc(document: unknown): document is AliasDoc {
  return versionOf(document) === '2';
}

function isOldDoc(document: unknown): document is OldAliasDoc {
  return versionOf(document) === '1';
}

function versionOf(document: unknown): string {
  return typeof document === 'object' && document !== null && 'v' in document ? String(document.v) : 'none';
}
