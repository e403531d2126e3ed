// biome-ignore-all lint/suspicious/noTemplateCurlyInString: CloudFormation writes its references so
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseTemplate } from '../../src/templates/parse.ts';
import { compareTemplates, openTemplate, versionLogicalId } from '../../src/templates/read.ts';
import { canonical } from '../../src/templates/sam/version-id.ts';
import fc from '../property.ts';

const BASE = `CodeUri: s3://b/k
AutoPublishAlias: live
Timeout: 3
MemorySize: 128
Environment: {Variables: {TABLE: !Ref Table}}`;

function template(properties: string): string {
  return `Parameters:
  Table: {Type: String, Default: a}
  Key: {Type: String, Default: k}
  Untold: {Type: String}
  Stored: {Type: 'AWS::SSM::Parameter::Value<String>', Default: /key}
Resources:
  Fn:
    Type: AWS::Serverless::Function
    Properties:
${properties.replace(/^/gm, '      ')}
`;
}

function versionId(properties: string, parameters: Record<string, string> = {}): string {
  const { template: opened } = openTemplate(template(properties), 't.yaml', { parameters });
  const version = versionLogicalId('Fn', opened!);
  return version?.known ? version.id : `unknown: ${version?.reason}`;
}

const SHA = 'AutoPublishCodeSha256: 6b86b273ff34fce19d6b804eff5a3f57\n';

/** Changes that publish a version (true) and changes that do not, by SAM's rules. */
const CHANGES: readonly [name: string, from: string, to: string, publishes: boolean][] = [
  ['the code', BASE, BASE.replace('s3://b/k', 's3://b/other'), true],
  ['the code’s object version', BASE, BASE.replace('s3://b/k', 's3://b/k?versionId=2'), true],
  ['the way the code is written', BASE, BASE.replace('s3://b/k', '{Bucket: b, Key: k}'), false],
  ['a parameter’s name in the code', BASE.replace('s3://b/k', '{Bucket: b, Key: !Ref Key}'), BASE, false],
  ['the memory', BASE, BASE.replace('128', '256'), true],
  ['the environment', BASE, BASE.replace('TABLE', 'OTHER'), true],
  ['the way the environment is written', BASE, BASE.replace('!Ref Table', '!Sub "${Table}"'), true],
  ['the order of keys', BASE, BASE.split('\n').reverse().join('\n'), false],
  ['the timeout', BASE, BASE.replace('Timeout: 3', 'Timeout: 30'), false],
  ['the handler', BASE, `${BASE}\nHandler: a.b`, false],
  ['SnapStart', BASE, `${BASE}\nSnapStart: {ApplyOn: PublishedVersions}`, true],
  ['SnapStart that is off', BASE, `${BASE}\nSnapStart: {ApplyOn: None}`, false],
  [
    'the timeout, with all properties',
    `${BASE}\nAutoPublishAliasAllProperties: true`,
    `${BASE.replace('Timeout: 3', 'Timeout: 30')}\nAutoPublishAliasAllProperties: true`,
    true,
  ],
  ['the environment, with a code hash', SHA + BASE, SHA + BASE.replace('TABLE', 'OTHER'), false],
  ['the code hash', SHA + BASE, SHA.replace('6b86', '7c97') + BASE, true],
];

for (const [name, from, to, publishes] of CHANGES) {
  test(`a change of ${name} ${publishes ? 'publishes a version' : 'publishes none'}`, () => {
    assert.equal(versionId(from) !== versionId(to), publishes);
  });
}

test('ids are those of the translator: ten digits of the hash, or of the code hash', () => {
  assert.equal(versionId('AutoPublishAlias: live\nCodeUri: s3://bucket/key'), 'FnVersionfb53d5c2e6');
  assert.equal(versionId('AutoPublishAlias: live\nCodeUri: s3://sam-demo-bucket/hello.zip'), 'FnVersion640128d35d');
  assert.equal(versionId(SHA + BASE), 'FnVersion6b86b273ff');
});

