// biome-ignore-all lint/suspicious/noTemplateCurlyInString: CloudFormation writes its references so
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createEvaluator } from '../../src/templates/evaluate.ts';
import { MAX_TEMPLATE_BYTES, parseTemplate } from '../../src/templates/parse.ts';
import { readTemplate, templateProblemText } from '../../src/templates/read.ts';
import { readScope } from '../../src/templates/scope.ts';
import { show } from '../../src/templates/show.ts';
import { field, plain } from '../../src/templates/tree.ts';
import fc from '../property.ts';

/** What `Value` comes to in a template, with these parameters; a text in YAML's short form where it stays open. */
function value(text: string, parameters: Record<string, string> = {}, more = ''): unknown {
  const { root, report } = parseTemplate(
    `Parameters:
  Stage: {Type: String, Default: prod}
  Sizes: {Type: CommaDelimitedList, Default: 'small, large'}
  Secret: {Type: 'AWS::SSM::Parameter::Value<String>', Default: /a/name}
  Bucket: {Type: String}
Mappings:
  Plans: {prod: {type: Canary10Percent5Minutes, sizes: [1, 2]}}
Conditions:
  IsProd: !Equals [!Ref Stage, prod]
  IsTest: !Not [!Condition IsProd]
  Home: !Equals [!Ref AWS::Region, eu-west-1]
  ProdOrHome: !Or [!Condition IsProd, !Condition Home]
  TestAndHome: !And [!Condition IsTest, !Condition Home]
  Loop: !Not [!Condition Loop]
${more}Value: ${text}
`,
    't.yaml',
  );
  const scope = readScope(root!, parameters, {}, report);
  const found = createEvaluator(scope).value(field(root, 'Value'));
  assert.deepEqual(report.problems(), []);
  if (found === undefined) return undefined;
  const data = plain(found);
  return typeof data === 'object' && !Array.isArray(data) ? show(found) : data;
}

const EXPRESSIONS: readonly [text: string, expected: unknown, parameters?: Record<string, string>][] = [
  ['!Ref Stage', 'prod'],
  ['{Ref: Stage}', 'prod'],
  ['!Ref Stage', 'test', { Stage: 'test' }],
  ['!Ref Sizes', ['small', 'large']],
  ['!Ref Secret', '!Ref Secret'],
  ['!Ref Bucket', '!Ref Bucket'],
  ['!Ref Bucket', 'b', { Bucket: 'b' }],
  ['!Ref AWS::Region', '!Ref AWS::Region'],
  ['!Ref AWS::Region', 'eu-west-1', { 'AWS::Region': 'eu-west-1' }],
  ['!Ref AWS::NoValue', undefined],
  ['[a, !Ref AWS::NoValue, b]', ['a', 'b']],
  ['!If [IsProd, a, b]', 'a'],
  ['!If [IsTest, a, b]', 'b'],
  ['!If [IsTest, a, !Ref AWS::NoValue]', undefined],
  ['!If [Home, a, !Ref Stage]', '!If [Home, a, prod]'],
  ['!If [Home, a, b]', 'a', { 'AWS::Region': 'eu-west-1' }],
  ['!If [ProdOrHome, a, b]', 'a'],
  ['!If [TestAndHome, a, b]', 'b'],
  ['!If [Loop, a, b]', '!If [Loop, a, b]'],
  ['!If [Nowhere, a, b]', '!If [Nowhere, a, b]'],
  ['!Sub "${Stage}-x-${!Literal}"', 'prod-x-${Literal}'],
  ['!Sub "${Stage}-${AWS::Region}-${Pay.Arn}"', '!Sub "prod-${AWS::Region}-${Pay.Arn}"'],
  ['!Sub ["${a}-${b}", {a: !Ref Stage, b: c}]', 'prod-c'],
  ['!Sub ["${a}", {a: !GetAtt Pay.Arn}]', '!Sub "${Pay.Arn}"'],
  ['!Join ["-", [a, !Ref Stage]]', 'a-prod'],
  ['!Join ["-", !Ref Sizes]', 'small-large'],
  ['!Join ["-", [a, !Ref Bucket]]', '!Join [-, [a, !Ref Bucket]]'],
  ['!Select [1, !Ref Sizes]', 'large'],
  ['!Select ["0", !Split [".", a.b]]', 'a'],
  ['!Select [7, [a]]', '!Select [7, [a]]'],
  ['!FindInMap [Plans, !Ref Stage, type]', 'Canary10Percent5Minutes'],
  ['!FindInMap [Plans, other, type]', '!FindInMap [Plans, other, type]'],
  ['!FindInMap [Plans, other, type, {DefaultValue: AllAtOnce}]', 'AllAtOnce'],
  ['!GetAtt A.B.C', '!GetAtt A.B.C'],
  ['!ImportValue x', '!ImportValue x'],
  ['!Length [a, b]', 2],
  ['!ToJsonString {a: 1}', '{"a":1}'],
  ['!Base64 a', 'YQ=='],
  ['!Cidr [!GetAtt V.Block, 6]', '!Cidr [!GetAtt V.Block, 6]'],
  ['2012-10-17', '2012-10-17'],
  ['yes', true],
  ['y', 'y'],
  ['12e5', '12e5'],
  ['1.5e+3', 1500],
  ['012345678901', '012345678901'],
  ['010', 8],
];

