import { html, raw } from 'hono/html';
import type { PageIncident } from '../../core/status/incidents.ts';
import type { PageComponent, StatusPage } from '../../core/status/page.ts';
import { RECENT_DAYS } from '../../core/status/settings.ts';
import { bars, percent } from './bars.ts';
import { groupId } from './json.ts';
import { STYLE } from './style.ts';
import { COMPONENT_LOOKS, STATUS_WORDS } from './words.ts';

/** What `html` answers: text that is escaped already. */
export type Markup = ReturnType<typeof html>;

const DAY_MS = 86_400_000;
/** A page that is older than this may be out of date: what publishes it is down. */
const STALE_MS = 30 * 60_000;
const LOOK_OF = {
  none: COMPONENT_LOOKS.operational,
  maintenance: COMPONENT_LOOKS.under_maintenance,
  minor: COMPONENT_LOOKS.degraded_performance,
  major: COMPONENT_LOOKS.partial_outage,
  critical: COMPONENT_LOOKS.major_outage,
} as const;

/** Every page of a status page, by its path. They need no script, and hold everything that they need themselves. */
export function statusHtml(page: StatusPage): ReadonlyMap<string, string> {
  const incidents = page.incidents.map(
    (incident) =>
      [`incidents/${incident.id}.html`, document(page, incident.name, incidentBody(page, incident), '../')] as const,
  );
  return new Map([
    ...incidents,
    ['history.html', document(page, 'History', historyBody(page), '')],
    // Last, so that what it links to is there when it is.
    ['index.html', document(page, page.settings.name, indexBody(page), '')],
  ]);
}

