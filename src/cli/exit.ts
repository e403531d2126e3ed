/** Every way that a command can end, in one table. Scripts decide by these numbers; they never change meaning. */
export const EXITS = [
  { code: 0, name: 'done', meaning: 'done' },
  { code: 1, name: 'unexpected', meaning: 'unexpected failure: AWS did not answer, or a bug' },
  { code: 2, name: 'usage', meaning: 'usage or configuration is wrong; nothing was changed' },
  { code: 3, name: 'rolledBack', meaning: 'the released version failed and was rolled back: production is safe' },
  { code: 4, name: 'halted', meaning: 'halted: a person must act' },
  { code: 5, name: 'timedOut', meaning: 'watching ended before the release did; it goes on' },
  { code: 6, name: 'refused', meaning: 'refused: the request is fine, but the world forbids it now' },
  { code: 130, name: 'interrupted', meaning: 'watching was interrupted; the release goes on' },
] as const;

export type ExitCode = (typeof EXITS)[number]['code'];
type ExitName = (typeof EXITS)[number]['name'];

/** `EXIT.rolledBack` is 3. */
export const EXIT = Object.fromEntries(EXITS.map(({ name, code }) => [name, code])) as Readonly<{
  [Name in ExitName]: Extract<(typeof EXITS)[number], { name: Name }>['code'];
}>;