test('an id that hangs on what is not known here is not guessed', () => {
  const key = (name: string) => BASE.replace('s3://b/k', `{Bucket: b, Key: !Ref ${name}}`);
  assert.equal(versionId(BASE.replace('s3://b/k', './src')), 'unknown: the code is packed first');
  assert.equal(versionId(key('Untold')), 'unknown: the value of Untold is not known here');
  assert.equal(versionId(key('Stored')), 'unknown: the value of Stored is not known here');
  assert.equal(versionId(key('AWS::Region')), 'unknown: the value of AWS::Region is not known here');
  assert.equal(versionId(key('Untold'), { Untold: 'k' }), versionId(BASE));
});

const ALL = `${BASE}\nAutoPublishAliasAllProperties: true`;

/** What is said of a change before it is made. */
const SENTENCES: readonly [from: string, to: string, parameters: Record<string, string>, expected: RegExp][] = [
  [BASE, BASE, {}, /^unchanged: nothing changes$/],
  [BASE, BASE.replace('128', '256'), {}, /^published: MemorySize changes, and a version is published$/],
  [
    BASE,
    BASE.replace('Timeout: 3', 'Timeout: 30'),
    {},
    /^unpublished: Timeout changes, and no version.*would never be canaried — set AutoPublishAliasAllProperties: true$/,
  ],
  [BASE, BASE, { Table: 'b' }, /^unpublished: Environment\.Variables\.TABLE changes, and no version/],
  [
    ALL,
    ALL,
    { Table: 'b' },
    /^unpublished: .*SAM compares the template as it is written, without the values of parameters/,
  ],
  [SHA + BASE, SHA + BASE.replace('128', '256'), {}, /^unpublished: MemorySize .*AutoPublishCodeSha256 alone decides/],
  [BASE, BASE.replace('!Ref Table', '!Sub "${Table}"'), {}, /^needless: a version is published for no reason/],
  [BASE, `${BASE}\nTags: {team: a}`, {}, /^unchanged/],
  [
    BASE.replace('s3://b/k', './src'),
    BASE.replace('s3://b/k', './src'),
    {},
    /^unchanged: nothing changes, unless its code does$/,
  ],
  [
    BASE.replace('s3://b/k', './src'),
    BASE.replace('s3://b/k', './src').replace('Timeout: 3', 'Timeout: 30'),
    {},
    /^unpublished: Timeout changes, and unless its code changes too, no version/,
  ],
];

for (const [from, to, parameters, expected] of SENTENCES) {
  test(`a change is told as ${expected}`, () => {
    const [change, ...others] = compareTemplates(
      { text: template(from), file: 'old.yaml' },
      { text: template(to), file: 'new.yaml', parameters },
    );
    assert.deepEqual(others, []);
    assert.match(`${change!.kind}: ${change!.message}${change!.hint ? ` — ${change!.hint}` : ''}`, expected);
    assert.deepEqual(change!.at, { file: 'new.yaml', line: 7, column: 3 });
  });
}

test('functions that are new, or that publish to no alias, have nothing to be compared with', () => {
  const mute = template(BASE.replace('AutoPublishAlias: live', ''));
  const compare = (from: string, to: string) => compareTemplates({ text: from, file: 'a' }, { text: to, file: 'b' });
  assert.deepEqual(compare(mute, template(BASE)), []);
  assert.deepEqual(compare('Resources: {}', template(BASE)), []);
  assert.deepEqual(compare('[', template(BASE)), []);
});

test('data is hashed as Python writes it: sorted, compact, ASCII, floats with a point', () => {
  const text = '{"ü": "\\u007f\\ud83d\\ude00", "b": [1, 1.0, 2.50, 1e20, 0.00001, -0.5], "a": {"z": true, "y": null}}';
  const { root } = parseTemplate(text, 't.json');
  assert.equal(
    canonical(root!),
    '{"a":{"y":null,"z":true},"b":[1,1.0,2.5,1e+20,1e-05,-0.5],"\\u00fc":"\\u007f\\ud83d\\ude00"}',
  );
});

test('the order in which keys are written never changes what is hashed', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string({ maxLength: 6 }), fc.jsonValue({ maxDepth: 2 }), { maxKeys: 6 }), (data) => {
      const entries = Object.entries(data).filter(([key]) => key !== '<<');
      const texts = [entries, [...entries].reverse()].map((each) => JSON.stringify({ x: Object.fromEntries(each) }));
      const [one, other] = texts.map((text) => parseTemplate(text, 't.json').root);
      assert.ok(one && other, texts[0]);
      assert.equal(canonical(one), canonical(other));
    }),
  );
});
