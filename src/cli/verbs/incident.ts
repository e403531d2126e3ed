import { AUDIENCE_NAMES, LEVELS, ROLE_NAMES, STAGE_NAMES } from '../incident/words.ts';
import { COMMON, DRY_RUN, OUTPUT, REASON } from './options.ts';
import type { OptionSpec, Verb } from './verb.ts';

const ONE = { name: 'incident', description: 'the incident’s id or the end of it; else the only one that is open' };
const wordsBehind = (what: string) => ({
  name: 'incident',
  description: `the incident’s id or the end of it (else the only one that is open), then ${what}`,
});
const SEVERITY: OptionSpec = { flags: '--severity <level>', description: LEVELS.join(', ') };
const SUMMARY: OptionSpec = { flags: '--summary <text>', description: 'what happened, in a few sentences' };
const WORKAROUND: OptionSpec = { flags: '--workaround <text>', description: 'what customers can do meanwhile' };
const BEGAN: OptionSpec = {
  flags: '--began <time>',
  description: 'when the impact began: 2026-01-05T12:00Z, or 10m ago',
};
const COMPONENT: OptionSpec = { flags: '--component <name>', description: 'a part that is affected', many: true };
const EVIDENCE: OptionSpec = {
  flags: '--evidence <label=ref>',
  description: 'where it can be checked: a URL, an ARN, an id',
  many: true,
};
const BREAK_GLASS: OptionSpec = {
  flags: '--break-glass',
  description: 'do at once what takes two people; somebody else reviews it afterwards',
};
const ALIAS: readonly OptionSpec[] = [
  { flags: '--function <name>', description: 'the Lambda function it is about' },
  { flags: '--alias <name>', description: 'the alias that production calls' },
  { flags: '--config <file>', description: 'config file (else SWITCHBACK_CONFIG, else switchback.yaml)' },
];

const look = () => import('../commands/incident/look.ts');
const lead = () => import('../commands/incident/lead.ts');
const write = () => import('../commands/incident/write.ts');
const approving = () => import('../commands/incident/approve.ts');

