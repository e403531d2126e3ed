import type { Command } from '../../src/core/release/commands.ts';
import type { AliasEvent } from '../../src/core/release/events.ts';
import { isGated } from '../../src/core/release/gating.ts';
import { isOpen, type Release } from '../../src/core/release/release.ts';
import { SYSTEM } from '../../src/core/who.ts';

/**
 * The laws that are looked at after every single turn: at most one open release per alias · what has ended stays ended ·
 * after a rollback nothing but stable is asked for · nothing goes past a gate · the automatic actor asks for no weight beyond the next step ·
 * nobody is blamed who was not there. `strangers`: whether somebody else has ever moved the alias.
 */
export class LiveLaws {
  readonly broken: string[] = [];

  turned(
    at: number,
    before: Release | null,
    after: Release | null,
    event: AliasEvent,
    commands: readonly Command[],
    strangers: boolean,
  ): void {
    const breaks = (law: string): void => void this.broken.push(`${law} (${event.kind} at ${at})`);
    if (before && !after) breaks(`${before.id} was forgotten`);
    if (!after) return;
    if (before && before.id !== after.id && isOpen(before)) breaks(`${after.id} began while ${before.id} was open`);
    if (before?.id === after.id) {
      if (before.outcome && (after.outcome !== before.outcome || isOpen(after))) breaks(`${after.id} ended twice`);
      if (before.rollback && !after.rollback) breaks(`the rollback of ${after.id} was forgotten`);
      if (after.fence < before.fence) breaks(`the writes of ${after.id} were counted back`);
      const skipped = after.step > before.step + 1;
      // A person's order to 100 % waits for the gates on its way.
      const ordered = event.kind === 'promote' || before.toward === after.step;
      if (skipped && !ordered) breaks(`${after.id} skipped a step`);
      const rose = after.step > before.step && event.who.provedBy === SYSTEM.provedBy;
      if (rose && before.paused) breaks(`${after.id} went on by itself although a person had paused it`);
    }
    const blame = before?.outcome ? undefined : after.outcome?.reason;
    if (!strangers && blame?.includes('somebody')) breaks(`${after.id} ended although nobody else was there: ${blame}`);
    // One weight less is always allowed, also where a person's order had gone past it without its gates; and a weight that was
    // allowed once is tried again without them.
    const isOn = before?.id !== after.id || after.step > before.step;
    for (const command of commands) {
      if (command.kind !== 'setAlias') continue;
      const { version, second } = command.target;
      const isStableAlone = version === after.plan.stable && second === null;
      if (after.rollback && !isStableAlone) breaks(`${after.id} asked for ${version} after its rollback`);
      const isPast = command.keepTag ? isOn && isGated(after, after.step) : isGated(after, 'beforePromotion');
      if (!after.rollback && isPast) breaks(`${after.id} went past a gate`);
    }
  }
}
