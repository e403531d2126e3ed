import { html, raw } from 'hono/html';
import { STYLE } from '../status/style.ts';
import type { Line, Tone } from '../text/line.ts';

type Markup = ReturnType<typeof html>;

/** What a screen of the terminal is on a page: the same lines, so that both always say the same. */
export function linesHtml(lines: readonly Line[]): Markup {
  return html`<div class="screen">${lines.map((line) => html`<div class="line">${line.map(span)}</div>`)}</div>`;
}

function span({ text, tone }: Line[number]): Markup {
  return tone === undefined ? html`${text}` : html`<span class="${CLASSES[tone]}">${text}</span>`;
}

const CLASSES: Readonly<Record<Tone, string>> = {
  strong: 'strong',
  good: 'mark good',
  bad: 'mark critical',
  warn: 'mark minor',
  dim: 'dim',
};

const SCREEN = `
.screen{font-family:ui-monospace,monospace;font-size:.875rem;white-space:pre-wrap;overflow-wrap:anywhere}
.line{padding-left:12ch;text-indent:-12ch}.strong{font-weight:700}nav ul{list-style:none;padding:0}
`;

/** The page's only script: it looks again every few seconds and puts in what has changed; nobody loses their place by it. */
export const LIVE_SCRIPT =
  "setInterval(async()=>{if(document.hidden)return;try{const r=await fetch(location.href,{cache:'no-store'});if(!r.ok)return;const n=new DOMParser().parseFromString(await r.text(),'text/html').querySelector('main'),m=document.querySelector('main');if(n&&m.innerHTML!==n.innerHTML)m.innerHTML=n.innerHTML}catch{}},3000)";
/** Of {@link LIVE_SCRIPT}, in base64; held by a test. */
export const LIVE_SCRIPT_SHA256 = '9vTX8PlpBwcZMLAoN6B5rqXLl2N66EFBjhRI9JoNML4=';

/** One page of what `serve` shows. It holds everything that it needs itself. */
export function livePage(title: string, body: Markup): string {
  return String(html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>${raw(STYLE)}${raw(SCREEN)}</style>
</head>
<body>
<header><h1><a href="/">Switchback</a></h1></header>
<main aria-live="polite">${body}</main>
<script>${raw(LIVE_SCRIPT)}</script>
</body>
</html>
`);
}