/** `switchback incident …` */
export const INCIDENT_VERBS: readonly Verb[] = [
  {
    name: 'incident open',
    summary: 'open an incident by hand; releases that go wrong open theirs by themselves',
    operands: { name: 'title', description: 'what fails, in one line' },
    options: [
      ...ALIAS,
      { flags: '--service <name>', description: 'what the service is called towards customers' },
      COMPONENT,
      SEVERITY,
      BEGAN,
      SUMMARY,
      WORKAROUND,
      { flags: '--security', description: 'it concerns security: restricted, and a security lead is needed' },
      { flags: '--private', description: 'only those who are on it may read it, and nothing is told in public' },
      { flags: '--drill', description: 'an exercise: kept out of every number' },
      EVIDENCE,
      REASON,
      ...COMMON,
    ],
    examples: ['switchback incident open "checkout fails" --function checkout --alias live --severity SEV-2'],
    load: () => import('../commands/incident/open.ts'),
  },
  {
    name: 'incident list',
    summary: 'list the open incidents, newest first',
    options: [
      { flags: '--all', description: 'closed ones too' },
      { flags: '--limit <number>', description: 'at most this many (50)' },
      ...COMMON,
    ],
    examples: ['switchback incident list', 'switchback incident list --all --json'],
    load: async () => ({ run: (await look()).list }),
  },
  {
    name: 'incident show',
    summary: 'show where an incident stands, who was told what, and what comes next',
    operands: ONE,
    options: [{ flags: '--all', description: 'the whole timeline' }, ...COMMON],
    examples: ['switchback incident show', 'switchback incident show INC-01kfp2v9x3 --all'],
    load: async () => ({ run: (await look()).show }),
  },
  {
    name: 'incident acknowledge',
    summary: 'say that you are on it',
    operands: ONE,
    options: [REASON, ...COMMON],
    examples: ['switchback incident acknowledge'],
    load: async () => ({ run: (await lead()).acknowledge }),
  },
  {
    name: 'incident triage',
    summary: 'set severity, commander and components: from then on it is led',
    operands: ONE,
    options: [
      { ...SEVERITY, description: `${LEVELS.join(', ')}; the suggested one unless told` },
      { flags: '--commander <person>', description: 'who leads; you unless told' },
      COMPONENT,
      SUMMARY,
      REASON,
      ...COMMON,
    ],
    examples: ['switchback incident triage --severity SEV-2'],
    load: async () => ({ run: (await lead()).triage }),
  },
  {
    name: 'incident severity',
    summary: 'change the severity; lowering it takes an approver',
    operands: wordsBehind('the level'),
    options: [REASON, ...COMMON],
    examples: ['switchback incident severity INC-01kfp2v9x3 SEV-1 --reason "all regions"'],
    load: async () => ({ run: (await lead()).severity }),
  },
  {
    name: 'incident assign',
    summary: 'give a role to a person, offer one that somebody holds, or take on one that was offered',
    operands: ONE,
    options: [
      { flags: '--role <role>', description: ROLE_NAMES.join(', ') },
      { flags: '--person <name>', description: 'as Switchback knows them; you unless told' },
      { flags: '--remove', description: 'take the role away' },
      REASON,
      ...COMMON,
    ],
    examples: ['switchback incident assign --role comms_lead --person arn:aws:iam::123456789012:user/bob'],
    load: async () => ({ run: (await lead()).assign }),
  },
  {
    name: 'incident note',
    summary: 'write a line into the timeline, or correct one: nothing is ever overwritten',
    operands: wordsBehind('the note'),
    options: [
      {
        flags: '--kind <kind>',
        description: 'note, decision, hypothesis, action.taken, report.received, cloudtrail.linked, …',
      },
      { flags: '--at <time>', description: 'when it happened: 2026-01-05T12:00Z, or 10m ago' },
      EVIDENCE,
      { flags: '--public', description: 'may be read by everybody' },
      { flags: '--amend <entry>', description: 'correct this entry; it stays, with the correction beside it' },
      { flags: '--redact <entry>', description: 'take the words of an entry away: they held a secret' },
      REASON,
      ...COMMON,
    ],
    examples: [
      'switchback incident note "the cache was flushed" --kind action.taken --at 5m --evidence dashboard=https://…',
    ],
    load: async () => ({ run: (await write()).note }),
  },
  {
    name: 'incident update',
    summary: 'tell an audience how it stands; what the public reads waits for approval of exactly this text',
    operands: ONE,
    options: [
      { flags: '--audience <audience>', description: `${AUDIENCE_NAMES.join(', ')}; responders unless told` },
      { flags: '--stage <stage>', description: `${STAGE_NAMES.join(', ')}; update unless told` },
      { flags: '--text <text>', description: 'these words; without them it is drafted from the facts' },
      { flags: '--file <file>', description: 'the words of this file' },
      { flags: '--override <reason>', description: 'why it may go out although the linter objects' },
      DRY_RUN,
      REASON,
      ...COMMON,
    ],
    examples: [
      'switchback incident update --audience customers --dry-run',
      'switchback incident update --text "we look at the cache"',
    ],
    load: async () => ({ run: (await write()).update }),
  },
  {
    name: 'incident describe',
    summary: 'set summary, workaround, or when the impact began',
    operands: ONE,
    options: [SUMMARY, WORKAROUND, BEGAN, REASON, ...COMMON],
    examples: ['switchback incident describe --workaround "You can pay by invoice meanwhile."'],
    load: async () => ({ run: (await lead()).describe }),
  },
  {
    name: 'incident contain',
    summary: 'stop the harm: roll back, shift traffic, isolate a region, limit concurrency',
    operands: ONE,
    options: [
      { flags: '--rollback', description: 'back to the stable version, by the engine and its ledger' },
      { flags: '--to <version>', description: 'to this version instead' },
      { flags: '--weights <versions>', description: '41, or 41=95,42=5: where the alias sends its traffic' },
      { flags: '--isolate-region', description: 'no traffic to this region any more (two people)' },
      { flags: '--concurrency <number>', description: 'reserved concurrency; 0 stops the function (two people)' },
      { flags: '--other <text>', description: 'contained by something else; needs --evidence' },
      EVIDENCE,
      BREAK_GLASS,
      ...ALIAS,
      REASON,
      ...COMMON,
    ],
    examples: [
      'switchback incident contain --rollback --reason "checkout fails for everybody"',
      'switchback incident contain --concurrency 5 --reason "protect the database"',
    ],
    load: () => import('../commands/incident/contain.ts'),
  },
  {
    name: 'incident approve',
    summary: 'approve what waits for it; a public text is approved as it was read, word for word',
    operands: wordsBehind('the order where several wait'),
    options: [
      { flags: '--digest <sha256>', description: 'the first letters of the digest of the text that you have read' },
      REASON,
      ...COMMON,
    ],
    examples: ['switchback incident approve'],
    load: async () => ({ run: (await approving()).approve }),
  },
  {
    name: 'incident deny',
    summary: 'deny what waits for approval',
    operands: wordsBehind('the order where several wait'),
    options: [REASON, ...COMMON],
    examples: ['switchback incident deny --reason "the numbers are wrong"'],
    load: async () => ({ run: (await approving()).deny }),
  },
  {
    name: 'incident review',
    summary: 'look at what somebody did alone although the rules ask for two',
    operands: wordsBehind('the review where there are several'),
    options: [REASON, ...COMMON],
    examples: ['switchback incident review --reason "it was right: nobody else was awake"'],
    load: async () => ({ run: (await approving()).review }),
  },
  {
    name: 'incident allow-forward',
    summary: 'let releases go forward although the incident lives',
    operands: ONE,
    options: [BREAK_GLASS, REASON, ...COMMON],
    examples: ['switchback incident allow-forward --reason "the fix"'],
    load: async () => ({ run: (await approving()).allowForward }),
  },
  {
    name: 'incident settle',
    summary: 'say what became of a message whose fate nobody knows, or try a failed one again',
    operands: wordsBehind('the message where there are several'),
    options: [{ flags: '--as <fate>', description: 'arrived, absent, given-up or again' }, REASON, ...COMMON],
    examples: ['switchback incident settle --as arrived --reason "it stands in the channel"'],
    load: async () => ({ run: (await write()).settle }),
  },
  {
    name: 'incident metrics',
    summary: 'measure releases and incidents: DORA, and how long each took to be noticed, contained and told',
    options: [{ flags: '--days <number>', description: 'how far back; 30 unless told' }, ...COMMON],
    examples: ['switchback incident metrics --days 90', 'switchback incident metrics --json'],
    load: () => import('../commands/incident/metrics.ts'),
  },
  {
    name: 'incident templates',
    summary: 'write the usual messages as templates to start from, or check those that a folder holds',
    operands: { name: 'folder', description: 'where they lie; else what the config file names' },
    options: [
      { flags: '--config <file>', description: 'config file (else SWITCHBACK_CONFIG, else switchback.yaml)' },
      { flags: '--check', description: 'write nothing; say what is wrong with those that are there' },
      ...OUTPUT,
    ],
    examples: ['switchback incident templates messages', 'switchback incident templates --check'],
    load: () => import('../commands/incident/templates.ts'),
  },
  {
    name: 'incident resolve',
    summary: 'it is over; what is left is to learn from it',
    operands: ONE,
    options: [
      SUMMARY,
      { flags: '--waive-public', description: 'do not tell the public that it is over (needs --reason)' },
      REASON,
      ...COMMON,
    ],
    examples: ['switchback incident resolve --summary "Version 42 could not read the new field. Version 41 serves."'],
    load: async () => ({ run: (await lead()).resolve }),
  },
  {
    name: 'incident reopen',
    summary: 'it is back, or it was not over',
    operands: ONE,
    options: [REASON, ...COMMON],
    examples: ['switchback incident reopen INC-01kfp2v9x3 --reason "errors again since 12:40"'],
    load: async () => ({ run: (await lead()).reopen }),
  },
  {
    name: 'incident merge',
    summary: 'let it go on in another incident',
    operands: ONE,
    options: [{ flags: '--into <incident>', description: 'the one it goes on in' }, REASON, ...COMMON],
    examples: ['switchback incident merge INC-01kfp2v9x3 --into INC-01kfp2tttt'],
    load: async () => ({ run: (await lead()).merge }),
  },
  {
    name: 'incident decline',
    summary: 'it was no incident; takes an approver',
    operands: ONE,
    options: [REASON, ...COMMON],
    examples: ['switchback incident decline --reason "the alarm was wrong"'],
    load: async () => ({ run: (await lead()).decline }),
  },
  {
    name: 'incident close',
    summary: 'close it, once everything is told and learnt',
    operands: ONE,
    options: [REASON, ...COMMON],
    examples: ['switchback incident close'],
    load: async () => ({ run: (await lead()).close }),
  },
];
