import { approversText } from '../../core/gates/approval.ts';
import type { Gate, GateRun } from '../../core/gates/gate.ts';
import type { Release } from '../../core/release/release.ts';
import { titleOf } from './gates.ts';
import { type Line, labelled, line } from './line.ts';
import { planText } from './plan.ts';
import { personText, utc, VERDICT_SIGNS } from './words.ts';

/** What a person is asked to approve: the plan, what every gate has said so far, who may answer and until when. */
export function approvalText(release: Release, name: string, gate: Gate, run: GateRun): Line[] {
  const { check } = gate;
  const title = check.kind === 'approval' ? check.title : gate.id;
  return [
    line(['strong', `${title}: approval ${name} of release ${release.id}`]),
    ...planText(release.plan),
    labelled('started', `${utc(release.started.at)} by ${personText(release.started.who)}`),
    ...evidence(release, name),
    ...(check.kind === 'approval'
      ? [labelled('may', `${approversText(check)}${check.fourEyes ? ', but not who started it' : ''}`)]
      : []),
    labelled('until', utc(run.deadline)),
    labelled('digest', ['strong', run.digest ?? '']),
  ];
}

function evidence(release: Release, name: string): Line[] {
  const lines = Object.entries(release.gates)
    .filter(([other]) => other !== name)
    .flatMap(([other, { gate: id, verdict, evidence: found, status }]) => {
      const gate = release.plan.gates.find((each) => each.id === id);
      const title = gate ? titleOf(gate) : other;
      const facts = (found?.facts ?? []).map((fact) => labelled('', ['dim', `  ${fact.name}: `], fact.value));
      const files = (found?.files ?? []).map((file) =>
        labelled('', ['dim', `  file ${file.name}: `], `SHA-256 ${file.sha256}`),
      );
      const said = labelled(
        '',
        VERDICT_SIGNS[verdict?.outcome ?? 'running'],
        ` ${title}: ${verdict?.reason ?? status}`,
      );
      return [said, ...facts, ...files];
    });
  return lines.length === 0
    ? [labelled('evidence', 'no gate has run before this one')]
    : [labelled('evidence', 'so far'), ...lines];
}
