/** One sheet for every page, in the page itself: nothing is fetched from anywhere. Colours meet WCAG 2.2 AA in both themes. */
export const STYLE = `
:root{color-scheme:light dark;--text:#1b1f24;--dim:#57606a;--back:#fff;--card:#f6f8fa;--line:#d0d7de;--link:#0550ae;
--good:#1a7f37;--plan:#0550ae;--minor:#7d4e00;--major:#bc4c00;--critical:#b3001e;--none:#6e7781;--on:#fff}
@media (prefers-color-scheme:dark){:root{--text:#e6edf3;--dim:#9da7b3;--back:#0d1117;--card:#161b22;--line:#30363d;--link:#79b8ff;
--good:#3fb950;--plan:#79b8ff;--minor:#e3b341;--major:#f0883e;--critical:#ff7b72;--none:#8b949e;--on:#0d1117}}
*{box-sizing:border-box}
body{margin:0;background:var(--back);color:var(--text);font:1rem/1.5 system-ui,sans-serif}
main,header,footer{max-width:60rem;margin:0 auto;padding:1rem}
h1{font-size:1.5rem;margin:0}h2{font-size:1.25rem;margin:2rem 0 .5rem}h3{font-size:1rem;margin:1rem 0 .25rem}
a{color:var(--link)}a:focus-visible,summary:focus-visible{outline:3px solid var(--link);outline-offset:2px}
.overall{display:flex;gap:.75rem;align-items:center;padding:1rem;border-radius:.5rem;font-size:1.125rem;font-weight:600;color:var(--on)}
.overall.good{background:var(--good)}.overall.plan{background:var(--plan)}.overall.minor{background:var(--minor)}
.overall.major{background:var(--major)}.overall.critical{background:var(--critical)}
.mark.good{color:var(--good)}.mark.plan{color:var(--plan)}.mark.minor{color:var(--minor)}.mark.major{color:var(--major)}
.mark.critical{color:var(--critical)}
.card{border:1px solid var(--line);border-radius:.5rem;padding:.75rem 1rem;margin:.5rem 0;background:var(--card)}
.row{display:flex;flex-wrap:wrap;gap:.25rem 1rem;justify-content:space-between;align-items:baseline}
.dim{color:var(--dim)}.bars{display:block;width:100%;height:2rem;margin:.5rem 0 .25rem}
.bars .none{fill:var(--none);opacity:.35}.bars .good{fill:var(--good)}.bars .plan{fill:var(--plan)}.bars .minor{fill:var(--minor)}
.bars .major{fill:var(--major)}.bars .critical{fill:var(--critical)}
table{border-collapse:collapse;width:100%;font-size:.875rem}th,td{text-align:left;padding:.25rem .5rem;border-bottom:1px solid var(--line)}
ol,ul{padding-left:1.25rem}ol.updates{list-style:none;padding:0}ol.updates>li{border-left:3px solid var(--line);padding:.25rem 0 .25rem .75rem;margin:.25rem 0}
pre{white-space:pre-wrap;font:inherit;margin:0}dl{display:grid;grid-template-columns:max-content 1fr;gap:.25rem 1rem;margin:.5rem 0}
dt{color:var(--dim)}dd{margin:0}.chart{overflow-x:auto}.chart svg{max-width:100%;height:auto}
#old{border:2px solid var(--minor);border-radius:.5rem;padding:.5rem 1rem;margin:.5rem 0}
@media (prefers-reduced-motion:no-preference){html{scroll-behavior:smooth}}
@media print{.overall{color:#000;background:none!important;border:2px solid #000}details:not([open])>*:not(summary){display:block}}
`;
