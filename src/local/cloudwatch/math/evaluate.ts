import type { Expression, Operator } from './syntax.ts';

/** A time series: window number -> value. Windows without a value are absent. */
export type Series = ReadonlyMap<number, number>;

export type MathValue =
  | { readonly kind: 'scalar'; readonly value: number }
  | { readonly kind: 'series'; readonly points: Series }
  | { readonly kind: 'list'; readonly items: readonly Series[] };

export interface MathScope {
  /** The value of a query's id; undefined where no query has it. */
  lookup(id: string): MathValue | undefined;
  /** All metrics of the request; only those whose id contains the text, where one is given. */
  metrics(idPart: string | undefined): readonly Series[];
  /** How many windows there are; `FILL` fills them all. */
  readonly windows: number;
  readonly periodSeconds: number;
}

export class MathError extends Error {}
/** A function that CloudWatch has and this evaluator has not. */
export class UnsupportedFunction extends Error {}

type Call = (args: readonly Expression[], scope: MathScope) => MathValue;

/** Computes an expression. Division by zero and missing windows leave holes. Throws MathError and UnsupportedFunction. */
export function evaluate(expression: Expression, scope: MathScope): MathValue {
  switch (expression.kind) {
    case 'number':
      return scalar(expression.value);
    case 'text':
      throw new MathError(`a text ("${expression.value}") is no value`);
    case 'id': {
      const value = scope.lookup(expression.id);
      if (!value) throw new MathError(`there is no metric with the id '${expression.id}'`);
      return value;
    }
    case 'negate':
      return combine(scalar(0), evaluate(expression.of, scope), (_, value) => -value);
    case 'binary':
      return combine(evaluate(expression.left, scope), evaluate(expression.right, scope), OPERATORS[expression.op]);
    case 'array':
      return { kind: 'list', items: expression.items.flatMap((item) => seriesOf(evaluate(item, scope))) };
    case 'call': {
      const call = FUNCTIONS.get(expression.name);
      if (!call) throw new UnsupportedFunction(expression.name);
      return call(expression.args, scope);
    }
  }
}

const OPERATORS: Readonly<Record<Operator, (a: number, b: number) => number>> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / b,
  '^': (a, b) => a ** b,
  '==': (a, b) => Number(a === b),
  '!=': (a, b) => Number(a !== b),
  '<': (a, b) => Number(a < b),
  '>': (a, b) => Number(a > b),
  '<=': (a, b) => Number(a <= b),
  '>=': (a, b) => Number(a >= b),
  AND: (a, b) => Number(a !== 0 && b !== 0),
  OR: (a, b) => Number(a !== 0 || b !== 0),
};

const FUNCTIONS: ReadonlyMap<string, Call> = new Map<string, Call>([
  ['SUM', aggregate((values) => values.reduce((sum, value) => sum + value, 0))],
  ['AVG', aggregate((values) => values.reduce((sum, value) => sum + value, 0) / values.length)],
  ['MIN', aggregate((values) => values.reduce((least, value) => Math.min(least, value)))],
  ['MAX', aggregate((values) => values.reduce((most, value) => Math.max(most, value)))],
  ['ABS', elementwise(Math.abs)],
  ['CEIL', elementwise(Math.ceil)],
  ['FLOOR', elementwise(Math.floor)],
  ['FILL', fill],
  ['IF', choose],
  ['METRICS', metrics],
  ['RATE', differences((change, seconds) => change / seconds)],
  ['DIFF', differences((change) => change)],
  ['PERIOD', period],
]);

function scalar(value: number): MathValue {
  return { kind: 'scalar', value };
}

function seriesOf(value: MathValue): readonly Series[] {
  if (value.kind === 'scalar') throw new MathError('a number stands where a metric is needed');
  return value.kind === 'list' ? value.items : [value.points];
}

/** Element by element; only where both sides have a value, and never a value that is no number. */
function combine(left: MathValue, right: MathValue, op: (a: number, b: number) => number): MathValue {
  if (left.kind === 'scalar' && right.kind === 'scalar') return scalar(op(left.value, right.value));
  if (left.kind === 'list') {
    if (right.kind === 'list') throw new MathError('two lists of metrics cannot be combined');
    return { kind: 'list', items: left.items.map((points) => combineSeries({ kind: 'series', points }, right, op)) };
  }
  if (right.kind === 'list') {
    return { kind: 'list', items: right.items.map((points) => combineSeries(left, { kind: 'series', points }, op)) };
  }
  return { kind: 'series', points: combineSeries(left, right, op) };
}

type Plain = Exclude<MathValue, { kind: 'list' }>;

function combineSeries(left: Plain, right: Plain, op: (a: number, b: number) => number): Series {
  const windows = left.kind === 'series' ? left.points.keys() : right.kind === 'series' ? right.points.keys() : [];
  const result = new Map<number, number>();
  for (const window of windows) {
    const a = at(left, window);
    const b = at(right, window);
    if (a === undefined || b === undefined) continue;
    const value = op(a, b);
    if (Number.isFinite(value)) result.set(window, value);
  }
  return result;
}

function at(value: Plain, window: number): number | undefined {
  return value.kind === 'scalar' ? value.value : value.points.get(window);
}

