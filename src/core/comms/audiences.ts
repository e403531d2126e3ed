/** Who is told what, and when, as data. */

export type Audience = 'responders' | 'employees' | 'executives' | 'customers' | 'x' | 'ticket' | 'change';

/** What a message is for: the first word · how far it goes · a regular update · it has stopped · it is over · it was no incident · what was learnt. */
export type Stage = 'ack' | 'scope' | 'update' | 'mitigated' | 'resolved' | 'retracted' | 'postmortem';

export const STAGES: readonly Stage[] = ['ack', 'scope', 'update', 'mitigated', 'resolved', 'retracted', 'postmortem'];

export interface AudienceRule {
  readonly label: string;
  /** What everybody can read must be approved and written in plain words. */
  readonly public: boolean;
  /** A record in another system, kept in step with the incident. */
  readonly ticket?: true;
  /** Stages that this audience hears of without anybody asking for it. */
  readonly stages: readonly Stage[];
  readonly maxCharacters: number;
  /** What a message must say, in words for the person who writes one. */
  readonly mustSay: readonly string[];
  readonly mustNotSay: readonly string[];
}

const EVERY: readonly Stage[] = ['ack', 'scope', 'mitigated', 'resolved', 'retracted'];
const PLAIN = [
  'names of internal parts (Lambda, alias, throttle)',
  'version numbers, ARNs and host names',
  'a promise when it will be fixed',
  '"outage" unless everything is down',
  'blame',
];

export const AUDIENCES: Readonly<Record<Audience, AudienceRule>> = {
  responders: {
    label: 'responders',
    public: false,
    stages: EVERY,
    maxCharacters: 8_000,
    mustSay: ['severity', 'service', 'versions and weight', 'what was breached', 'state of the rollback', 'commander'],
    mustNotSay: [],
  },
  employees: {
    label: 'employees',
    public: false,
    stages: ['ack', 'resolved'],
    maxCharacters: 8_000,
    mustSay: ['what is affected', 'since when', 'who leads', 'where to follow', 'not to contact the responders'],
    mustNotSay: ['secrets', 'names of customers'],
  },
  executives: {
    label: 'executives',
    public: false,
    stages: ['scope', 'resolved'],
    maxCharacters: 8_000,
    mustSay: ['impact', 'customers affected', 'risk', 'when the next update comes'],
    mustNotSay: ['stack traces'],
  },
  customers: {
    label: 'customers',
    public: true,
    stages: ['ack', 'mitigated', 'resolved', 'retracted'],
    maxCharacters: 25_000,
    mustSay: ['the effect in plain words', 'who', 'since when', 'what customers can do', 'when the next update comes'],
    mustNotSay: PLAIN,
  },
  x: {
    label: 'X',
    public: true,
    stages: [],
    maxCharacters: 280,
    mustSay: ['the effect in plain words'],
    mustNotSay: PLAIN,
  },
  ticket: {
    label: 'the ticket',
    public: false,
    ticket: true,
    stages: [...EVERY, 'postmortem'],
    maxCharacters: 30_000,
    mustSay: ['facts', 'ids of the rollback', 'CloudTrail event ids', 'approver'],
    mustNotSay: [],
  },
  // Opened for a rollback and for nothing else: a version was switched in production.
  change: {
    label: 'the change record',
    public: false,
    ticket: true,
    stages: ['ack', 'mitigated', 'resolved', 'retracted'],
    maxCharacters: 30_000,
    mustSay: ['what was switched back, and from which version to which', 'who ordered it and why', 'when'],
    mustNotSay: [],
  },
};

/** Stages after which nothing is promised any more, so no next update has to be named. */
export const FINAL_STAGES: readonly Stage[] = ['resolved', 'retracted', 'postmortem'];
