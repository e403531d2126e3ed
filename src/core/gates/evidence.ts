import type { Evidence } from './gate.ts';

/** Evidence is read by people and saved with every turn of the release: whole reports lie beside the state. */
export const MAX_FACTS = 20;
export const MAX_FACT_CHARS = 400;
export const MAX_EVIDENCE_CHARS = 4_000;
const MAX_NAME_CHARS = 80;
const MAX_FILES = 10;

/** Cuts evidence to its limits, and says that it did. */
export function boundEvidence({ facts, files }: Evidence): Evidence {
  const kept: { name: string; value: string }[] = [];
  let chars = 0;
  for (const { name, value } of facts) {
    const fact = { name: cut(name, MAX_NAME_CHARS), value: cut(value, MAX_FACT_CHARS) };
    chars += fact.name.length + fact.value.length;
    if (kept.length >= MAX_FACTS - 1 || chars > MAX_EVIDENCE_CHARS) break;
    kept.push(fact);
  }
  const left = facts.length - kept.length;
  return {
    facts: left > 0 ? [...kept, { name: 'left out', value: `${left} more` }] : kept,
    ...(files && files.length > 0 ? { files: files.slice(0, MAX_FILES) } : {}),
  };
}

export function cut(text: string, chars: number): string {
  return text.length <= chars ? text : `${text.slice(0, chars - 1)}…`;
}
