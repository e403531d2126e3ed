import type { Audience, Stage } from '../../core/comms/audiences.ts';
import type { Draft } from '../../core/comms/drafts.ts';
import type { DraftFacts } from '../../core/comms/facts.ts';

/** Writes what an audience is told. */
export interface Drafts {
  /** The text for this audience at this stage: by the team's own template where it has one and it works, else the usual one. */
  write(audience: Audience, stage: Stage, facts: DraftFacts): Promise<Draft>;
}
