import { AUDIENCES, type Audience, STAGES } from '../../core/comms/audiences.ts';
import { type DraftFacts, nothingKnown } from '../../core/comms/facts.ts';
import { lintMessage } from '../../core/comms/plain-language.ts';
import { liquidRenderer, type TemplateTexts } from './liquid.ts';

/** Everything known, and nothing known: a template has to work for both. */
const KNOWN: DraftFacts = {
  id: 'INC-01kfp2v9x3',
  title: 'checkout:live was rolled back from version 42 to version 41',
  drill: false,
  service: 'Checkout',
  components: ['cart'],
  severity: 'SEV-2',
  phase: 'contained',
  effect: 'errors',
  affectedShare: 0.12,
  badRequests: 34,
  workaround: 'You can pay by invoice meanwhile.',
  startedAt: Date.UTC(2026, 0, 5, 12),
  detectedAt: Date.UTC(2026, 0, 5, 12, 1),
  containedAt: Date.UTC(2026, 0, 5, 12, 2),
  resolvedAt: Date.UTC(2026, 0, 5, 12, 30),
  nextUpdateAt: Date.UTC(2026, 0, 5, 13),
  commander: 'alice',
  target: 'checkout:live',
  stable: '41',
  candidate: '42',
  releaseId: 'r-01kfp2v9x3',
  weightPercent: 10,
  breach: 'error rate 12 % > 5 % for 2 minutes',
  containment: ['checkout:live was read back with version 41 alone'],
  summary: 'Orders could not be saved for some minutes.',
  links: ['OPS-7'],
};
const UNKNOWN = nothingKnown(KNOWN);

/** What is wrong with a team's templates, each problem once: what does not work, and what may not be said in public. */
export function checkTemplates(templates: TemplateTexts): readonly string[] {
  const { fileFor, render } = liquidRenderer(templates);
  const problems = new Set<string>();
  for (const audience of Object.keys(AUDIENCES) as Audience[]) {
    for (const stage of STAGES) {
      const file = fileFor(audience, stage);
      if (file === undefined) continue;
      for (const facts of [KNOWN, UNKNOWN]) {
        const answer = render(file, audience, stage, facts);
        if (!answer.ok) problems.add(answer.problem);
        else
          for (const { level, found, instead } of lintMessage(answer.draft.text, {
            audience,
            stage,
            fullOutage: false,
          }))
            if (level === 'block') problems.add(`${file}: "${found}": ${instead}`);
      }
    }
  }
  return [...problems];
}
