import type { Query, StatQuery } from './run-queries.ts';

/**
 * Labels where the caller gave none: the metric's name, with the statistic where only that tells the results apart (as
 * recorded), else with the dimensions; an expression is called by its id.
 */
export function labelsOf(queries: readonly Query[]): Map<string, string> {
  const stats = queries.filter((query) => query.kind === 'stat');
  const ambiguous = stats.length > 1 && new Set(stats.map(nameOf)).size === 1;
  const byStatistic = ambiguous && new Set(stats.map(({ stat }) => stat.Stat)).size > 1;
  const byDimensions = ambiguous && new Set(stats.map(dimensionsOf)).size > 1;
  return new Map(
    queries.map((query) => {
      if (query.label !== undefined) return [query.id, query.label];
      if (query.kind === 'math') return [query.id, query.id];
      const parts = [byDimensions ? dimensionsOf(query) : '', nameOf(query), byStatistic ? query.stat.Stat : ''];
      return [query.id, parts.filter((part) => part !== '').join(' ')];
    }),
  );
}

function nameOf({ stat }: StatQuery): string {
  return stat.Metric?.MetricName ?? '';
}

function dimensionsOf({ stat }: StatQuery): string {
  return (stat.Metric?.Dimensions ?? []).map(({ Value }) => Value).join(' ');
}