function document(page: StatusPage, title: string, body: Markup, base: string): string {
  const { name } = page.settings;
  const note = page.audience === 'internal' ? ' (internal)' : '';
  const text = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="content-security-policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; script-src 'sha256-${SCRIPT_SHA256}'">
<title>${title === name ? name : `${title} · ${name}`}${note}</title>
<link rel="alternate" type="application/atom+xml" title="Incidents" href="${base}history.atom">
<link rel="alternate" type="application/atom+xml" title="Every update" href="${base}updates.atom">
<style>${raw(STYLE)}</style>
</head>
<body>
<header><h1><a href="${base}index.html">${name}</a>${note}</h1></header>
<main>
<p id="old" hidden>This page was made some time ago and may be out of date.</p>
${body}
</main>
<footer class="dim"><p>Made ${time(page.generatedMs)}. All times are UTC. Days begin at midnight UTC.
<a href="${base}history.html">History</a> · <a href="${base}history.atom">Atom</a> · <a href="${base}updates.atom">Atom, every update</a> ·
<a href="${base}history.rss">RSS</a> · <a href="${base}api/v2/summary.json">JSON</a></p></footer>
<script>${raw(SCRIPT)}</script>
</body>
</html>
`;
  return String(text).replace(
    '<html lang="en">',
    `<html lang="en" data-made="${page.generatedMs}" data-stale="${STALE_MS}">`,
  );
}

/** The page's only script: it says when the page is old. Everything else works without any. */
const SCRIPT =
  "var d=document,h=d.documentElement.dataset;if(Date.now()-h.made>+h.stale)d.getElementById('old').hidden=false";
export const SCRIPT_TEXT = SCRIPT;
/** Of {@link SCRIPT}, in base64; held by a test. */
const SCRIPT_SHA256 = 'A/fJB6EXFOuMNy3tq2Q9CtMdxiBmFmtsvyABYWsc5p4=';

function indexBody(page: StatusPage): Markup {
  const look = LOOK_OF[page.indicator];
  const live = page.incidents.filter(({ resolvedMs }) => resolvedMs === null);
  const planned = page.maintenances.filter(({ status }) => status !== 'completed');
  return html`<p role="status" class="overall ${look.className}"><span aria-hidden="true">${look.shape}</span> ${page.sentence}</p>
${live.length > 0 ? html`<section aria-labelledby="now"><h2 id="now">Going on now</h2>${live.map((incident) => incidentCard(page, incident, ''))}</section>` : ''}
${planned.length > 0 ? plannedSection(page, planned) : ''}
<section aria-labelledby="components"><h2 id="components">Components</h2>
${grouped(page.components).map(([group, components]) =>
  group === null
    ? html`${components.map(componentCard)}`
    : html`<section aria-labelledby="g-${groupId(group)}"><h3 id="g-${groupId(group)}">${group}</h3>${components.map(componentCard)}</section>`,
)}
<p class="dim">The bars show ${page.components[0]?.days.length ?? 0} days. A minute in which a component is not available counts as down, one in which it is partly
not available by 30 %; slower answers and planned work do not count.</p></section>
<section aria-labelledby="past"><h2 id="past">Past incidents</h2>${recentDays(page)}</section>`;
}

function plannedSection(page: StatusPage, planned: StatusPage['maintenances']): Markup {
  const named = (ids: readonly string[]): string =>
    page.components.flatMap(({ id, name }) => (ids.includes(id) ? [name] : [])).join(', ');
  return html`<section aria-labelledby="planned"><h2 id="planned">Planned work</h2>
${planned.map(
  ({ name, description, fromMs, untilMs, status, components }) => html`<article class="card"><h3>${name}</h3>
<p class="dim">${status === 'in_progress' ? 'Under way' : 'Planned'}: ${time(fromMs)} to ${time(untilMs)}. ${named(components)}</p><p>${description}</p></article>`,
)}</section>`;
}

function grouped(
  components: readonly PageComponent[],
): readonly (readonly [string | null, readonly PageComponent[]])[] {
  const groups = new Map<string | null, PageComponent[]>();
  for (const component of components) groups.set(component.group, [...(groups.get(component.group) ?? []), component]);
  return [...groups];
}

function componentCard(component: PageComponent): Markup {
  const { id, name, description, status, days, uptimePercent } = component;
  const look = COMPONENT_LOOKS[status];
  const troubled = days.filter(({ troubledMinutes }) => troubledMinutes > 0);
  const known = days.filter((day) => day.uptimePercent !== null).length;
  const uptime =
    uptimePercent === null ? 'no data yet' : `${percent(uptimePercent)} over ${known} ${known === 1 ? 'day' : 'days'}`;
  return html`<article class="card" id="c-${id}"><div class="row"><h4 style="margin:0">${name}</h4>
<span><span class="mark ${look.className}" aria-hidden="true">${look.shape}</span> ${look.word}</span></div>
${description === null ? '' : html`<p class="dim" style="margin:0">${description}</p>`}
${raw(bars(days))}
<p class="dim row" style="margin:0"><span>Up ${uptime}</span><span>${troubled.length === 0 ? 'no bad day' : `${troubled.length} ${troubled.length === 1 ? 'day' : 'days'} with trouble`}</span></p>
${
  troubled.length === 0
    ? ''
    : html`<details><summary>Days with trouble</summary><table><caption class="dim">${name}</caption><thead><tr><th scope="col">Day</th><th scope="col">Up</th><th scope="col">Not well for</th><th scope="col">At its worst</th></tr></thead>
<tbody>${troubled.toReversed().map((day) => html`<tr><th scope="row"><time datetime="${dayText(day.startMs)}">${dayText(day.startMs)}</time></th><td>${percent(day.uptimePercent ?? 100)}</td><td>${day.troubledMinutes} min</td><td>${COMPONENT_LOOKS[day.worst].word}</td></tr>`)}</tbody></table></details>`
}</article>`;
}

function recentDays(page: StatusPage): Markup {
  const today = Math.floor(page.generatedMs / DAY_MS) * DAY_MS;
  const days = Array.from({ length: RECENT_DAYS }, (_, index) => today - index * DAY_MS);
  const over = page.incidents.filter(({ resolvedMs }) => resolvedMs !== null);
  return html`${days.map((day) => {
    const here = over.filter(({ startedMs }) => startedMs >= day && startedMs < day + DAY_MS);
    return html`<h3><time datetime="${dayText(day)}">${dayText(day)}</time></h3>${
      here.length === 0
        ? html`<p class="dim">No incident.</p>`
        : here.map((incident) => incidentCard(page, incident, ''))
    }`;
  })}`;
}

function historyBody(page: StatusPage): Markup {
  return html`<h2>History</h2>
${
  page.incidents.length === 0
    ? html`<p>No incident is recorded.</p>`
    : html`<ul>${page.incidents.map(
        (incident) =>
          html`<li><time datetime="${dayText(incident.startedMs)}">${dayText(incident.startedMs)}</time> <a href="incidents/${incident.id}.html">${incident.name}</a>: ${STATUS_WORDS[incident.status]}</li>`,
      )}</ul>`
}`;
}

function incidentCard(page: StatusPage, incident: PageIncident, base: string): Markup {
  return html`<article class="card"><h3 style="margin-top:0"><a href="${base}incidents/${incident.id}.html">${incident.name}</a></h3>
${affectedText(page, incident)}${updatesList(incident)}</article>`;
}

function incidentBody(page: StatusPage, incident: PageIncident): Markup {
  const { inside } = incident;
  return html`<h2>${incident.name}</h2>
${affectedText(page, incident)}
<dl><dt>Began</dt><dd>${time(incident.startedMs)}</dd>
${incident.trouble.untilMs === null ? '' : html`<dt>Stopped</dt><dd>${time(incident.trouble.untilMs)}</dd>`}
${incident.resolvedMs === null ? '' : html`<dt>Resolved</dt><dd>${time(incident.resolvedMs)}</dd>`}
${
  inside === null
    ? ''
    : html`<dt>Severity</dt><dd>${inside.severity ?? 'not set yet'}</dd><dt>Phase</dt><dd>${inside.phase}</dd><dt>Leads</dt><dd>${inside.commander ?? 'nobody yet'}</dd>${
        inside.breach === null ? '' : html`<dt>What was seen</dt><dd>${inside.breach}</dd>`
      }<dt>Id</dt><dd>${incident.id}</dd>`
}</dl>
${updatesList(incident)}`;
}

function affectedText(page: StatusPage, incident: PageIncident): Markup {
  const names = page.components.flatMap(({ id, name }) => (incident.components.includes(id) ? [name] : []));
  const look = COMPONENT_LOOKS[incident.trouble.status];
  return html`<p class="dim">${names.length > 0 ? `${names.join(', ')}: ` : ''}<span aria-hidden="true">${look.shape}</span> ${look.word.toLowerCase()}</p>`;
}

/** Newest first. */
function updatesList({ updates }: PageIncident): Markup {
  return html`<ol class="updates">${updates
    .toReversed()
    .map(
      ({ status, atMs, body }) =>
        html`<li><strong>${STATUS_WORDS[status]}</strong> <span class="dim">${time(atMs)}</span><pre>${body}</pre></li>`,
    )}</ol>`;
}

function dayText(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}

/** `2026-01-05 12:00 UTC`, readable by machines too. */
export function time(ms: number): Markup {
  const text = new Date(ms).toISOString();
  return html`<time datetime="${text}">${text.slice(0, 16).replace('T', ' ')}&nbsp;UTC</time>`;
}