for (const [text, expected, parameters] of EXPRESSIONS) {
  test(`${text} ${parameters ? `with ${JSON.stringify(parameters)} ` : ''}comes to ${JSON.stringify(expected)}`, () => {
    assert.deepEqual(value(text, parameters), expected);
  });
}

test('anchors and merges are followed, and what stands in the mapping itself wins', () => {
  const { root } = parseTemplate('a: &x {p: 1, q: 2}\nb: {<<: *x, q: 3}\nc: *x', 't.yaml');
  assert.deepEqual(plain(root!), { a: { p: 1, q: 2 }, b: { q: 3, p: 1 }, c: { p: 1, q: 2 } });
});

test('JSON may be indented with tabs, and its places are told as well', () => {
  const { problems, releases } = readTemplate('{\n\t"Resources": {\n\t\t"A": {},\n\t\t"A": {}\n\t}\n}', 't.json');
  assert.deepEqual(releases, []);
  assert.deepEqual(problems.map(templateProblemText), [
    't.json:4:3: error: the key "A" stands here already: a key may be written once',
  ]);
});

const PARAMETERS = 'Parameters:\n  Stage: {Type: String, AllowedValues: [dev, prod]}\nResources: {}\n';

test('a parameter that does not exist, or a value that is not allowed, is refused', () => {
  const read = (parameters: Record<string, string>) =>
    readTemplate(PARAMETERS, 't.yaml', { parameters }).problems.map(templateProblemText);
  assert.deepEqual(read({ Stage: 'dev' }), []);
  assert.match(read({ Stge: 'dev' })[0]!, /:1:1: error: the template has no parameter "Stge" — did you mean "Stage"\?/);
  assert.match(read({ Stage: 'x' })[0]!, /:2:3: error: parameter Stage is "x": allowed are dev, prod/);
});

/** Texts that want to hurt, and what is said of them. */
const HOSTILE: readonly [name: string, text: () => string, expected: RegExp][] = [
  ['a text that is too large', () => `a: ${'x'.repeat(MAX_TEMPLATE_BYTES)}`, /larger than/],
  ['a bottomless list', () => '['.repeat(100_000), /nested too deeply/],
  ['a bottomless mapping', () => `Resources: ${'{a: '.repeat(3_000)}`, /nested|Flow|flow/],
  ['a hundred levels', () => `Resources: ${'['.repeat(150)}${']'.repeat(150)}`, /nested more than 100 levels/],
  [
    'aliases that double',
    () => `a0: &a0 [x]\n${Array.from({ length: 40 }, (_, i) => `a${i + 1}: &a${i + 1} [*a${i}, *a${i}]`).join('\n')}`,
    /more than \d+ nodes once aliases are expanded|nested more than/,
  ],
  ['an alias of itself', () => 'Resources: &a [*a]', /nested more than/],
  ['an alias of nothing', () => 'Resources: *a', /alias/i],
  ['no template', () => 'hello', /this is no template/],
  ['nothing', () => '', /this is no template/],
  ['a list', () => '- a', /this is no template/],
  ['resources that are a list', () => 'Resources: [a]', /'Resources' is either null or not a valid dictionary/],
  ['a serverless.yml', () => 'service: x\nfunctions: {}\n', /this is a serverless\.yml.*serverless package/],
  ['two documents', () => 'Resources: {}\n---\nResources: {}\n', /:2:1: error: there is a second document/],
  ['a broken text', () => 'Resources: {a: [}', /./],
];

for (const [name, text, expected] of HOSTILE) {
  test(`${name} is refused with a sentence`, () => {
    const { kind, problems, releases } = readTemplate(text(), 't.yaml');
    assert.equal(kind, 'unreadable');
    assert.deepEqual(releases, []);
    assert.match(problems.map(templateProblemText).join('\n'), expected);
  });
}

