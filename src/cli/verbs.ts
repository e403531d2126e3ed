import { LEARNING_VERBS } from './verbs/learning.ts';
import { RELEASE_VERBS } from './verbs/release.ts';
import { RUNNING_VERBS } from './verbs/running.ts';
import type { Verb } from './verbs/verb.ts';

/** Every command, in the order of the help. */
export const VERBS: readonly Verb[] = [...RELEASE_VERBS, ...LEARNING_VERBS, ...RUNNING_VERBS];

/** What a group of commands is about, by its first word; every verb whose name has two words belongs to one. */
export const GROUPS: Readonly<Record<string, string>> = {};
