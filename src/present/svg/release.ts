import { LineChart } from 'echarts/charts';
import { AxisPointerComponent, GridComponent, LegendComponent, MarkLineComponent } from 'echarts/components';
import * as echarts from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import type { ReleaseSeries } from '../../core/history/series.ts';

echarts.use([LineChart, GridComponent, LegendComponent, MarkLineComponent, AxisPointerComponent, SVGRenderer]);

const WIDTH = 860;
const HEIGHT = 360;
/** Told apart by their dashes as well as by their colours; both have 3:1 against white and against a dark page. */
const BLUE = '#3b82d6';
const ORANGE = '#d9730d';
const GREY = '#7d8590';

/** A release as one SVG picture: the candidate's weight above, the failures of both versions below. Drawn without a browser. */
export function releaseSvg(series: ReleaseSeries): string {
  const chart = echarts.init(null, null, { renderer: 'svg', ssr: true, width: WIDTH, height: HEIGHT });
  try {
    chart.setOption(optionsFor(series));
    return withTitle(chart.renderToSVGString(), summaryOf(series));
  } finally {
    chart.dispose();
  }
}

/** What the picture shows, in words. */
export function summaryOf({ stable, candidate, points }: ReleaseSeries): string {
  const most = Math.max(0, ...points.map(({ weightPercent }) => weightPercent));
  const total = (pick: (point: ReleaseSeries['points'][number]) => number): number =>
    points.reduce((sum, point) => sum + pick(point), 0);
  const told = (version: string, errors: number, invocations: number): string =>
    `version ${version}: ${errors} of ${invocations} invocations failed`;
  return [
    `The candidate, version ${candidate}, got up to ${most} % of the traffic`,
    told(
      candidate,
      total((point) => point.candidate.errors),
      total((point) => point.candidate.invocations),
    ),
    told(
      stable,
      total((point) => point.stable.errors),
      total((point) => point.stable.invocations),
    ),
  ].join('; ');
}

function optionsFor({ stable, candidate, points, marks }: ReleaseSeries): echarts.EChartsCoreOption {
  const line = { type: 'line', showSymbol: false, animation: false, silent: true } as const;
  const time = { type: 'time', axisLine: { lineStyle: { color: GREY } }, axisLabel: { color: GREY } } as const;
  const value = {
    type: 'value',
    min: 0,
    axisLabel: { color: GREY },
    nameTextStyle: { color: GREY, align: 'left' },
  } as const;
  const markLine = {
    symbol: 'none',
    lineStyle: { color: GREY, type: 'dotted' },
    label: { formatter: '{b}', color: GREY, position: 'insideEndTop', fontSize: 10 },
    data: apart(marks, points).map(({ atMs, label }) => ({ xAxis: atMs, name: label })),
  };
  const failures = (version: string, pick: (point: ReleaseSeries['points'][number]) => number, look: object) => ({
    ...line,
    name: `failures of version ${version}`,
    xAxisIndex: 1,
    yAxisIndex: 1,
    data: points.map((point) => [point.atMs, pick(point)]),
    ...look,
  });
  return {
    useUTC: true,
    legend: {
      top: 0,
      itemGap: 40,
      textStyle: { color: GREY },
      data: [`weight of version ${candidate}`, `failures of version ${candidate}`, `failures of version ${stable}`],
    },
    grid: [
      { left: 50, right: 20, top: 50, height: 100 },
      { left: 50, right: 20, top: 200, height: 120 },
    ],
    xAxis: [
      { ...time, gridIndex: 0, axisLabel: { show: false } },
      { ...time, gridIndex: 1 },
    ],
    yAxis: [
      { ...value, gridIndex: 0, max: 100, name: 'percent of the traffic' },
      { ...value, gridIndex: 1, minInterval: 1, name: 'failures' },
    ],
    series: [
      {
        ...line,
        name: `weight of version ${candidate}`,
        step: 'end',
        data: points.map((point) => [point.atMs, point.weightPercent]),
        lineStyle: { color: GREY, width: 2 },
        itemStyle: { color: GREY },
        markLine,
      },
      failures(candidate, (point) => point.candidate.errors, {
        lineStyle: { color: ORANGE, width: 2 },
        itemStyle: { color: ORANGE },
      }),
      failures(stable, (point) => point.stable.errors, {
        lineStyle: { color: BLUE, width: 2, type: 'dashed' },
        itemStyle: { color: BLUE },
      }),
    ],
  };
}

/** Marks that would stand on each other become one. */
function apart(marks: ReleaseSeries['marks'], points: ReleaseSeries['points']): ReleaseSeries['marks'] {
  const span = (points.at(-1)?.atMs ?? 0) - (points[0]?.atMs ?? 0);
  const joined: { atMs: number; label: string }[] = [];
  for (const { atMs, label } of marks) {
    const last = joined.at(-1);
    if (last && atMs - last.atMs < span * LEAST_GAP) last.label = `${last.label}, ${label}`;
    else joined.push({ atMs, label });
  }
  return joined;
}

/** The width of a label's line, as a share of the picture. */
const LEAST_GAP = 0.03;

/** A picture that a screen reader tells as one sentence. */
function withTitle(svg: string, title: string): string {
  const text = title.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
  return svg.replace(/^<svg /, `<svg role="img" aria-label="${text}" `);
}