test('substitutions that double with each level end as they are written', () => {
  let text = 'x';
  for (let level = 0; level < 24; level += 1) text = `!Sub ["\${a}\${a}\${a}\${a}", {a: ${text}}]`;
  assert.equal(typeof value(text), 'string');
});

test('texts that are hard to search are read in time that grows with the text', () => {
  const hard = [
    '${'.repeat(300_000),
    '${a'.repeat(300_000),
    ':${'.repeat(300_000),
    '0'.repeat(300_000),
    `0${'8'.repeat(300_000)}x`,
  ];
  for (const text of hard) {
    const alias = `{Type: AWS::Lambda::Alias, Properties: {Name: !Sub "${text}", FunctionName: ${text.replace(/[${:]/g, 'a')}}}`;
    assert.equal(readTemplate(`Resources:\n  A: ${alias}\n`, 't.yaml').releases.length, 1);
  }
});

test('many functions are read in time that grows with their number', () => {
  const one = (index: number): string =>
    `  F${index}: {Type: AWS::Serverless::Function, Properties: {CodeUri: ., FunctionName: f${index}}}\n`;
  const functions = Array.from({ length: 2_000 }, (_, index) => one(index)).join('');
  const text = `Globals: {Function: {AutoPublishAlias: live, DeploymentPreference: {Type: AllAtOnce, Alarms: [a]}}}\nResources:\n${functions}`;
  assert.equal(readTemplate(text, 't.yaml').releases.length, 2_000);
});

test('many anchors, many keys and long chains of conditions are read in time that grows with the text', () => {
  const anchors = Array.from({ length: 5_000 }, (_, i) => `  R${i}: &r${i} {Type: A}\n  S${i}: *r${i}`).join('\n');
  const chain = Array.from({ length: 5_000 }, (_, i) => `  C${i}: !Condition C${i + 1}`).join('\n');
  const { problems } = readTemplate(`Conditions:\n${chain}\nResources:\n${anchors}\n`, 't.yaml');
  assert.deepEqual(problems, []);
});

test('whatever text is read, nothing is thrown', () => {
  const word = fc.constantFrom(
    'Resources',
    'Type',
    'Properties',
    'AWS::Serverless::Function',
    'DeploymentPreference',
    'Globals',
  );
  const more = fc.constantFrom(
    '!Ref',
    '!If',
    '!Sub',
    '${A}',
    ': ',
    '\n',
    '\n  ',
    '\n    ',
    '- ',
    '[',
    ']',
    '{',
    '}',
    '&a',
    '*a',
    '<<',
  );
  const text = fc
    .array(fc.oneof(word, more, fc.string({ maxLength: 4 })), { maxLength: 40 })
    .map((parts) => parts.join(''));
  fc.assert(fc.property(text, (each) => Array.isArray(readTemplate(each, 't.yaml').problems)));
});

test('a preference of any shape is answered with a release or a problem, and nothing is thrown', () => {
  const leaf = fc.oneof(
    fc.constantFrom('AllAtOnce', 'false', '', 'live', 'Alarm'),
    fc.boolean(),
    fc.integer(),
    fc.constant(null),
  );
  const names = fc.constantFrom('Ref', 'Fn::If', 'Fn::Sub', 'Fn::FindInMap', 'PreTraffic', 'Type', 'Name');
  const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
    tree: fc.oneof(
      { depthSize: 'small' },
      leaf,
      fc.array(tie('tree'), { maxLength: 3 }),
      fc.dictionary(names, tie('tree'), { maxKeys: 2 }),
    ),
  }));
  const keys = fc.constantFrom(
    'Type',
    'Enabled',
    'Alarms',
    'Hooks',
    'Role',
    'PassthroughCondition',
    'TriggerConfigurations',
  );
  fc.assert(
    fc.property(fc.dictionary(keys, tree), tree, tree, (DeploymentPreference, AutoPublishAlias, Environment) => {
      const Properties = { CodeUri: 's3://a/b', DeploymentPreference, AutoPublishAlias, Environment };
      const text = JSON.stringify({ Resources: { A: { Type: 'AWS::Serverless::Function', Properties } } });
      const { releases, problems } = readTemplate(text, 't.json');
      const isNothing = Object.keys(DeploymentPreference).length === 0;
      assert.ok(isNothing || releases.length === 1 || problems.length > 0);
    }),
  );
});