/** Of a list: the series of the aggregate over what each window has. Of one metric: one number over all windows. */
function aggregate(reduce: (values: readonly number[]) => number): Call {
  return (args, scope) => {
    const [arg] = checkCount('An aggregate', args, 1, 1);
    const value = evaluate(arg, scope);
    if (value.kind === 'scalar') return value;
    if (value.kind === 'series') {
      const values = [...value.points.values()];
      return values.length === 0 ? { kind: 'series', points: new Map() } : scalar(reduce(values));
    }
    const windows = new Map<number, number[]>();
    for (const points of value.items) {
      for (const [window, point] of points) windows.set(window, [...(windows.get(window) ?? []), point]);
    }
    return { kind: 'series', points: new Map([...windows].map(([window, values]) => [window, reduce(values)])) };
  };
}

function elementwise(map: (value: number) => number): Call {
  return (args, scope) => {
    const [arg] = checkCount('The function', args, 1, 1);
    return combine(scalar(0), evaluate(arg, scope), (_, value) => map(value));
  };
}

/** `FILL(m, 0)`, `FILL(m, other)`, `FILL(m, REPEAT)`, `FILL(m, LINEAR)`. */
function fill(args: readonly Expression[], scope: MathScope): MathValue {
  const [what, how] = checkCount('FILL', args, 2, 2);
  const value = evaluate(what, scope);
  if (value.kind === 'scalar') return value;
  const word = how?.kind === 'id' ? how.id : undefined;
  const fillOne =
    word === 'REPEAT'
      ? (points: Series) => repeated(points, scope.windows)
      : word === 'LINEAR'
        ? (points: Series) => interpolated(points, scope.windows)
        : (points: Series) => filled(points, filling(how, scope), scope.windows);
  return value.kind === 'list'
    ? { kind: 'list', items: value.items.map(fillOne) }
    : { kind: 'series', points: fillOne(value.points) };
}

function filling(how: Expression | undefined, scope: MathScope): Plain {
  const value = how === undefined ? scalar(0) : evaluate(how, scope);
  if (value.kind === 'list') throw new MathError('FILL takes one metric or number to fill with');
  return value;
}

function filled(points: Series, filler: Plain, windows: number): Series {
  const result = new Map<number, number>();
  for (let window = 0; window < windows; window++) {
    const value = points.get(window) ?? at(filler, window);
    if (value !== undefined) result.set(window, value);
  }
  return result;
}

function repeated(points: Series, windows: number): Series {
  const result = new Map<number, number>();
  let last: number | undefined;
  for (let window = 0; window < windows; window++) {
    last = points.get(window) ?? last;
    if (last !== undefined) result.set(window, last);
  }
  return result;
}

function interpolated(points: Series, windows: number): Series {
  const known = [...points].sort(([a], [b]) => a - b);
  const result = new Map(points);
  for (const [index, [from, start]] of known.entries()) {
    const [to, end] = known[index + 1] ?? [from, start];
    for (let window = from + 1; window < Math.min(to, windows); window++) {
      result.set(window, start + ((end - start) * (window - from)) / (to - from));
    }
  }
  return result;
}

/** `IF(condition, then, else)`; without an else, windows where the condition is false or missing stay empty. */
function choose(args: readonly Expression[], scope: MathScope): MathValue {
  const [condition, then, otherwise] = checkCount('IF', args, 2, 3).map((arg) => evaluate(arg, scope));
  const plain = [condition, then, otherwise].map((value) => {
    if (value?.kind === 'list') throw new MathError('IF takes metrics and numbers, not lists of metrics');
    return value;
  });
  const [test, yes, no] = plain;
  if (!test || !yes) throw new MathError('IF takes two or three values');
  if (plain.every((value) => value === undefined || value.kind === 'scalar')) {
    const chosen = test.kind === 'scalar' && test.value !== 0 ? yes : no;
    return chosen ?? { kind: 'series', points: new Map() };
  }
  const result = new Map<number, number>();
  for (let window = 0; window < scope.windows; window++) {
    const chosen = (at(test, window) ?? 0) !== 0 ? yes : no;
    const value = chosen === undefined ? undefined : at(chosen, window);
    if (value !== undefined) result.set(window, value);
  }
  return { kind: 'series', points: result };
}

function metrics(args: readonly Expression[], scope: MathScope): MathValue {
  const [part] = args;
  if (args.length > 1 || (part && part.kind !== 'text')) throw new MathError('METRICS takes at most one text');
  return { kind: 'list', items: scope.metrics(part?.value) };
}

function period(args: readonly Expression[], scope: MathScope): MathValue {
  checkCount('PERIOD', args, 1, 1);
  return scalar(scope.periodSeconds);
}

/** From each value to the one before it, over the seconds between them. */
function differences(of: (change: number, seconds: number) => number): Call {
  return (args, scope) => {
    const [arg] = checkCount('The function', args, 1, 1);
    const value = evaluate(arg, scope);
    const one = (points: Series): Series => {
      const known = [...points].sort(([a], [b]) => a - b);
      const result = new Map<number, number>();
      for (const [index, [window, point]] of known.entries()) {
        const before = known[index - 1];
        if (before) result.set(window, of(point - before[1], (window - before[0]) * scope.periodSeconds));
      }
      return result;
    };
    const items = seriesOf(value).map(one);
    return value.kind === 'list' ? { kind: 'list', items } : { kind: 'series', points: items[0] ?? new Map() };
  };
}

function checkCount(
  name: string,
  args: readonly Expression[],
  min: number,
  max: number,
): readonly [Expression, ...Expression[]] {
  const [first, ...rest] = args;
  if (!first || args.length < min || args.length > max) {
    throw new MathError(`${name} takes ${min === max ? min : `${min} to ${max}`} arguments, not ${args.length}`);
  }
  return [first, ...rest];
}
