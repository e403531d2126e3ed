import { chooseTarget } from '../../../app/rollback.ts';
import type { ContainmentAction } from '../../../core/incident/containment.ts';
import type { Order } from '../../../core/incident/events.ts';
import type { Routing } from '../../../core/release/alias.ts';
import type { Context } from '../../context.ts';
import { EXIT, type ExitCode } from '../../exit.ts';
import { unwrap, usage } from '../../failure.ts';
import { type Desk, evidenceFlags, giveOne, needed, openDesk, show } from '../../incident/desk.ts';

/** Stops the harm: by an action that Switchback carries out and reads back, or by one that somebody else took. */
export async function run(context: Context): Promise<ExitCode> {
  const desk = await openDesk(context);
  const { flags } = context;
  const given = [flags.rollback, flags.weights, flags.isolateRegion, flags.concurrency, flags.other].filter(
    (each) => each !== undefined,
  );
  if (given.length !== 1)
    throw usage(
      'one action is carried out at a time: --rollback, --weights, --isolate-region, --concurrency or --other',
    );
  if (flags.other !== undefined) return otherwise(desk, flags.other);
  needed(flags.reason, '--reason', 'why is this done?');
  const action = await actionOf(desk);
  const order: Order = { kind: 'contain', action, ...(flags.breakGlass ? { breakGlass: true } : {}) };
  const { pending } = await giveOne(desk, order);
  await show(desk, pending);
  const now = (await desk.incidents.host.read(desk.incident.id))?.state.incident;
  const last = now?.containments.findLast((each) => JSON.stringify(each.action) === JSON.stringify(action));
  return last?.state === 'failed' ? EXIT.halted : EXIT.done;
}

async function otherwise(desk: Desk, text: string): Promise<ExitCode> {
  const evidence = evidenceFlags(desk.context.flags.evidence);
  await giveOne(desk, { kind: 'containedOtherwise', text, evidence });
  return show(desk);
}

async function actionOf(desk: Desk): Promise<ContainmentAction> {
  const { context, home, incident } = desk;
  const { flags } = context;
  const alias = await aliasOf(desk);
  if (flags.rollback) {
    const known = flags.to ?? (incident.subject?.stable || undefined);
    const target = unwrap(await chooseTarget(home.ports, alias, known));
    return { kind: 'rollback', alias, toVersion: target.version };
  }
  if (flags.weights !== undefined) return { kind: 'redirectTraffic', alias, routing: routingFlag(flags.weights) };
  const { account, region, function: name } = alias;
  if (flags.isolateRegion) return { kind: 'isolateRegion', account, region, function: name };
  const limit = Number(flags.concurrency);
  if (!Number.isInteger(limit) || limit < 0 || flags.concurrency?.trim() === '')
    throw usage(`--concurrency "${flags.concurrency}" is not possible: write a whole number; 0 stops the function`);
  return { kind: 'limitConcurrency', account, region, function: name, limit };
}

async function aliasOf({ context, incident }: Desk) {
  if (context.flags.function === undefined && incident.subject) return incident.subject.alias;
  if (context.flags.function === undefined)
    throw usage(`${incident.id} names no function: which one is meant?`, 'add --function NAME --alias NAME');
  const { aliasKey } = await import('../../target.ts');
  return aliasKey(context);
}

/** `41` for all, `41=95,42=5` for two versions; the first is the alias's main one. */
function routingFlag(text: string): Routing {
  const parts = text.split(',').map((part) => /^\s*(\d+)\s*(?:=\s*(\d+(?:\.\d+)?)\s*%?)?\s*$/.exec(part));
  const [main, second] = parts;
  const problem = usage(`--weights "${text}" is not possible: write 41, or 41=95,42=5 with weights that make 100`);
  if (!main || parts.length > 2 || parts.some((part) => !part)) throw problem;
  if (!second) {
    if (main[2] !== undefined && Number(main[2]) !== 100) throw problem;
    return { version: main[1]!, second: null };
  }
  const [first, other] = [Number(main[2]), Number(second[2])];
  if (Math.abs(first + other - 100) > 1e-9 || !(other > 0) || !(first > 0) || main[1] === second[1]) throw problem;
  return { version: main[1]!, second: { version: second[1]!, weightPercent: other } };
}
