import { channelsText } from '../../../present/text/channels.ts';
import type { Context } from '../../context.ts';
import { EXIT, type ExitCode } from '../../exit.ts';

/** What is set up, whom each reaches, and what is missing; no vendor is asked. */
export async function run(context: Context): Promise<ExitCode> {
  const wired = await context.wired();
  const channels = (await (await wired.channels?.(true))?.list()) ?? [];
  context.output.result({ channels }, channelsText(channels));
  return EXIT.done;
}
