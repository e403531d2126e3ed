import type { Drift } from '../../core/doctor/drift.ts';
import { type Line, labelled, line } from './line.ts';

/** What a rollback left behind: what the stack still believes, and executions that stay on the version taken away. */
export function aftermathText(given: {
  readonly drift: Drift | null;
  readonly pinned: {
    readonly version: string;
    readonly executions: readonly { readonly name: string; readonly arn: string; readonly startedAtMs: number }[];
  } | null;
}): Line[] {
  const { drift, pinned } = given;
  return [...(drift ? driftText(drift) : []), ...(pinned ? pinnedText(pinned) : [])];
}

function driftText({ told, consequences, ways }: Drift): Line[] {
  return [
    line(['warn', '!'], ` ${told}`),
    ...consequences.map((each) => labelled('so', each)),
    ...ways.flatMap(({ when, does, command }) => [
      labelled('if', `${when}: ${does}`),
      ...(command === undefined ? [] : [labelled('', ['strong', command])]),
    ]),
  ];
}

/** Enough to see what they are; the command lists all. */
const SHOWN = 5;

function pinnedText({ version, executions }: NonNullable<Parameters<typeof aftermathText>[0]['pinned']>): Line[] {
  const [first] = executions;
  return [
    line(
      ['warn', '!'],
      ` ${executions.length} durable ${executions.length === 1 ? 'execution runs' : 'executions run'} on version ${version} to the end, whatever the alias does`,
    ),
    ...executions
      .slice(0, SHOWN)
      .map(({ name, startedAtMs }) => labelled('running', `${name}, since ${new Date(startedAtMs).toISOString()}`)),
    ...(first
      ? [
          labelled('', 'each ends by itself, or for good with'),
          labelled('', ['strong', `aws lambda stop-durable-execution --durable-execution-arn ${first.arn}`]),
        ]
      : []),
  ];
}
