import type { LineCounter } from 'yaml';

/** Nobody reads further. */
const MAX_PROBLEMS = 100;

/** `error`: AWS refuses the template, or the release is not the one that is written down · `warning`: it works, and surprises. */
export type Severity = 'error' | 'warning';

/** Something to correct or to know, with where it stands. Lines and columns count from 1. */
export interface Problem {
  readonly severity: Severity;
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** The logical id of the resource; empty for the whole template. */
  readonly resource: string;
  readonly message: string;
  readonly hint?: string;
}

/** Where something stands. Lines and columns count from 1. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** Collects problems while a template is read. `at` is an offset into the text. */
export interface Reporter {
  error(at: number, resource: string, message: string, hint?: string): void;
  warning(at: number, resource: string, message: string, hint?: string): void;
  place(at: number): Place;
  /** In the order of the file; each sentence once a place. */
  problems(): readonly Problem[];
}

/** A reporter for one file, whose lines were counted while it was parsed. */
export function createReporter(file: string, lines: LineCounter): Reporter {
  const found = new Map<string, Problem>();
  const place = (at: number): Place => {
    const { line, col } = lines.linePos(at);
    return { file, line: Math.max(1, line), column: Math.max(1, col) };
  };
  const add = (severity: Severity, at: number, resource: string, message: string, hint?: string): void => {
    const key = `${at} ${resource} ${message}`;
    if (found.has(key) || found.size >= MAX_PROBLEMS) return;
    found.set(key, { severity, ...place(at), resource, message, ...(hint === undefined ? {} : { hint }) });
  };
  return {
    error: (at, resource, message, hint) => add('error', at, resource, message, hint),
    warning: (at, resource, message, hint) => add('warning', at, resource, message, hint),
    place,
    problems: () => [...found.values()].sort((a, b) => a.line - b.line || a.column - b.column),
  };
}

/** `template.yaml:12:7: error: Checkout: Alarms must be a list — write "- !Ref MyAlarm"`. */
export function templateProblemText({ severity, file, line, column, resource, message, hint }: Problem): string {
  const at = `${file}:${line}:${column}: ${severity}: ${resource === '' ? '' : `${resource}: `}`;
  return `${at}${message}${hint === undefined ? '' : ` — ${hint}`}`;
}
