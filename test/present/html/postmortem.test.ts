import assert from 'node:assert/strict';
import { test } from 'node:test';
import { replay } from '../../../src/core/history/replay.ts';
import { MAX_POINTS, type ReleaseSeries, seriesOf } from '../../../src/core/history/series.ts';
import { draftPostmortem } from '../../../src/core/postmortem/draft.ts';
import { mergeProse } from '../../../src/core/postmortem/merge.ts';
import type { AliasEvent } from '../../../src/core/release/events.ts';
import { parseXml } from '../../../src/local/wire/xml.ts';
import { postmortemHtml } from '../../../src/present/html/postmortem.ts';
import { releaseSvg } from '../../../src/present/svg/release.ts';
import { sources } from '../../core/postmortem/builders.ts';
import { KEY, Story, T0 } from '../../core/release/builders.ts';

const MORE = { timeouts: 0, throttles: 0, coldStarts: 0, slow: [] };

/** A release that fails on the candidate at every look, then is taken back. */
function series(looks: number): ReleaseSeries {
  const story = new Story();
  const events: AliasEvent[] = [];
  const tell = story.tell.bind(story);
  story.tell = (event) => {
    events.push(event);
    return tell(event);
  };
  story.start().write();
  for (let look = 0; look < looks; look += 1) {
    story.at += 10;
    const counts = { '41': { invocations: 9, errors: 0, ...MORE }, '42': { invocations: 1, errors: 1, ...MORE } };
    story.observe({ logs: { cursor: `c${look}`, sampled: false, counts } });
  }
  story.order('rollback', 'enough');
  while (story.commands.some(({ kind }) => kind === 'setAlias')) story.write();
  const found = seriesOf(replay(KEY, events), story.release.id);
  assert.ok(found);
  return found;
}

test('a series holds every failure once, the weights as read back, and no more points than a picture shows', () => {
  for (const looks of [3, 1_000]) {
    const { points, marks } = series(looks);
    assert.ok(points.length <= MAX_POINTS, `${points.length}`);
    assert.equal(
      points.reduce((sum, { candidate }) => sum + candidate.errors, 0),
      looks,
    );
    assert.equal(
      points.reduce((sum, { stable }) => sum + stable.invocations, 0),
      9 * looks,
    );
    assert.equal(Math.max(...points.map(({ weightPercent }) => weightPercent)), 10);
    assert.equal(points.at(-1)?.weightPercent, 0);
    assert.deepEqual(
      marks.map(({ label }) => label),
      ['first failure seen', 'rollback ordered', 'stable restored'],
    );
  }
  assert.equal(seriesOf([], 'r-x'), undefined);
});

test('the picture is one well-formed SVG that says in words what it shows, whatever a version is called', () => {
  const svg = releaseSvg({ ...series(20), candidate: '"<b>42' });
  const { name, attributes } = parseXml(svg);
  assert.equal(name, 'svg');
  assert.equal(attributes.role, 'img');
  assert.match(attributes['aria-label'] ?? '', /20 of 20 invocations failed/);
  assert.doesNotMatch(svg, /<b>/);
  assert.match(svg, /stroke-dasharray/, 'the versions differ by more than their colour');
});

test('the page holds facts, words and picture, and nothing in it becomes markup or is fetched', () => {
  const prose = { tldr: '<script>alert(1)</script>\n* one\n* two' };
  const page = postmortemHtml(mergeProse(draftPostmortem(sources()), prose), series(20));
  assert.match(page, /<pre>&lt;script&gt;alert\(1\)&lt;\/script&gt;\n\* one/);
  assert.doesNotMatch(page, /<script|<link|src=|url\((?!#)/);
  assert.match(page, /<svg role="img"/);
  assert.match(page, new RegExp(new Date(T0).toISOString().slice(0, 10)));
  const bare = postmortemHtml(draftPostmortem(sources()), undefined);
  assert.doesNotMatch(bare, /<svg/);
  assert.match(bare, /Not written yet: What happened, in three sentences\./);
});
