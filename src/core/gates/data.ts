import type { Verdict } from '../judge/verdict.ts';
import type { DataCheck } from './checks.ts';
import type { Evidence, Gate } from './gate.ts';

/** What a declared change of data means for a rollback. A rollback moves the alias: what was written stays as it is. */
export function dataVerdict({ change, back }: DataCheck): Verdict {
  switch (back.by) {
    case 'expandContract':
      return { outcome: 'pass', reason: `${change}; both versions work with it (${back.why})` };
    case 'command':
      return { outcome: 'pass', reason: `${change}; a rollback does not revert it: run ${back.command}` };
    case 'none':
      return { outcome: 'pass', reason: `${change}; it cannot be reverted, and a person agreed to that` };
  }
}

export function dataEvidence({ change, back }: DataCheck): Evidence {
  const way = { expandContract: 'both versions work with it', command: 'by command', none: 'none' }[back.by];
  return {
    facts: [
      { name: 'change', value: change },
      { name: 'way back', value: way },
      ...(back.by === 'command' ? [{ name: 'command', value: back.command }] : []),
      ...(back.by === 'expandContract' ? [{ name: 'why', value: back.why }] : []),
    ],
  };
}

/** Why a declared change must not be released like this; undefined where it may. */
export function dataProblem(gates: readonly Gate[]): string | undefined {
  for (const { id, check, at } of gates) {
    if (check.kind !== 'data') continue;
    if (at !== 'beforeTraffic') return `gate ${id}: a change of data is declared before any traffic`;
    const agreed = gates.some((gate) => gate.check.kind === 'approval' && gate.at === 'beforeTraffic');
    if (check.back.by === 'none' && !agreed)
      return `gate ${id}: "${check.change}" cannot be reverted, and a rollback does not revert data: say how it goes back (expand and contract, or a command), or add an approval before any traffic`;
  }
  return undefined;
}

/** What a rollback leaves behind, as sentences; for the screens of a release that went back. */
export function dataLeft(gates: readonly Gate[]): readonly string[] {
  return gates.flatMap(({ check }) => {
    if (check.kind !== 'data') return [];
    const { change, back } = check;
    if (back.by === 'command') return [`${change}: was not reverted by the rollback; run: ${back.command}`];
    if (back.by === 'none') return [`${change}: was not reverted, and cannot be`];
    return [`${change}: stays; the stable version works with it (${back.why})`];
  });
}
