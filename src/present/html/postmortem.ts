import { html, raw } from 'hono/html';
import type { ReleaseSeries } from '../../core/history/series.ts';
import type { Fact, Postmortem, Section } from '../../core/postmortem/postmortem.ts';
import { STYLE } from '../status/style.ts';
import { releaseSvg, summaryOf } from '../svg/release.ts';

type Markup = ReturnType<typeof html>;

const STATUS = {
  draft: 'draft',
  inReview: 'in review',
  reviewed: 'reviewed',
  published: 'published',
  closed: 'closed',
} as const;

/**
 * A postmortem as one file that needs no script and nothing from anywhere: the facts with their sources, what people wrote as
 * they wrote it, and the release as a picture with its numbers.
 */
export function postmortemHtml(postmortem: Postmortem, series: ReleaseSeries | undefined): string {
  const { id, title, form, status, header, sections } = postmortem;
  const kind = form === 'nearMiss' ? 'Near miss' : 'Postmortem';
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="content-security-policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<title>${kind} ${id}: ${title}</title>
<style>${raw(STYLE)}</style>
</head>
<body>
<header><h1>${kind} ${id}: ${title}</h1><p class="dim">Status: ${STATUS[status]}. Facts are from the ledger, each with its source.</p></header>
<main>
${facts(header)}
${series && series.points.length > 0 ? chart(series) : ''}
${sections.map(section)}
</main>
</body>
</html>
`;
  return String(page);
}

function section({ id, title, facts: known, prose, prompt }: Section): Markup {
  const empty = known.length === 0 && prose === '';
  return html`<section aria-labelledby="s-${id}"><h2 id="s-${id}">${title}</h2>
${known.length > 0 ? facts(known) : ''}
${prose === '' ? '' : html`<pre>${prose}</pre>`}
${empty ? html`<p class="dim">${prompt === '' ? 'Nothing is recorded.' : `Not written yet: ${prompt}`}</p>` : ''}</section>`;
}

function facts(all: readonly Fact[]): Markup {
  if (all.length === 0) return html``;
  return html`<div class="chart"><table><thead><tr><th scope="col">What</th><th scope="col">Fact</th><th scope="col">Source</th></tr></thead>
<tbody>${all.map(({ label, value, source }) => html`<tr><th scope="row">${label}</th><td>${value}</td><td class="dim">${source}</td></tr>`)}</tbody></table></div>`;
}

function chart(series: ReleaseSeries): Markup {
  const rows = series.points.filter(
    ({ candidate, stable }, index) =>
      candidate.invocations + stable.invocations > 0 || index === 0 || index === series.points.length - 1,
  );
  return html`<figure class="chart" style="margin:1rem 0">${raw(releaseSvg(series))}<figcaption class="dim">${summaryOf(series)}.</figcaption></figure>
<details><summary>The numbers of the picture</summary><div class="chart"><table><thead><tr><th scope="col">Until (UTC)</th><th scope="col">Weight</th>
<th scope="col">Version ${series.candidate}: failed</th><th scope="col">of</th><th scope="col">Version ${series.stable}: failed</th><th scope="col">of</th></tr></thead>
<tbody>${rows.map(
    ({ atMs, weightPercent, candidate, stable }) =>
      html`<tr><th scope="row">${new Date(atMs).toISOString().slice(0, 19).replace('T', ' ')}</th><td>${weightPercent} %</td><td>${candidate.errors}</td><td>${candidate.invocations}</td><td>${stable.errors}</td><td>${stable.invocations}</td></tr>`,
  )}</tbody></table></div></details>`;
}
